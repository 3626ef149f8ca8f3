"""The bar that stays in sight below a proposal: step through the queue, approve, reject, apply."""

from functools import partial

import streamlit as st

from sigma_core.console import incidents, session, widgets, words
from sigma_core.proposals.listing import Place
from sigma_core.proposals.tables import ProposalState
from sigma_core.runtime.views import Case

_REASON = "decision-reason"


def bar(case: Case, place: Place) -> None:
    """Left the queue, right the decision; one primary button at most."""
    with st.bottom, st.container(horizontal=True, vertical_alignment="center", wrap=False, key="sg-decide"):
        _steps(place)
        st.space("stretch")
        st.download_button(
            "Patch",
            case.proposal.diff,
            f"proposal-{case.proposal.id}.patch",
            "text/x-diff",
            key="patch",
            icon=":material/download:",
            on_click="ignore",
            type="tertiary",
        )
        _verdicts(case)


def _steps(place: Place) -> None:
    total = words.count(place.total)
    widgets.note(f"{words.count(place.number)} of {total} waiting" if place.number else f"{total} waiting")
    if st.button("Previous", key="previous", type="tertiary", shortcut="k", disabled=place.before is None):
        widgets.open_page("proposals", proposal=place.before)
    if st.button("Next", key="next", type="tertiary", shortcut="j", disabled=place.after is None):
        widgets.open_page("proposals", proposal=place.after)


def _verdicts(case: Case) -> None:
    state = case.proposal.state
    if state in (ProposalState.APPLIED, ProposalState.STALE):
        return
    if state == ProposalState.REJECTED:
        if st.button("Approve anyway…", key="overrule"):
            _ask(case, "Approve", "It overrules the rejection and is recorded with your reason.")
        return
    if st.button("Reject…", key="reject", shortcut="x"):
        _ask(case, "Reject", "It is kept with your reason, and learned from.")
    if state == ProposalState.APPROVED:
        _apply(case)
    elif case.evidence is None:
        _verify(case)
    else:
        _approve(case)


def _approve(case: Case) -> None:
    fits = case.evidence is not None and case.evidence.applies and not case.evidence.parse_errors
    st.button(
        "Approve",
        key="approve",
        type="primary",
        shortcut="a",
        disabled=not fits,
        help=None if fits else "Nobody may approve a diff that does not apply.",
        on_click=_decide,
        args=(case, "Approve"),
    )


def _verify(case: Case) -> None:
    ask = partial(session.system().schedule.run_now, "think", session.actor(), case.proposal.project_id)
    st.button(
        "Verify now",
        key="verify",
        type="primary",
        help="Asks think for a run on this project now.",
        on_click=incidents.attempt,
        args=(ask, "Verification requested"),
    )


def _apply(case: Case) -> None:
    if case.proposal.apply_requested_by is not None:
        widgets.note("Apply requested…")
        return
    st.button(
        "Apply to branch",
        key="apply",
        type="primary",
        shortcut="a",
        help="Asks think to commit it to a branch of your repository, verified alone first where that is due. "
        "Merging is yours.",
        on_click=incidents.attempt,
        args=(partial(_request_apply, case), "Apply requested"),
    )


def _request_apply(case: Case) -> None:
    system, actor = session.system(), session.actor()
    system.applying.request(case.proposal.id or 0, actor=actor)
    system.schedule.run_now("think", actor, case.proposal.project_id)


def _ask(case: Case, verb: str, effect: str) -> None:
    st.dialog(f"{verb} proposal {case.proposal.id}")(_reason)(case, verb, effect)


def _reason(case: Case, verb: str, effect: str) -> None:
    incidents.settle()
    widgets.plain(case.proposal.title, effect)
    with st.form("decide", border=False):
        st.text_area("Reason", key=_REASON, max_chars=2000)
        st.form_submit_button(verb, key="decide-submit", type="primary", on_click=_decide, args=(case, verb))


def _decide(case: Case, verb: str) -> None:
    proposals = session.system().proposals
    act, done = {"Approve": (proposals.approve, "Approved"), "Reject": (proposals.reject, "Rejected")}[verb]
    reason = st.session_state.get(_REASON) or None
    incidents.attempt(lambda: act(case.proposal.id or 0, reason=reason, actor=session.actor()), done)
