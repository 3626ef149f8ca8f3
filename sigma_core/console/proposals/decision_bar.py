"""The bar that stays in sight below a proposal: step through the queue, approve, reject, apply."""

from pathlib import PurePosixPath

import streamlit as st

from sigma_core.console import session, widgets, words
from sigma_core.console.proposals import decisions
from sigma_core.errors import SigmaError
from sigma_core.proposals.listing import QueuePosition
from sigma_core.runtime.views import ProposalCase


def bar(case: ProposalCase, place: QueuePosition) -> None:
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
        _test(case)
        decisions.buttons(case)


def _test(case: ProposalCase) -> None:
    """The counterexample as a file for pytest, where it makes one."""
    if case.evidence is None or case.evidence.differential.counterexample is None:
        return
    try:
        made = session.system().proposals.regression_tests.of(case.proposal.id or 0)
    except SigmaError:
        return
    st.download_button(
        "Test",
        made.text,
        PurePosixPath(made.path).name,
        "text/x-python",
        key="test",
        icon=":material/download:",
        on_click="ignore",
        type="tertiary",
    )


def _steps(place: QueuePosition) -> None:
    total = words.count(place.total)
    widgets.note(f"{words.count(place.number)} of {total} waiting" if place.number else f"{total} waiting")
    if st.button("Previous", key="previous", type="tertiary", shortcut="k", disabled=place.before is None):
        widgets.open_page("proposals", proposal=place.before)
    if st.button("Next", key="next", type="tertiary", shortcut="j", disabled=place.after is None):
        widgets.open_page("proposals", proposal=place.after)
