"""Conflicts: those to decide with both claims, those decided with a way to overturn them."""

from dataclasses import dataclass

import streamlit as st

from sigma_core.console import incidents, paging, session, widgets, words
from sigma_core.console.components.blocks import card_title
from sigma_core.console.components.claims import sides
from sigma_core.console.knowledge.sentences import claimed, question
from sigma_core.console.markup import Html, div, join, markdown, span
from sigma_core.exchange.disputes import ConflictSide, Dispute

SHOWN = 3
RULED_SHOWN = 5
_ASKED = "knowledge.settling"
_REASON = "settle-reason"


@dataclass(frozen=True)
class Choice:
    """What a person is about to decide."""

    conflict_id: int
    winner_id: int
    verb: str
    question: str


def draw(waiting: int, ruled: int) -> None:
    """Those that wait, oldest first; below, rulings, newest first: so many of each, page by page."""
    desk, project_id = session.system().exchange.console, session.project_id()
    if waiting:
        place = st.container(gap="medium")
        offset = paging.offset("conflicts", waiting, SHOWN)
        with place:
            for dispute in desk.open_disputes(SHOWN, offset, project_id):
                to_decide(dispute, waiting)
    if ruled:
        with st.container(gap=None, key="sg-ruled"):
            widgets.draw(_ruled_head())
            place = st.container(gap=None)
            offset = paging.offset("ruled", ruled, RULED_SHOWN)
            with place:
                for dispute in desk.ruled_disputes(RULED_SHOWN, offset, project_id):
                    _ruling(dispute)


def ask() -> None:
    """Outside of every live part: the dialog that a Keep or Overturn button asked for."""
    choice = st.session_state.pop(_ASKED, None)
    if choice is not None:
        st.dialog(f"{choice.verb}?")(_reason)(choice)


def to_decide(dispute: Dispute, count: int) -> None:
    """Both sides of one that waits, and the buttons that decide it; `ask` draws what they ask for."""
    old, new = ((claim, claimed(claim, dispute.kind)) for claim in (dispute.standing, dispute.challenger))
    asked = question(dispute)
    with st.container(gap="small", key=f"sg-conflict-{dispute.id}"):
        head = div(card_title("Conflict to decide"), span(f"{count} open", cls="sg-faint"), cls="sg-card-head")
        widgets.draw(join(head, div(asked, cls="sg-question"), sides(old, new, dispute.suggested_id, session.now())))
        with st.container(horizontal=True, vertical_alignment="center"):
            for claim, words_ in sorted((old, new), key=lambda one: one[0].item.id != dispute.suggested_id):
                _keep(dispute, claim, words_, asked)
            if st.button("Compare", key=f"compare-{dispute.id}", type="tertiary"):
                one, other = dispute.standing.item.id, dispute.challenger.item.id
                widgets.open_page("knowledge", item=one if st.query_params.get("item") == str(other) else other)


def _keep(dispute: Dispute, claim: ConflictSide, said: str, asked: str) -> None:
    suggested = claim.item.id == dispute.suggested_id
    label = f"Keep {said}…"
    if widgets.act(
        markdown(label),
        key=f"keep-{dispute.id}-{claim.item.id}",
        type="primary" if suggested else "secondary",
    ):
        _request(Choice(dispute.id, claim.item.id, label.rstrip("…"), asked))


def _ruled_head() -> Html:
    title, order = card_title("Decided conflicts"), span("newest first", cls="sg-faint")
    return div(title, order, cls="sg-card-head")


def _ruling(dispute: Dispute) -> None:
    first, second = dispute.standing, dispute.challenger
    won, lost = (first, second) if dispute.winner_id == first.item.id else (second, first)
    asked = question(dispute)
    by = (
        "by rule, " + dispute.strategy.replace("_", " ") if dispute.decided_by == "rule" else f"by {dispute.decided_by}"
    )
    age = words.age((session.now() - (dispute.decided_at or dispute.created_at)).total_seconds())
    because = f" · {dispute.reason}" if dispute.reason else ""
    with st.container(horizontal=True, vertical_alignment="center", gap="small", wrap=False):
        title = f"{claimed(won, dispute.kind)} stands, not {claimed(lost, dispute.kind)}"
        if widgets.list_row(f"ruled-{dispute.id}", words.headed(title), f"{asked} · {by} · {age} ago{because}"):
            widgets.open_page("knowledge", item=won.item.id)
        if widgets.act("Overturn…", key=f"overturn-{dispute.id}"):
            _request(Choice(dispute.id, lost.item.id, f"Let {claimed(lost, dispute.kind)} stand", asked))


def _request(choice: Choice) -> None:
    st.session_state[_ASKED] = choice
    st.rerun()


def _reason(choice: Choice) -> None:
    incidents.answer()
    effect = "The other item is contradicted: it is withdrawn from inboxes and invalid in the graph, not deleted."
    widgets.plain(choice.question, effect)
    with st.form("settle", border=False):
        st.text_area("Reason", key=_REASON, max_chars=2000)
        st.form_submit_button(
            markdown(choice.verb), key="settle-submit", type="primary", on_click=_settle, args=(choice,)
        )


def _settle(choice: Choice) -> None:
    exchange, reason = session.system().exchange.service, st.session_state.get(_REASON) or ""

    def decide() -> None:
        exchange.settle(choice.conflict_id, actor=session.actor(), reason=reason, winner_id=choice.winner_id)

    incidents.attempt(decide, "Decided")
