"""The live feed: what was said last stands on top."""

import streamlit as st

from sigma_core.console import incidents, paging, session, widgets
from sigma_core.console.components.blocks import root
from sigma_core.console.components.freshness import bar
from sigma_core.console.components.signs import dot, when
from sigma_core.console.knowledge import publish_form
from sigma_core.console.knowledge.sentences import KINDS, route, sentence
from sigma_core.console.markup import Html, div, span
from sigma_core.console.table import filters
from sigma_core.exchange.items import Item
from sigma_core.exchange.message import Urgency

PAGE = 15
EVERY_S = 2.0


def live_switch() -> bool:
    """Whether new items appear by themselves."""
    return st.toggle("Live", value=True, key="live", help="New items appear by themselves, every two seconds.")


def draw(*, live: bool) -> None:
    """Filters that a link keeps, and the rows."""
    incidents.live(EVERY_S if live else None)(_rows)(filters.pills("Kind", list(KINDS), "All", "kind"))


def _rows(kind: str) -> None:
    desk, project_id = session.system().exchange.console, session.project_id()
    total = desk.count(KINDS[kind], project_id)
    if not total:
        widgets.draw(div("No knowledge of this kind here yet.", cls="sg-quiet"))
        st.button("Show all", key="all-kinds", on_click=_show_all, disabled=kind == "All")
        return
    rows = st.container(gap=None, key="sg-live-feed")
    offset = paging.offset("page", total, PAGE)
    with rows:
        for item in desk.newest(PAGE, KINDS[kind], project_id, offset):
            _row(item)


def _row(item: Item) -> None:
    with st.container(horizontal=True, gap="small", wrap=False, key=f"sg-feed-{item.id}"):
        st.html(root(_mark(item)), width=80)
        if widgets.list_row(f"item-{item.id}", sentence(item.type, item.data), _sub(item), badge=_badge(item)):
            widgets.open_page("knowledge", item=item.id)
        st.html(root(bar(item.freshness)), width=68)


def _mark(item: Item) -> Html:
    at = when(item.refreshed_at, session.now(), session.zone())
    urgent = dot("bad") if item.urgency == Urgency.HIGH else dot("warn") if item.contradicted else None
    return div(span(at, cls="sg-feed-time"), urgent, cls="sg-feed-mark")


def _badge(item: Item) -> str:
    return ":small[:red[high]]" if item.urgency == Urgency.HIGH else ""


def _sub(item: Item) -> str:
    state = "contradicted" if item.contradicted else "archived" if item.archived_at else ""
    said = f"said {item.evidence_count} times" if item.evidence_count > 1 else ""
    return " · ".join(part for part in (item.type, route(item), said, state) if part)


def teach() -> None:
    """Before anything is published."""
    widgets.empty_state(
        "No knowledge yet",
        "Workers tell each other what they find: risky patterns, fixes that held, issues that cannot wait. The first "
        "cycle publishes the first items, about a minute for a small repository.",
        "sigma publish TYPE --source operator --payload JSON",
        publish_form.button,
    )


def _show_all() -> None:
    st.session_state["kind"] = "All"
