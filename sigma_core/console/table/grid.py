"""The table itself: a click on a row opens it, one on a heading sorts, ticks choose rows for what is done together."""

import hashlib
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import streamlit as st

from sigma_core.console import paging
from sigma_core.console.table import bulk, tools
from sigma_core.console.table.columns import Table, TableColumn, cells, heading, turned
from sigma_core.listing import ListedRows, Row

PAGE = 25
ROW_HEIGHT = 34


def draw(table: Table, rows: ListedRows, total: int) -> None:
    """Tools, one page of rows, the way to the other pages, and what can be done with those that are chosen."""
    order, columns = tools.draw(table, rows, total)
    place = st.container()
    offset = paging.offset("page", total, PAGE)
    page = rows.page(order, PAGE, offset)
    with place:
        chosen = _grid(table, rows, page, columns, order)
    if table.acts:
        bulk.draw(table, [row for row in page if row["id"] in chosen], _chosen_key(table))


def _grid(table: Table, rows: ListedRows, page: Sequence[Row], columns: Sequence[TableColumn], order: str) -> set[int]:
    """The rows; the ids of those that are chosen."""
    import pandas as pd

    ids = [row["id"] for row in page]
    key = _key(table, ids)
    held: set[int] = st.session_state.get(_chosen_key(table), set())
    state = st.dataframe(
        pd.DataFrame(cells(columns, page)),
        key=key,
        hide_index=True,
        column_config={column.name: _config(column, order) for column in columns},
        placeholder="",
        row_height=ROW_HEIGHT,
        height=ROW_HEIGHT * (len(page) + 1) + 2,
        alt=f"{table.noun} list",
        on_select=partial(_sort, table, rows.listing.sortable, key, order),
        selection_mode=["multi-row", "single-column", "single-cell"]
        if table.acts
        else ["single-column", "single-cell"],
        selection_default={"selection": {"rows": [at for at, id_ in enumerate(ids) if id_ in held]}},
    )
    selection: Mapping[str, Any] = state.selection
    chosen = {ids[at] for at in selection["rows"] if at < len(ids)}
    st.session_state[_chosen_key(table)] = chosen
    if selection["cells"] and table.open is not None:
        table.open(page[selection["cells"][0][0]])
    return chosen


def _config(column: TableColumn, order: str) -> Any:  # noqa: ANN401 (Streamlit's own)
    title = heading(column, order)
    if column.is_number:
        return st.column_config.NumberColumn(title, width=column.width, format=column.format)
    return st.column_config.TextColumn(title, width=column.width)


def _sort(table: Table, sortable: Sequence[str], key: str, order: str) -> None:
    """After a click on a heading: another order, and a table where no heading is chosen."""
    clicked = st.session_state[key]["selection"]["columns"]
    if not clicked:
        return
    st.session_state[_turn_key(table)] = st.session_state.get(_turn_key(table), 0) + 1
    if clicked[0] in sortable:
        st.session_state[tools.order_key(table)] = tools.label_of(table, turned(table.by_name[clicked[0]], order))


def _key(table: Table, ids: Sequence[int]) -> str:
    """Another for other rows: ticks are kept by place, and must not pass to what moved there."""
    told = f"{st.session_state.get(_turn_key(table), 0)} {ids}"
    return f"{table.name}-grid-{hashlib.sha256(told.encode()).hexdigest()[:12]}"


def _chosen_key(table: Table) -> str:
    return f"{table.name}.chosen"


def _turn_key(table: Table) -> str:
    return f"{table.name}.turn"
