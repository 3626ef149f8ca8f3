"""The bar that stays in sight below a proposal: step through the queue, approve, reject, apply."""

import streamlit as st

from sigma_core.console import widgets, words
from sigma_core.console.proposals import decisions
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
        decisions.buttons(case)


def _steps(place: QueuePosition) -> None:
    total = words.count(place.total)
    widgets.note(f"{words.count(place.number)} of {total} waiting" if place.number else f"{total} waiting")
    if st.button("Previous", key="previous", type="tertiary", shortcut="k", disabled=place.before is None):
        widgets.open_page("proposals", proposal=place.before)
    if st.button("Next", key="next", type="tertiary", shortcut="j", disabled=place.after is None):
        widgets.open_page("proposals", proposal=place.after)
