"""Who looks after a proposal, and what people say of it. Everything is shown as text."""

from functools import partial

import streamlit as st

from sigma_core.console import incidents, session, widgets, words
from sigma_core.console.components.blocks import card_title
from sigma_core.console.components.signs import ago
from sigma_core.console.markup import Html, div, span
from sigma_core.proposals.discussion import LONGEST_COMMENT, LONGEST_NAME, SeenAssignee
from sigma_core.proposals.tables import Proposal, ProposalComment

_TEXT, _NAME = "comment-text", "assign-name"


def draw(proposal: Proposal) -> None:
    """The card."""
    number = proposal.id or 0
    found = session.system().proposals.discussions.of(number)
    with st.container(border=True, key="sg-discussion"):
        title = card_title("Discussion")
        count = words.plural(len(found.comments), "comment") if found.comments else ""
        widgets.draw(div(title, span(count, cls="sg-faint"), cls="sg-card-head"))
        _assignee(number, found.assignee)
        if found.comments:
            widgets.draw(*map(_comment, found.comments))
        with st.form("comment", border=False, clear_on_submit=True):
            st.text_area(
                "Comment",
                key=_TEXT,
                max_chars=LONGEST_COMMENT,
                height=68,
                placeholder="What speaks for it or against it",
                label_visibility="collapsed",
                disabled=session.why_not() is not None,
            )
            widgets.act(
                "Comment",
                button=st.form_submit_button,
                key="comment-submit",
                on_click=_say,
                args=(number,),
            )


def _assignee(number: int, name: str | None) -> None:
    me, seen = session.actor(), SeenAssignee(name)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        widgets.note(f"Assigned to {name}." if name else "Assigned to nobody.")
        if name != me:
            assign = partial(_assign, number, me, seen)
            widgets.act("Assign to me", key="assign-me", type="tertiary", on_click=assign)
        is_shut = session.why_not() is not None
        with (
            st.popover("Assign…", type="tertiary", key="assign-other", disabled=is_shut),
            st.form("assign", border=False),
        ):
            st.text_input("Name or e-mail address", key=_NAME, max_chars=LONGEST_NAME)
            widgets.act(
                "Assign",
                button=st.form_submit_button,
                key="assign-submit",
                type="primary",
                on_click=lambda: _assign(number, st.session_state.get(_NAME) or "", seen),
            )
        if name:
            widgets.act("Unassign", key="unassign", type="tertiary", on_click=partial(_assign, number, None, seen))


def _assign(number: int, name: str | None, seen: SeenAssignee) -> None:
    assign = session.system().proposals.discussions.assign
    incidents.attempt(
        lambda: assign(number, name, actor=session.actor(), seen=seen), "Assigned" if name else "Unassigned"
    )


def _say(number: int) -> None:
    text = st.session_state.get(_TEXT) or ""
    comment = session.system().proposals.discussions.comment
    incidents.attempt(lambda: comment(number, text, actor=session.actor()), "Said")


def _comment(comment: ProposalComment) -> Html:
    who = span(comment.author, cls="sg-strong")
    when = span(ago(comment.created_at, session.now(), session.zone()), " ago", cls="sg-faint")
    return div(div(who, " ", when), div(comment.text, cls="sg-remark"), cls="sg-said")
