"""One proposal: verdict and reason, facts and votes, why, the change, the decision."""

from collections.abc import Sequence
from datetime import datetime

import streamlit as st

from sigma_core.console import frame, incidents, session, widgets
from sigma_core.console.components.blocks import card, notice, page_head
from sigma_core.console.components.committee import committee_card
from sigma_core.console.components.diff import diff_view
from sigma_core.console.components.evidence import evidence_card
from sigma_core.console.components.outcome import became, latest
from sigma_core.console.components.signs import ago, verdict_chip
from sigma_core.console.components.trace import why_line
from sigma_core.console.markup import Html, div, join, span
from sigma_core.console.proposals import decision_bar, discussion, why_card
from sigma_core.proposals.listing import QueuePosition
from sigma_core.proposals.tables import ProposalState
from sigma_core.runtime.committee_account import why_weights
from sigma_core.runtime.views import ProposalCase

_SHOWN_FINDINGS = 3
"""More of them than this are told when somebody asks."""


def draw(case: ProposalCase, place: QueuePosition, approve_at: float) -> None:
    """The whole page; `place` is where it stands among those that wait for a person."""
    frame.name_tab(f"Proposal {case.proposal.id}: {case.proposal.title}")
    widgets.crumb("proposal", "Proposals", f"{case.proposal.id} · {case.project.name}")
    widgets.draw(_head(case))
    _description(case.proposal.description.splitlines())
    _other_commits(case)
    if (outcome := latest(case.outcomes)) is not None:
        widgets.draw(became(outcome))
    if case.proposal.apply_error:
        widgets.draw(notice("Not applied.", case.proposal.apply_error))
    if case.proposal.apply_requested_by or case.proposal.state == ProposalState.WAITING:
        _watch(case.proposal.id or 0, case.proposal.changed_at, case.proposal.apply_requested_by)
    widgets.draw(div(_evidence(case), _committee(case, approve_at), cls="sg-pair"))
    with st.container(horizontal=True, vertical_alignment="center", wrap=False):
        widgets.draw(why_line(case))
        if st.button("Blast radius", key="blast", help="What depends on what it changes, and which tests reach it"):
            widgets.open_page("graph", show="Blast radius", proposal=case.proposal.id)
        view = st.segmented_control(
            "View",
            ["Split", "Unified"],
            default="Split",
            required=True,
            key="view",
            label_visibility="collapsed",
            bind="query-params",
        )
    widgets.draw(diff_view(case.proposal.diff, split=view != "Unified"))
    why_card.draw(case.proposal)
    discussion.draw(case.proposal)
    decision_bar.bar(case, place)


def _other_commits(case: ProposalCase) -> None:
    """The way to the same change as it was proposed on an earlier commit, and as it was carried to a later one."""
    for said, other in (
        ("The same change on an earlier commit:", case.proposal.predecessor_id),
        ("Carried to a later commit:", case.successor_id),
    ):
        if other is None:
            continue
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            widgets.note(said)
            if st.button(f"Proposal {other}", key=f"line-{other}", type="tertiary"):
                widgets.open_page("proposals", proposal=other)


@incidents.live(2)
def _watch(proposal_id: int, changed_at: datetime, requested_by: str | None) -> None:
    """Draw the page anew once think has dealt with it."""
    now = session.system().proposals.service.get(proposal_id)
    if (now.changed_at, now.apply_requested_by) != (changed_at, requested_by):
        st.rerun()


def _head(case: ProposalCase) -> Html:
    proposal, decision = case.proposal, case.decision
    origin = " · ".join([proposal.origin, proposal.prompt_version or proposal.fixer.replace("_", " ")])
    reason = decision.reasons[0] if decision and decision.reasons else _unreasoned(case)
    verdict = div(
        verdict_chip(proposal.state),
        span(reason),
        span(f"{origin} · ", ago(proposal.created_at, session.now(), session.zone()), " ago", cls="sg-end"),
        cls="sg-verdict",
    )
    more = [div(reason, cls="sg-muted") for reason in (decision.reasons[1:] if decision else [])]
    return join(page_head(proposal.title), verdict, *more)


def _description(lines: Sequence[str]) -> None:
    """What it mends; of many fixes all that they mend, for who asks."""
    told = join(*(div(line, cls="sg-muted") for line in lines))
    if len(lines) <= _SHOWN_FINDINGS:
        widgets.draw(told)
        return
    with st.expander(f"{len(lines)} findings that it mends", key="findings"):
        widgets.draw(told)


def _unreasoned(case: ProposalCase) -> str:
    if case.proposal.state == ProposalState.STALE:
        return "Its base has moved, or a newer fix replaces it."
    if case.decision is not None:
        return f"Decided by {case.decision.actor}, without a reason given."
    return "think verifies it in its next run."


def _evidence(case: ProposalCase) -> Html:
    if case.evidence is not None:
        return evidence_card(case.evidence)
    stale = case.proposal.state == ProposalState.STALE
    why = "" if stale else " think applies it to a copy, runs the tests and compares, in its next run."
    return card("Evidence", div(f"Nothing is measured.{why}", cls="sg-quiet"), aside="not run")


def _committee(case: ProposalCase, approve_at: float) -> Html:
    if not case.votes:
        return card("Committee", div("Nobody has voted: votes follow the evidence.", cls="sg-quiet"))
    rules = case.committee.rules if case.committee else {}
    threshold = rules.get("thresholds", {}).get("approve_at", approve_at)
    return committee_card(case.votes, case.committee, float(threshold), why_weights(case))
