"""The dreamer's experiments: hypothesis, baseline, result, verdict, and what follows from it."""

from functools import partial

import streamlit as st

from sigma_core.console import incidents, paging, session, widgets, words
from sigma_core.console.components.blocks import card, facts
from sigma_core.console.components.signs import Tone, chip, when
from sigma_core.console.markup import Html, div, join, span
from sigma_core.experiments.tables import Experiment, ExperimentStatus, ExperimentVerdict

PAGE = 10
_ASKED, _REASON = "trials.rolling-back", "roll-back-reason"
_VERDICTS: dict[str, tuple[str, Tone]] = {
    ExperimentVerdict.OPEN: ("Too few cases", "wait"),
    ExperimentVerdict.UNCLEAR: ("Not clear", "wait"),
    ExperimentVerdict.HELPS: ("Helps", "ok"),
    ExperimentVerdict.HARMS: ("Harms", "bad"),
}
_STANDINGS = {
    ExperimentStatus.RUNNING: "runs",
    ExperimentStatus.PROMOTED: "promoted",
    ExperimentStatus.ROLLED_BACK: "rolled back",
}


def draw() -> None:
    """One card each, newest first."""
    experiments, project_id = session.system().experiments.service, session.project_id()
    total = experiments.count(project_id=project_id)
    if not total:
        widgets.empty_state(
            "No experiment yet",
            "The dreamer compares what was decided with knowledge and without it, once there are ten decided proposals "
            "on each side. What helps is promoted, what harms is rolled back.",
            "sigma experiment list",
        )
        return
    cards = st.container()
    offset = paging.offset("page", total, PAGE)
    with cards:
        for each in experiments.list(project_id=project_id, limit=PAGE, offset=offset):
            _draw(each)


def ask() -> None:
    """Outside of every live part: the dialog that Roll back asked for."""
    experiment = st.session_state.pop(_ASKED, None)
    if experiment is not None:
        st.dialog("Roll back?")(_reason)(experiment)


def _draw(each: Experiment) -> None:
    label, tone = _VERDICTS.get(each.verdict, (each.verdict, "wait"))
    names = {project.id: project.name for project in session.system().projects.service.list()}
    place = names.get(each.project_id, "all projects")
    head = div(
        chip(label, tone),
        span(_change(each)),
        span(f"{_STANDINGS[ExperimentStatus(each.standing)]}, {each.risk} risk", cls="sg-muted"),
        cls="sg-verdict sg-trial",
    )
    with st.container(gap="small", key=f"sg-trial-{each.id}"):
        widgets.draw(card(each.name, head, facts(_about(each)), aside=f"{each.worker} · {place}"))
        with st.container(horizontal=True):
            if each.verdict == ExperimentVerdict.HELPS and each.standing != ExperimentStatus.PROMOTED:
                promote = partial(session.system().experiments.service.promote, each.id or 0, actor=session.actor())
                st.button("Promote", key=f"promote-{each.id}", on_click=incidents.attempt, args=(promote, "Promoted"))
            if each.standing != ExperimentStatus.ROLLED_BACK and st.button("Roll back…", key=f"roll-back-{each.id}"):
                st.session_state[_ASKED] = each
                st.rerun()


def _change(each: Experiment) -> Html:
    if each.improvement is None or each.low is None or each.high is None:
        return span("not measured yet", cls="sg-muted")
    change, low, high = (words.signed(100 * share, "{:.1f}") for share in (each.improvement, each.low, each.high))
    return span(f"{each.metric} {change} percentage points, 95 % interval {low} to {high}")


def _about(each: Experiment) -> list[tuple[str, object]]:
    now, zone = session.now(), session.zone()
    known: list[tuple[str, object]] = [
        ("Hypothesis", each.hypothesis),
        ("Approach", each.approach),
        ("Baseline", _share(each.baseline)),
        ("Result", _share(each.result)),
        ("Way back", each.rollback_plan),
    ]
    if each.decided_by:
        reason = f": {each.reason}" if each.reason else ""
        known.append(("Decided", join(f"by {each.decided_by}, ", when(each.changed_at, now, zone), reason)))
    return known


def _share(found: dict[str, object]) -> str:
    value, count = found.get("value"), found.get("n", 0)
    if not isinstance(value, float | int):
        return "nothing decided yet"
    return f"{100 * value:.1f}{words.THIN}% of {count} decided"


def _reason(experiment: Experiment) -> None:
    incidents.answer()
    widgets.plain(experiment.name, f"From the next cycle on: {experiment.rollback_plan}")
    with st.form("roll-back", border=False):
        st.text_area("Reason", key=_REASON, max_chars=2000)
        st.form_submit_button(
            "Roll back", key="roll-back-submit", type="primary", on_click=_roll_back, args=(experiment.id or 0,)
        )


def _roll_back(key: int) -> None:
    experiments, reason = session.system().experiments.service, st.session_state.get(_REASON) or ""
    incidents.attempt(lambda: experiments.roll_back(key, actor=session.actor(), reason=reason), "Rolled back")
