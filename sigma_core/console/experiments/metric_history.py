"""How good a strategy's answers were, run after run: one of its metrics over time; a click leads to a run."""

from collections.abc import Callable, Iterator, Sequence

import streamlit as st

from sigma_core.console import session, widgets, words
from sigma_core.console.charts import Chart, Moment, over_time
from sigma_core.console.components.blocks import card_title
from sigma_core.console.experiments import findings
from sigma_core.console.experiments.strategy_listing import Described
from sigma_core.console.markup import div
from sigma_core.experiments.run_comparison import is_better
from sigma_core.experiments.run_history import MOST_MEASURED, MeasuredRun

LONGEST = 60
"""Of a parameter's value, when a dot is pointed at."""


def draw(strategy: Described, runs: Sequence[MeasuredRun], on_open: Callable[[MeasuredRun], object]) -> None:
    """The card, with the choice of a metric. `runs`: those that succeeded, the oldest first."""
    metrics = {metric["name"]: metric for metric in strategy["metrics"]}
    with st.container(border=True, gap="small", key="sg-metric-history"):
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            widgets.draw(card_title("Its metrics over time"))
            chosen = _metric(list(metrics))
        measured = [run for run in runs if run.value(chosen) is not None]
        if len(measured) < 2:
            widgets.draw(div(_teach(chosen, measured, runs), cls="sg-quiet"))
            return
        drawn = chart(metrics[chosen], measured, len(runs))
        key = f"metric-history-{strategy['name']}-{chosen}"
        widgets.chart(drawn, 240, key, lambda place: on_open(measured[place]))
        widgets.note(f"{drawn.finding} A click on a dot opens its run.")


def chart(metric: Described, measured: Sequence[MeasuredRun], asked: int) -> Chart:
    """Two runs or more. `asked`: how many runs there were, with those that could not measure it."""
    places = {(run.worker, run.project_id) for run in measured}
    course = [_moment(run, run.value(metric["name"]) or 0.0) for run in measured]
    figure = over_time(course, unit=f"{metric['unit']}, {metric['better']} is better", joined=len(places) == 1)
    return Chart(
        words.field(metric["name"]),
        figure,
        _finding(metric, [each.value for each in course], asked, several=len(places) > 1),
    )


def _metric(names: Sequence[str]) -> str:
    return str(
        st.selectbox(
            "Metric",
            names,
            key="metric",
            bind="query-params",
            width=260,
            label_visibility="collapsed",
            format_func=words.field,
        )
    )


def _moment(run: MeasuredRun, value: float) -> Moment:
    zone = session.zone()
    return Moment(run.at.astimezone(zone), value, tuple(_said(run)))


def _said(run: MeasuredRun) -> Iterator[str]:
    yield f"run {run.id} for {run.worker}, {words.moment(run.at, session.now(), session.zone())}"
    for name, value in run.parameters.items():
        if value not in (None, []):
            text = findings.cell(value)
            yield f"{name.replace('_', ' ')} {text if len(text) <= LONGEST else f'{text[:LONGEST]}…'}"


def _finding(metric: Described, values: Sequence[float], asked: int, *, several: bool) -> str:
    unmeasured = f" {words.count(asked - len(values))} more could not measure it." if asked > len(values) else ""
    cut = f" Only the newest {MOST_MEASURED} runs are looked at." if asked >= MOST_MEASURED else ""
    said = _mixed(values) if several else _course(metric, values)
    choose = " Choose one worker and one project to see a line." if several else ""
    return f"{said}{unmeasured}{cut}{choose}"


def _course(metric: Described, values: Sequence[float]) -> str:
    first, last = values[0], values[-1]
    how = "better" if is_better(last, first, metric["better"]) else "worse"
    than = "as at first" if first == last else f"{how} than {findings.figure(first)} at first"
    return f"{findings.figure(last)} in the last of {words.plural(len(values), 'run')}, {than}."


def _mixed(values: Sequence[float]) -> str:
    lowest, highest = findings.figure(min(values)), findings.figure(max(values))
    return f"{words.plural(len(values), 'run')} of several workers or projects, from {lowest} to {highest}."


def _teach(metric: str, measured: Sequence[MeasuredRun], runs: Sequence[MeasuredRun]) -> str:
    name = metric.replace("_", " ")
    if not runs:
        return "No run has succeeded yet. Two runs that measured the same make a line; each cycle adds one."
    if not measured:
        notes = [note for run in runs if (note := run.metrics.get(metric, {}).get("note"))]
        why = f": {notes[-1]}" if notes else ""
        return f"No run could measure {name}{why}. Choose another metric, or ask with other values."
    return f"One run has measured {name} so far. The next one makes a line of it; run it again under Strategies."
