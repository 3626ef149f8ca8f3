"""The list of proposals: a sentence, filters that a link keeps, rows."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

import streamlit as st

from sigma_core.console import actions, session, widgets, words
from sigma_core.console.components.blocks import page_head
from sigma_core.console.markup import Html, element
from sigma_core.runtime.views import ProposalLine

PAGE = 25
_FILTERS = {
    "Needs a person": ("needs_human",),
    "Waiting": ("waiting",),
    "Approved": ("approved", "applied"),
    "Rejected": ("rejected",),
    "Out of date": ("stale",),
    "All": (),
}


def draw(lines: Sequence[ProposalLine]) -> None:
    """The whole page."""
    widgets.head(_head(lines))
    if not lines:
        _teach()
        return
    shown = _filtered(lines)
    if not shown:
        widgets.draw(element("p", "No proposal matches these filters.", cls="sg-quiet"))
        st.button("Clear filters", key="clear-proposals", on_click=_clear)
        return
    rows = st.container(border=True, gap=None, key="sg-rows-proposals")
    pages = -(-len(shown) // PAGE)
    number = st.pagination(pages, key="proposals-page") if pages > 1 else 1
    with rows:
        _rows(shown[(number - 1) * PAGE : number * PAGE])


def matches(line: ProposalLine, states: Sequence[str], wanted: str) -> bool:
    """Whether a line is in one of the states and holds every word."""
    if states and line.proposal.state not in states:
        return False
    held = (
        f"{line.proposal.title} {line.proposal.rule or ''} {' '.join(line.proposal.files)} {line.proposal.id}".lower()
    )
    return all(word in held for word in wanted.lower().split())


def _head(lines: Sequence[ProposalLine]) -> Html:
    if not lines:
        return page_head("Proposals")
    counts = Counter(line.proposal.state for line in lines)
    waiting = counts["needs_human"]
    if not waiting:
        return page_head("Proposals", element("strong", "Nothing waits for you."), f" {_settled(counts)}", tone="ok")
    verb = "waits" if waiting == 1 else "wait"
    lead = f"{words.plural(waiting, 'proposal')} {verb} for a person."
    return page_head("Proposals", element("strong", lead), f" {_settled(counts)}", tone="warn")


def _settled(counts: Counter[str]) -> str:
    approved = counts["approved"] + counts["applied"]
    return f"{approved} approved, {counts['rejected']} rejected, {counts['waiting']} waiting for verification."


def _filtered(lines: Sequence[ProposalLine]) -> list[ProposalLine]:
    with st.container(horizontal=True, vertical_alignment="center"):
        state = st.pills(
            "State",
            list(_FILTERS),
            default="All",
            required=True,
            key="state",
            label_visibility="collapsed",
            bind="query-params",
        )
        wanted = st.text_input(
            "Search",
            key="q",
            type="search",
            live=True,
            placeholder="Search title, rule, file",
            width=260,
            label_visibility="collapsed",
            bind="query-params",
        )
    return [line for line in lines if matches(line, _FILTERS[state or "All"], wanted or "")]


def _rows(lines: Sequence[ProposalLine]) -> None:
    now = session.now()
    for line in lines:
        proposal = line.proposal
        badge = widgets.state_badge(proposal.state)
        if widgets.list_row(f"proposal-{proposal.id}", proposal.title, _sub(line, now), badge=badge):
            widgets.open_page("proposals", proposal=proposal.id)


def _sub(line: ProposalLine, now: datetime) -> str:
    proposal = line.proposal
    age = words.age((now - proposal.changed_at).total_seconds())
    parts = [str(proposal.id), line.reason.rstrip("."), line.project.name, ", ".join(proposal.files[:2]), age]
    return " · ".join(part for part in parts if part)


def _clear() -> None:
    st.session_state["state"], st.session_state["q"] = "All", ""


def _teach() -> None:
    projects = session.system().projects.list()
    if not projects:
        actions.first_project()
        return
    name = (session.project() or projects[0]).name
    widgets.empty_state(
        "No proposals yet",
        "dream writes a fix as soon as analysis has found an issue. The first cycle on this project has not proposed "
        "any; a cycle takes about a minute.",
        f"sigma run --project {name}",
        actions.run_cycle,
    )
