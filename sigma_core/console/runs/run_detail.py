"""One run: what it was asked, what it did, how it ended."""

from collections.abc import Iterator
from functools import partial

import streamlit as st

from sigma_core.console import incidents, session, widgets, words
from sigma_core.console.components.blocks import alert, card, facts, page_head
from sigma_core.console.components.signs import run_chip, when
from sigma_core.console.markup import Html, div, element, join, span
from sigma_core.console.runs import history
from sigma_core.runtime.tables import Run, RunStep
from sigma_core.runtime.views import RunDetail
from sigma_core.state_machine import RunState


@incidents.live(2)
def draw(run_id: int) -> None:
    """The whole page, live while the run is."""
    detail = session.system().runtime.status.run(run_id)
    run = detail.run
    widgets.head(_head(detail), lambda: _buttons(run))
    if run.error:
        _error(run)
    widgets.draw(div(card("Run", facts(_facts(detail))), _figures(run), cls="sg-pair"))
    if detail.steps:
        widgets.draw(card("Steps", _steps(detail.steps), aside=words.plural(len(detail.steps), "finished step")))


def _head(detail: RunDetail) -> Html:
    run = detail.run
    where = detail.project.name if detail.project else "all projects"
    progress = span(run.progress) if run.progress and run.state == RunState.RUNNING else None
    verdict = div(run_chip(run.state), progress, cls="sg-verdict")
    return join(page_head(f"{run.worker} on {where}"), verdict)


def _buttons(run: Run) -> None:
    runs = session.system().runtime.runs
    if run.state in (RunState.QUEUED, RunState.RUNNING):
        st.button(
            "Cancel requested…" if run.cancel_requested else "Cancel run",
            key="cancel-run",
            on_click=incidents.attempt,
            args=(partial(runs.cancel, run.id or 0, session.actor()), "Cancel requested"),
            disabled=run.cancel_requested,
        )
        return
    st.button(
        "Run again",
        key="run-again",
        icon=":material/replay:",
        on_click=incidents.attempt,
        args=(partial(runs.again, run.id or 0, session.actor()), "Run requested"),
    )


def _error(run: Run) -> None:
    last = (run.error or "").strip().splitlines()[-1]
    if run.state == RunState.CANCELLED:
        widgets.draw(span(last, cls="sg-muted"))
        return
    title = f"{run.worker} failed" if run.state == RunState.ERROR else f"{run.worker} failed and is tried again"
    widgets.draw(alert(title, last, aside=f"attempt {run.attempt}"))
    if last != (run.error or "").strip():
        with st.expander("Technical details", key="technical"):
            st.code(run.error, language=None)


def _facts(detail: RunDetail) -> Iterator[tuple[str, object]]:
    run, now, zone = detail.run, session.now(), session.zone()
    yield "Asked by", run.requested_by
    yield "Queued", when(run.queued_at, now, zone)
    if run.started_at:
        yield "Started", when(run.started_at, now, zone)
        yield "Waited", words.duration(max((run.started_at - run.due_at).total_seconds(), 0) * 1000)
    if run.finished_at:
        yield "Finished", when(run.finished_at, now, zone)
        yield "Took", history.took(run)
    if run.owner:
        yield "Executed by", span(run.owner, cls="sg-mono")
    yield "Attempt", str(run.attempt)


def _figures(run: Run) -> Html:
    own = ((str(name).replace("_", " "), _plain(value)) for name, value in run.figures.items())
    counted = [("produced", run.produced), ("published", run.published), ("received", run.received)]
    rows = (
        element("tr", element("td", words.headed(name)), element("td", value, cls="sg-right"))
        for name, value in [*counted, *own]
    )
    return card("Figures", element("table", *rows, cls="sg-table"))


def _plain(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {figure}" for name, figure in value.items()) or "none"
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "none"
    return "n/a" if value is None else str(value)


def _steps(steps: tuple[RunStep, ...]) -> Html:
    rows = (
        element(
            "tr",
            element("td", step.name),
            element("td", f"attempt {step.attempt}", cls="sg-muted"),
            element("td", words.duration(step.duration_ms), cls="sg-right"),
        )
        for step in steps
    )
    return element("table", *rows, cls="sg-table")
