"""What says above a table which rows are listed: each choice under a key, which links and saved views keep."""

from collections.abc import Callable, Sequence

import streamlit as st

from sigma_core.console import widgets
from sigma_core.console.markup import element


def pills(title: str, options: Sequence[str], first: str, key: str) -> str:
    """One of a few, all to be seen; `first` is chosen until another is."""
    chosen = st.pills(
        title,
        options,
        default=first,
        required=True,
        key=key,
        label_visibility="collapsed",
        bind="query-params",
    )
    return chosen or first


def choice(
    title: str, options: Sequence[str], key: str, width: int, *, first: int = 0, named: Callable[[str], str] = str
) -> str:
    """One of many, in a menu; the option at `first` is chosen until another is."""
    chosen = st.selectbox(
        title,
        options,
        index=first,
        key=key,
        format_func=named,
        label_visibility="collapsed",
        width=width,
        bind="query-params",
    )
    return chosen or options[first]


def search(placeholder: str, key: str, width: int) -> str:
    """Words, taken as they are typed."""
    text = st.text_input(
        "Search",
        key=key,
        type="search",
        live=True,
        placeholder=placeholder,
        width=width,
        label_visibility="collapsed",
        bind="query-params",
    )
    return text or ""


def none_match(noun: str, key: str, clear: Callable[[], None]) -> None:
    """Instead of a table without rows, where others would fill it."""
    widgets.draw(element("p", f"No {noun} matches these filters.", cls="sg-quiet"))
    st.button("Clear filters", key=key, on_click=clear)
