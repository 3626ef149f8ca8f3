"""What stands above a table: its order, its columns, views under names, and its rows as files."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

import streamlit as st

from sigma_core.console import exporting, incidents, session, widgets, words
from sigma_core.console.markup import markdown
from sigma_core.console.table.columns import DOWN, UP, Table, TableColumn
from sigma_core.listing import EXPORTED_AT_MOST, ListedRows, Row

_WRITERS: Mapping[str, tuple[Callable[[Iterable[Row], Sequence[str]], str], str]] = {
    "CSV": (exporting.csv_of, "text/csv"),
    "JSON": (exporting.json_of, "application/json"),
}


def order_key(table: Table) -> str:
    """Of the widget, and in the address, that says how rows are sorted."""
    return f"{table.name}-sort"


def columns_key(table: Table) -> str:
    """Of the widget that says which columns are shown."""
    return f"{table.name}-columns"


def draw(table: Table, rows: ListedRows, total: int) -> tuple[str, Sequence[TableColumn]]:
    """The line of tools; the order and the columns that were chosen with it."""
    with st.container(horizontal=True, vertical_alignment="center", key=f"sg-tools-{table.name}"):
        widgets.note(words.plural(total, table.noun, table.plural))
        st.space("stretch")
        order = _order(table, rows)
        columns = _columns(table)
        _views(table)
        _export(table, rows, order)
    return order, columns


def _order(table: Table, rows: ListedRows) -> str:
    names = [column for column in table.columns if column.name in rows.listing.sortable]
    options = {f"{column.title} {arrow}": f"{sign}{column.name}" for column in names for sign, arrow in _SIGNS}
    labels = {order: label for label, order in options.items()}
    first = labels.get(rows.listing.order, next(iter(options)))
    chosen = st.selectbox(
        "Sort by",
        list(options),
        index=list(options).index(first),
        key=order_key(table),
        width=190,
        label_visibility="collapsed",
        bind="query-params",
    )
    return options[chosen or first]


_SIGNS = (("-", DOWN), ("", UP))


def label_of(table: Table, order: str) -> str:
    """How an order is called among those offered."""
    column = table.by_name[order.removeprefix("-")]
    return f"{column.title} {DOWN if order.startswith('-') else UP}"


def _columns(table: Table) -> Sequence[TableColumn]:
    views, key = session.saved_views(), columns_key(table)
    if key not in st.session_state:
        remembered = views.last(table.name).get("columns", [])
        st.session_state[key] = [column.title for column in table.shown(remembered)]
    titles = {column.title: column.name for column in table.columns}
    with st.popover("Columns", key=f"{table.name}-columns-menu", icon=":material/view_column:"):
        st.multiselect("Columns", list(titles), key=key, on_change=_remember, args=(table, titles))
    return table.shown([titles[title] for title in st.session_state[key]])


def _remember(table: Table, titles: Mapping[str, str]) -> None:
    chosen = [titles[title] for title in st.session_state[columns_key(table)]]
    session.saved_views().remember(table.name, {"columns": chosen})


def _views(table: Table) -> None:
    views = session.saved_views()
    with st.popover("Views", key=f"{table.name}-views", icon=":material/bookmark:"):
        for number, (name, shown) in enumerate(views.named(table.name).items()):
            with st.container(horizontal=True, vertical_alignment="center", wrap=False, gap="small"):
                st.button(
                    markdown(name),
                    key=f"{table.name}-view-{number}",
                    type="tertiary",
                    width="stretch",
                    on_click=_look,
                    args=(table, shown),
                )
                st.button(
                    "Remove",
                    key=f"{table.name}-forget-{number}",
                    type="tertiary",
                    on_click=incidents.attempt_own,
                    args=(partial(views.remove, table.name, name), "View removed"),
                )
        with st.form(f"{table.name}-view", border=False, clear_on_submit=True):
            st.text_input("Name of this view", key=f"{table.name}-view-name", max_chars=80)
            st.form_submit_button("Save view", key=f"{table.name}-view-save", on_click=_save, args=(table,))


def _kept(table: Table) -> Sequence[str]:
    return [*table.filters, order_key(table), columns_key(table)]


def _look(table: Table, shown: Mapping[str, Any]) -> None:
    for key in _kept(table):
        if key in shown:
            st.session_state[key] = shown[key]
        else:
            st.session_state.pop(key, None)
    st.session_state.pop("page", None)


def _save(table: Table) -> None:
    shown = {key: st.session_state[key] for key in _kept(table) if key in st.session_state}
    name = st.session_state[f"{table.name}-view-name"]
    incidents.attempt_own(partial(session.saved_views().save, table.name, name, shown), "View saved")


def _export(table: Table, rows: ListedRows, order: str) -> None:
    names = list(rows.listing.columns)
    with st.popover("Export", key=f"{table.name}-export", icon=":material/download:"):
        for kind, (write, mime) in _WRITERS.items():
            st.download_button(
                kind,
                partial(_written, write, rows, order, names),
                f"{table.name}.{kind.lower()}",
                mime,
                key=f"{table.name}-{kind.lower()}",
                on_click="ignore",
                type="tertiary",
            )
        st.caption(f"All rows of these filters, {words.count(EXPORTED_AT_MOST)} at most.")


def _written(
    write: Callable[[Iterable[Row], Sequence[str]], str], rows: ListedRows, order: str, names: Sequence[str]
) -> str:
    return write(rows.every(order), names)
