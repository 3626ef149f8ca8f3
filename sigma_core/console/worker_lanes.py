"""The lanes of workers with the choice of how far back they reach, which a link keeps."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

import streamlit as st

from sigma_core.console import session, widgets, words
from sigma_core.console.components.blocks import card_title
from sigma_core.console.components.history_lanes import history_lanes
from sigma_core.console.components.lanes import lanes
from sigma_core.console.markup import div, span
from sigma_core.console.table import filters
from sigma_core.runtime.lane_history import LaneRange
from sigma_core.runtime.status import SystemStatus, WorkerStatus

HOUR = "1 h"
_RANGES: Mapping[str, LaneRange] = {
    "6 h": LaneRange(timedelta(hours=6), timedelta(minutes=5)),
    "24 h": LaneRange(timedelta(hours=24), timedelta(minutes=20)),
    "7 d": LaneRange(timedelta(days=7), timedelta(hours=3)),
    "30 d": LaneRange(timedelta(days=30), timedelta(hours=12)),
}
_NAMES: Mapping[str, str] = {
    HOUR: "last hour",
    "6 h": "last 6 hours",
    "24 h": "last 24 hours",
    "7 d": "last 7 days",
    "30 d": "last 30 days",
}
_KEY = "lanes"


def chosen() -> str:
    """The range that is chosen, before the choice itself is drawn."""
    named = st.session_state.get(_KEY) or st.query_params.get(_KEY)
    return str(named) if named in _RANGES else HOUR


def every_s(reach: str) -> float:
    """How often lanes of that range are drawn anew: an hour and more moves slowly and is much to add up."""
    return 2 if reach == HOUR else 30


def draw(title: str, shown: Sequence[WorkerStatus], status: SystemStatus, drawn_for: str) -> None:
    """The card. Inside a part that draws itself anew as often as is right for the range `drawn_for`."""
    with st.container(border=True, gap=None):
        with st.container(horizontal=True, vertical_alignment="center", key="sg-beside-lanes"):
            heading = card_title(words.headed(f"{title}{_NAMES[drawn_for]}"))
            aside = span(f"updates every {every_s(drawn_for):.0f} s", cls="sg-faint")
            widgets.draw(div(heading, aside, cls="sg-card-head"))
            now_chosen = filters.pills("How far back", [HOUR, *_RANGES], HOUR, _KEY)
        if now_chosen != drawn_for:
            # How often this part is drawn is settled by the page
            st.rerun()
        if now_chosen == HOUR:
            widgets.draw(lanes(shown, status.now, session.zone()))
            return
        history = session.system().runtime.status.lane_history(_RANGES[now_chosen], session.project_id())
        widgets.draw(history_lanes(shown, history, status.now, session.zone()))
