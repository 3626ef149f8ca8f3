"""The tab Committee: how votes count and what that rests on, what drifted, and every change with the way back."""

from collections.abc import Sequence

import streamlit as st

from sigma_core.console import session, widgets
from sigma_core.console.components.blocks import card_title, notice
from sigma_core.console.learning import committee_acts, committee_parts
from sigma_core.console.learning.reliability import diagram
from sigma_core.console.learning.scores import histogram
from sigma_core.proposals.calibration.fitting import FEWEST, FEWEST_EACH
from sigma_core.proposals.calibration.tables import CommitteeCalibration

MOST_SHOWN = 50


def draw() -> None:
    """There is one committee for all projects; drifts are those of the chosen project with those of all."""
    system = session.system()
    now, changes = system.proposals.calibration.current(), system.proposals.calibration.changes(MOST_SHOWN + 1)
    newest = changes[0] if changes else None
    frozen = newest is not None and newest.frozen
    if newest is not None and newest.frozen:
        widgets.draw(notice(f"Frozen by {newest.actor}.", newest.why))
    widgets.draw(committee_parts.members(now, newest))
    with st.container(horizontal=True):
        committee_acts.button("Release" if frozen else "Freeze")
    _scores()
    _reliability(newest)
    names = {each.id or 0: each.name for each in system.projects.service.list()}
    drifts = system.learning.committee.drifts(session.project_id(), MOST_SHOWN + 1)
    widgets.draw(committee_parts.drift_card(drifts, MOST_SHOWN, names, session.now(), session.zone()))
    _changelog(changes)
    committee_acts.draw_asked()


def _scores() -> None:
    system = session.system()
    counted = system.runtime.status.score_counts(session.project_id())
    if any(counted):
        drawn = histogram(counted, system.settings.approve_at, system.settings.reject_below)
        with st.container(border=True):
            widgets.draw(card_title(drawn.title))
            widgets.chart(drawn, 220, "scores")
            widgets.note(drawn.finding)


def _reliability(newest: CommitteeCalibration | None) -> None:
    scored = newest.scores.get("whole") if newest else None
    with st.container(border=True):
        widgets.draw(card_title("What scores have stood for"))
        if not scored:
            needed = f"{FEWEST} are needed, {FEWEST_EACH} of them taken and {FEWEST_EACH} not"
            widgets.note(f"Too few changes have an outcome yet: {needed}.")
            return
        drawn = diagram(scored)
        widgets.chart(drawn, 320, "reliability")
        widgets.note(drawn.finding)


def _changelog(changes: Sequence[CommitteeCalibration]) -> None:
    with st.container(border=True, gap=None):
        widgets.draw(card_title("Changelog"))
        if not changes:
            widgets.note("Never changed: the committee votes as configured.")
        for each in changes[:MOST_SHOWN]:
            said, act = st.columns([5, 1], vertical_alignment="center")
            with said:
                widgets.draw(committee_parts.change_line(each, session.now(), session.zone()))
            with act:
                committee_acts.button("Undo", each.id)
        widgets.the_rest(changes, MOST_SHOWN, "sigma committee log --limit 10000 tells all")
