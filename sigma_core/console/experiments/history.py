"""All runs of strategies, with filters that a link keeps; a click leads to one."""

from collections.abc import Sequence
from functools import partial

import streamlit as st

from sigma_core.console import paging, session, widgets, words
from sigma_core.console.components.signs import RUN_TONES
from sigma_core.console.experiments import metric_history
from sigma_core.console.experiments.strategy_listing import Described
from sigma_core.console.markup import div
from sigma_core.experiments.run_history import MeasuredRun
from sigma_core.experiments.tables import StrategyRun
from sigma_core.jobs import WORKERS
from sigma_core.state_machine import RunState

ALL, PAGE = "All", 30
_BADGES = {
    "ok": "gray-badge[● {}]",
    "bad": "red-badge[◆ {}]",
    "busy": "violet-badge[● {}]",
    "wait": "gray-badge[○ {}]",
    "off": "gray-badge[– {}]",
    "warn": "orange-badge[■ {}]",
}


def draw(strategies: Sequence[Described]) -> None:
    """Filters and rows, newest first."""
    titles = {each["name"]: each["title"] for each in strategies}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        worker = _select("Worker", [ALL, *WORKERS], "by-worker")
        strategy = _select("Strategy", [ALL, *titles], "by-strategy", titles)
        status = _select("Status", [ALL, *RunState], "by-status", words.RUN_STATES)
        saved = st.toggle("Saved only", key="by-saved", bind="query-params")
    record, project_id = session.system().experiments.strategy_runs.record, session.project_id()
    kept = True if saved else None
    total = record.count(worker=worker, strategy=strategy, status=status, saved=kept, project_id=project_id)
    if not total:
        _teach(filtered=any((worker, strategy, status, saved)))
        return
    if strategy is None:
        widgets.note("Choose a strategy to see its metrics over time.")
    else:
        known = next(each for each in strategies if each["name"] == strategy)
        metric_history.draw(
            known, record.measured(strategy, worker=worker, project_id=project_id, saved=kept), partial(_open, strategy)
        )
    rows = st.container(gap=None, key="sg-rows-strategy-runs")
    offset = paging.offset("page", total, PAGE)
    found = record.list(
        worker=worker, strategy=strategy, status=status, saved=kept, project_id=project_id, limit=PAGE, offset=offset
    )
    with rows:
        for run in found:
            _row(run, titles.get(run.strategy, run.strategy))


def _select(label: str, options: Sequence[str], key: str, names: dict[str, str] | None = None) -> str | None:
    chosen = st.selectbox(
        label,
        list(map(str, options)),
        key=key,
        bind="query-params",
        width=220,
        format_func=lambda option: words.headed((names or {}).get(str(option), str(option))),
    )
    return None if chosen == ALL else chosen


def _row(run: StrategyRun, title: str) -> None:
    said = run.summary or (run.error or "").strip().splitlines()[-1:] or [run.progress or "waits for the scheduler"]
    text = said if isinstance(said, str) else said[0]
    at = words.moment(run.queued_at, session.now(), session.zone())
    took = words.duration(run.duration_ms) if run.duration_ms is not None else ""
    parts = (f"run {run.id}", title, f"for {run.worker}", f"by {run.requested_by}", at, took)
    state = words.headed(words.RUN_STATES.get(run.status, run.status))
    badge = ":" + _BADGES[RUN_TONES.get(run.status, "wait")].format(state) if run.status != RunState.SUCCESS else ""
    saved = " :violet-badge[saved]" if run.saved else ""
    sub = " · ".join(part for part in parts if part)
    widgets.list_row(
        f"strategy-run-{run.id}", text, sub, badge=f"{badge}{saved}", on_click=partial(_open, run.strategy, run)
    )


def _open(strategy: str, run: StrategyRun | MeasuredRun) -> None:
    st.session_state["view"], st.session_state["worker"] = "Strategies", run.worker
    st.query_params["strategy"], st.query_params["run"] = strategy, str(run.id)
    st.query_params.pop("compare", None)


def _teach(*, filtered: bool) -> None:
    if filtered:
        widgets.draw(div("No run matches these filters.", cls="sg-quiet"))
        return
    widgets.empty_state(
        "No strategy has run yet",
        "A strategy asks the whole graph one question and measures its answer. Workers try one in each cycle; run one "
        "yourself under Strategies.",
        "sigma strategy recommend --worker think",
    )
