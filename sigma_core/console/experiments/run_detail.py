"""One run of a strategy: live while it goes on, then what it found, how good that is, and all about it."""

import json
from collections.abc import Iterator
from functools import partial

import streamlit as st

from sigma_core.console import incidents, session, widgets, words
from sigma_core.console.components.blocks import alert, card, facts
from sigma_core.console.components.signs import run_chip, when
from sigma_core.console.experiments import anomaly_strip, findings, run_actions
from sigma_core.console.experiments.strategy_listing import Described
from sigma_core.console.markup import Html, div, element, span
from sigma_core.experiments.tables import StrategyRun
from sigma_core.state_machine import RunState

EVERY_S = 1.0
MOST_TEXT = 30_000
ANOMALIES = "anomaly_detection"
UNFINISHED = (RunState.QUEUED, RunState.RUNNING)


def draw(run_id: int, strategy: Described) -> None:
    """The run, with its tabs; while it is under way it is drawn anew every second."""
    unfinished = session.system().experiments.strategy_runs.record.get(run_id).status in UNFINISHED
    incidents.live(EVERY_S if unfinished else None)(_draw)(run_id, strategy, live=unfinished)


def _draw(run_id: int, strategy: Described, *, live: bool) -> None:
    run = session.system().experiments.strategy_runs.record.get(run_id)
    if live and run.status not in UNFINISHED:
        st.rerun()
    with st.container(gap="small", key="sg-live-run"):
        widgets.draw(_line(run))
        if run.status in UNFINISHED:
            _cancel(run)
        elif run.status == RunState.SUCCESS:
            _draw_finding(session.system().experiments.strategy_runs.record.opened(run_id), strategy)
        else:
            _draw_failure(run)
    if run.status not in UNFINISHED:
        run_actions.draw(run)


def _line(run: StrategyRun) -> Html:
    took = words.duration(run.duration_ms) if run.duration_ms is not None else None
    saved = "saved" if run.saved else None
    said = (span(part, cls="sg-muted") for part in (f"run {run.id}", took, saved, run.progress) if part)
    return div(
        run_chip(run.status),
        *said,
        span(when(run.queued_at, session.now(), session.zone()), cls="sg-muted"),
        cls="sg-verdict",
    )


def _cancel(run: StrategyRun) -> None:
    cancel = partial(session.system().experiments.strategy_runs.cancel, run.id or 0, actor=session.actor())
    widgets.act(
        "Cancel requested…" if run.cancel_requested else "Cancel run",
        key="cancel-strategy-run",
        disabled=run.cancel_requested,
        on_click=incidents.attempt,
        args=(cancel, "Cancel requested"),
    )


def _draw_failure(run: StrategyRun) -> None:
    error = (run.error or "").strip()
    last = error.splitlines()[-1] if error else "No reason was given."
    if run.status == RunState.CANCELLED:
        widgets.draw(span(last, cls="sg-muted"))
        return
    widgets.draw(alert("This run has failed", last, [("Asked", _asked(run))]))
    if last != error:
        with st.expander("Technical details", key="strategy-technical"):
            st.code(error, language=None)


def _draw_finding(run: StrategyRun, strategy: Described) -> None:
    summary, metrics, details = st.tabs(["Summary", "Metrics", "Details"], key="run-tab")
    with summary, incidents.contained():
        _summary(run)
    with metrics, incidents.contained():
        meanings = {metric["name"]: metric for metric in strategy["metrics"]}
        widgets.draw(findings.metrics(run, meanings))
        # A click draws this part of the page alone
        if st.button("See them over all runs", key="over-runs", type="tertiary", on_click=_over_runs, args=(strategy,)):
            st.rerun()
    with details, incidents.contained():
        _details(run)


def _over_runs(strategy: Described) -> None:
    st.session_state["view"], st.session_state["by-strategy"] = "History", strategy["name"]
    # The link keeps the choice when the page is loaded anew
    st.query_params["by-strategy"] = strategy["title"]


def _summary(run: StrategyRun) -> None:
    result = run.result or {}
    widgets.draw(element("p", run.summary or "It said nothing.", cls="sg-finding"))
    if told := findings.text(result):
        widgets.draw(element("p", told))
    if chart := findings.course(result):
        widgets.chart(chart, 240, f"course-{run.id}")
    if run.strategy == ANOMALIES:
        anomaly_strip.draw(result, f"anomalies-{run.id}")
    for title, table, count in findings.tables(result):
        shown = min(count, findings.MOST_ROWS)
        widgets.draw(card(title, table, aside=f"first {shown} of {count}" if count > shown else words.count(count)))


def _details(run: StrategyRun) -> None:
    widgets.draw(card("About it", facts(_about(run))))
    if run.cut:
        widgets.draw(span(run.cut, cls="sg-text-warn"))
    whole = json.dumps(run.result or {}, indent=2, ensure_ascii=False)
    st.code(whole[:MOST_TEXT], language=None, height=320)
    if len(whole) > MOST_TEXT:
        widgets.note("The rest is in the export.")


def _about(run: StrategyRun) -> Iterator[tuple[str, object]]:
    now, zone = session.now(), session.zone()
    yield "Asked", _asked(run)
    yield "Asked by", run.requested_by
    if run.rerun_of:
        yield "Repeats", f"run {run.rerun_of}"
    if run.started_at:
        yield "Started", when(run.started_at, now, zone)
    yield "Graph", span(run.graph_version or "unknown", cls="sg-mono")
    if run.used_at:
        yield "Used by its worker", when(run.used_at, now, zone)


def _asked(run: StrategyRun) -> str:
    given = ((name, value) for name, value in run.parameters.items() if value not in (None, []))
    return ", ".join(f"{name.replace('_', ' ')} {findings.cell(value)}" for name, value in given) or "no values"
