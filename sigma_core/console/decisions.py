"""The bar that stays in sight below a proposal: step through the queue, approve, reject, apply."""

from collections.abc import Callable, Sequence
from functools import partial

import streamlit as st

from sigma_core.console import incidents, session, widgets
from sigma_core.proposals.tables import ProposalState
from sigma_core.runtime.views import Case

_REASON = "decision-reason"


def bar(case: Case, queue: Sequence[int | None]) -> None:
    """Left the queue, right the decision; one primary button at most."""
    with st.bottom, st.container(horizontal=True, vertical_alignment="center", wrap=False, key="sg-decide"):
        _steps(case.proposal.id, queue)
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


def neighbours(current: int | None, queue: Sequence[int | None]) -> tuple[int | None, int | None]:
    """The ids before and after `current`; where it is not in the queue, None and the first."""
    if current not in queue:
        return None, next(iter(queue), None)
    at = list(queue).index(current)
    return (queue[at - 1] if at else None), (queue[at + 1] if at + 1 < len(queue) else None)


def _steps(current: int | None, queue: Sequence[int | None]) -> None:
    before, after = neighbours(current, queue)
    place = f"{list(queue).index(current) + 1} of {len(queue)}" if current in queue else f"{len(queue)}"
    widgets.note(f"{place} waiting")
    if st.button("Previous", key="previous", type="tertiary", shortcut="k", disabled=before is None):
        widgets.open_page("proposals", proposal=before)
    if st.button("Next", key="next", type="tertiary", shortcut="j", disabled=after is None):
        widgets.open_page("proposals", proposal=after)


def _verdicts(case: Case) -> None:
    state, proposals = case.proposal.state, session.system().proposals
    if state == ProposalState.APPLIED:
        return
    if state != ProposalState.REJECTED and st.button("Reject…", key="reject", shortcut="x"):
        _ask(
            case,
            "Reject",
            "It is kept with your reason, and learned from.",
            partial(proposals.reject, case.proposal.id),
        )
    if state == ProposalState.APPROVED:
        _button(
            "Apply to branch", "apply", partial(proposals.apply, case.proposal.id, actor=session.actor()), "Applied"
        )
    elif state == ProposalState.REJECTED:
        if st.button("Approve anyway…", key="overrule"):
            words = "It overrules the rejection and is recorded with your reason."
            _ask(case, "Approve", words, partial(proposals.approve, case.proposal.id))
    else:
        _approve(case, partial(proposals.approve, case.proposal.id, reason=None, actor=session.actor()))


def _approve(case: Case, action: Callable[[], object]) -> None:
    evidence = case.evidence
    why = (
        "Nothing is measured yet: verify it first."
        if evidence is None
        else "Nobody may approve a diff that does not apply."
        if not evidence.applies or evidence.parse_errors
        else None
    )
    _button("Approve", "approve", action, "Approved", refused=why)


def _button(label: str, key: str, action: Callable[[], object], done: str, refused: str | None = None) -> None:
    st.button(
        label,
        key=key,
        type="primary",
        shortcut="a",
        disabled=refused is not None,
        help=refused,
        on_click=incidents.attempt,
        args=(action, done),
    )


@st.dialog("Decide")
def _ask(case: Case, verb: str, effect: str, action: Callable[..., object]) -> None:
    widgets.draw(case.proposal.title)
    with st.form("decide", border=False):
        st.text_area("Reason", key=_REASON, max_chars=2000, placeholder="Kept with the decision", help=effect)
        st.form_submit_button(verb, key="decide-submit", type="primary", on_click=_decide, args=(verb, action))


def _decide(verb: str, action: Callable[..., object]) -> None:
    reason = st.session_state.get(_REASON) or None
    done = {"Reject": "Rejected", "Approve": "Approved"}[verb]
    incidents.attempt(lambda: action(reason=reason, actor=session.actor()), done)
