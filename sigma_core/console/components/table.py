"""Rows as a table that is sorted and searched in place, by pandas. Loaded where a table is drawn only."""

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

ROW_HEIGHT = 34
MOST_ROWS_SEEN = 14
"""More of them are scrolled."""


def draw(rows: Sequence[Mapping[str, object]], *, key: str, formats: Mapping[str, str], missing: str, alt: str) -> None:
    """The rows, their fields as columns. `formats`: how numbers are written; `missing` stands where there is none."""
    import pandas as pd

    frame = pd.DataFrame.from_records(list(rows))
    numbers: dict[str, Any] = {name: st.column_config.NumberColumn(format=form) for name, form in formats.items()}
    height = ROW_HEIGHT * (min(len(frame), MOST_ROWS_SEEN) + 1) + 2
    st.dataframe(
        frame,
        key=key,
        hide_index=True,
        column_config=numbers,
        placeholder=missing,
        row_height=ROW_HEIGHT,
        height=height,
        alt=alt,
    )
