"""What a person does with a proposal: approve, reject, apply, each asked for in a dialog; and take it back at once.

No key decides anything: a letter opens a dialog at most, and what is decided there rests on what the page showed.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from math import ceil

import streamlit as st

from sigma_core.console import incidents, session, widgets
from sigma_core.errors import Conflict
from sigma_core.proposals.snapshot import ProposalSnapshot
from sigma_core.proposals.tables import ProposalState
from sigma_core.proposals.withdrawal import WITHDRAWAL
from sigma_core.runtime.views import ProposalCase

_ASKED, _REASON = "verdicts.asked", "decision-reason"


@dataclass(frozen=True)
class AskedDecision:
    """What is about to be done, to which proposal, as the page showed it."""

    verb: str
    proposal_id: int
    seen: ProposalSnapshot
    effect: str


def buttons(case: ProposalCase) -> None:
    """What may be done with it now, one primary button at most; and the dialog that was asked for."""
    state = case.proposal.state
    _offer_withdrawal(case)
    if state in (ProposalState.APPLIED, ProposalState.STALE):
        _forget()
        return
    if state == ProposalState.REJECTED:
        _button(case, "Approve", "Approve anyway…", "It overrules the rejection and is recorded with your reason.")
    else:
        _button(case, "Reject", "Reject…", "It is kept with your reason, and learned from.", shortcut="x")
        _next(case)
    _dialog(case)


def _next(case: ProposalCase) -> None:
    """The primary button of a proposal that is not rejected."""
    if case.proposal.apply_requested_by is not None:
        widgets.note("Apply requested…")
    elif case.proposal.state == ProposalState.APPROVED:
        effect = (
            "think commits it to a branch of your repository, verified alone first where that is due. Merging is yours."
        )
        _button(case, "Apply", "Apply to branch…", effect, primary=True)
    elif case.evidence is None:
        _verify(case)
    else:
        fits = case.evidence.applies and not case.evidence.parse_errors
        effect = "It may be applied to a branch then. A reason is recorded where you give one."
        _button(case, "Approve", "Approve…", effect, shortcut="a", primary=True, allowed=fits)


def _button(
    case: ProposalCase,
    verb: str,
    label: str,
    effect: str,
    *,
    shortcut: str | None = None,
    primary: bool = False,
    allowed: bool = True,
) -> None:
    asked = AskedDecision(verb, case.proposal.id or 0, ProposalSnapshot.of(case.proposal, case.decision), effect)
    widgets.act(
        label,
        key="overrule" if label.startswith("Approve anyway") else verb.lower(),
        shortcut=shortcut,
        type="primary" if primary else "secondary",
        disabled=not allowed,
        on_click=_ask,
        args=(asked,),
        help=None if allowed else "Nobody may approve a diff that does not apply.",
    )


def _verify(case: ProposalCase) -> None:
    ask = partial(session.system().runtime.schedule.run_now, "think", session.actor(), case.proposal.project_id)
    widgets.act(
        "Verify now",
        key="verify",
        type="primary",
        help="Asks think for a run on this project now.",
        on_click=incidents.attempt,
        args=(ask, "Verification requested"),
    )


def _ask(question: AskedDecision) -> None:
    st.session_state[_ASKED] = question


def _forget() -> None:
    st.session_state.pop(_ASKED, None)


def _dialog(case: ProposalCase) -> None:
    """Drawn as long as it is asked for: the page behind it may be drawn anew while somebody types."""
    question = st.session_state.get(_ASKED)
    if question is None:
        return
    if question.proposal_id != case.proposal.id:
        _forget()
        return
    st.dialog(f"{question.verb} proposal {question.proposal_id}", on_dismiss=_forget)(_body)(case.proposal.title)


def _body(title: str) -> None:
    incidents.answer()
    question: AskedDecision = st.session_state[_ASKED]
    widgets.plain(title, question.effect)
    with st.form("decide", border=False):
        if question.verb != "Apply":
            st.text_area("Reason", key=_REASON, max_chars=2000)
        st.form_submit_button(question.verb, key="decide-submit", type="primary", on_click=_decide)


def _decide() -> None:
    question: AskedDecision = st.session_state[_ASKED]
    act, done = _ACTS[question.verb]

    def decide() -> None:
        try:
            act(question, st.session_state.get(_REASON) or None)
        except Conflict:
            # What has changed is told now; whoever decides again has seen it
            case = session.system().runtime.status.case(question.proposal_id)
            st.session_state[_ASKED] = replace(question, seen=ProposalSnapshot.of(case.proposal, case.decision))
            raise
        _forget()

    incidents.attempt(decide, done)


def _approve(question: AskedDecision, reason: str | None) -> None:
    session.system().proposals.service.approve(
        question.proposal_id, reason=reason, actor=session.actor(), seen=question.seen
    )


def _reject(question: AskedDecision, reason: str | None) -> None:
    session.system().proposals.service.reject(
        question.proposal_id, reason=reason, actor=session.actor(), seen=question.seen
    )


def _apply(question: AskedDecision, _reason: str | None) -> None:
    system, actor = session.system(), session.actor()
    asked = system.proposals.applying.request(question.proposal_id, actor=actor, seen=question.seen)
    system.runtime.schedule.run_now("think", actor, asked.project_id)


_ACTS: dict[str, tuple[Callable[[AskedDecision, str | None], None], str]] = {
    "Approve": (_approve, "Approved"),
    "Reject": (_reject, "Rejected"),
    "Apply": (_apply, "Apply requested"),
}


def _offer_withdrawal(case: ProposalCase) -> None:
    if _left_s(case) > 0:
        with st.container(width="content"):
            _withdrawal(case)


@incidents.live(1)
def _withdrawal(case: ProposalCase) -> None:
    """A button that goes when it is too late."""
    if (left := _left_s(case)) > 0:
        back = partial(session.system().proposals.service.take_back, case.proposal.id or 0, actor=session.actor())
        widgets.act(
            f"Take back, {ceil(left)} s",
            key="take-back",
            icon=":material/undo:",
            type="tertiary",
            on_click=incidents.attempt,
            args=(back, "Taken back"),
        )


def _left_s(case: ProposalCase) -> float:
    """How long the viewer's own decision can be taken back, in seconds."""
    decision = case.decision
    if decision is None or (decision.decided_by, decision.actor) != ("person", session.actor()):
        return 0.0
    if decision.verdict != case.proposal.state:
        return 0.0
    return (decision.created_at + WITHDRAWAL - session.now()).total_seconds()
