"""The list of proposals: a sentence, filters that a link keeps, the table."""

from collections.abc import Mapping

import streamlit as st

from sigma_core.console import actions, session, widgets, words
from sigma_core.console.components.blocks import page_head
from sigma_core.console.markup import Html, element
from sigma_core.console.proposals import columns
from sigma_core.console.table import filters, grid
from sigma_core.proposals.listing import Wanted

_FILTERS: Mapping[str, tuple[str, ...]] = {
    "Needs a person": ("needs_human",),
    "Waiting": ("waiting",),
    "Approved": ("approved", "applied"),
    "Rejected": ("rejected",),
    "Out of date": ("stale",),
    "All": (),
}
_ANYONE, _ME, _NOBODY = "Any assignee", "Assigned to me", "Assigned to nobody"


def draw() -> None:
    """The whole page."""
    status = session.system().runtime.status
    counts = status.proposal_counts(session.project_id())
    widgets.head(_head(counts))
    if not any(counts.values()):
        _teach()
        return
    wanted = _wanted()
    rows = status.listed_proposals(wanted)
    total = rows.count()
    if not total:
        filters.none_match("proposal", "clear-proposals", _clear)
        return
    grid.draw(columns.TABLE, rows, total)


def _head(counts: Mapping[str, int]) -> Html:
    if not any(counts.values()):
        return page_head("Proposals")
    waiting = counts["needs_human"]
    if not waiting:
        return page_head("Proposals", element("strong", "Nothing waits for you."), f" {_settled(counts)}", tone="ok")
    verb = "waits" if waiting == 1 else "wait"
    lead = f"{words.plural(waiting, 'proposal')} {verb} for a person."
    return page_head("Proposals", element("strong", lead), f" {_settled(counts)}", tone="warn")


def _settled(counts: Mapping[str, int]) -> str:
    approved, rejected, waiting = (
        words.count(number)
        for number in (counts["approved"] + counts["applied"], counts["rejected"], counts["waiting"])
    )
    return f"{approved} approved, {rejected} rejected, {waiting} waiting for verification."


def _wanted() -> Wanted:
    with st.container(horizontal=True, vertical_alignment="center"):
        state = filters.pills("State", list(_FILTERS), "All", "state")
        text = filters.search("Search title, rule, file", "q", 210)
        assigned = filters.choice("Assignee", _assigned(), "assigned", 172)
    assignee = {_ANYONE: None, _ME: session.actor(), _NOBODY: ""}.get(assigned, assigned)
    return Wanted(session.project_id(), _FILTERS[state], text, assignee)


def _assigned() -> list[str]:
    names = session.system().proposals.discussions.assignees()
    return [_ANYONE, _ME, _NOBODY, *(name for name in names if name not in (_ANYONE, _ME, _NOBODY))]


def _clear() -> None:
    st.session_state["state"], st.session_state["q"], st.session_state["assigned"] = "All", "", _ANYONE


def _teach() -> None:
    actions.nothing_yet(
        "No proposals yet",
        "dream writes a fix as soon as analysis has found an issue. The first cycle on this project has not proposed "
        "any",
    )
