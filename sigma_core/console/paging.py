"""The pages of a long list."""

import streamlit as st


def offset(key: str, total: int, size: int) -> int:
    """How many rows stand before the chosen page, which a link keeps under `key`; one page alone shows no choice."""
    pages = -(-total // size)
    if pages < 2:
        return 0
    return (st.pagination(pages, key=key, bind="query-params") - 1) * size
