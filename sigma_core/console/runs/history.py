"""The record of runs, with filters that a link keeps."""

from collections.abc import Sequence
from datetime import timedelta

import streamlit as st

from sigma_core.console import incidents, paging, session, widgets, words
from sigma_core.console.components.blocks import page_head
from sigma_core.console.components.signs import run_chip, when
from sigma_core.console.markup import Html, div, element, span
from sigma_core.jobs import SCHEDULED
from sigma_core.runtime.tables import Run
from sigma_core.state_machine import RunState

PAGE = 20
ANY = "Any"


def head() -> Html:
    """Whether anything is broken now."""
    failing = session.system().runtime.status.failing(session.project_id())
    if not failing:
        return page_head("Runs", element("strong", "The latest run of every worker succeeded."), tone="ok")
    lead = f"{words.plural(len(failing), 'worker')} failed last time."
    return page_head("Runs", element("strong", lead), " Filter by state to see which.", tone="warn")


def draw() -> None:
    """Filters, then rows page by page."""
    with st.container(horizontal=True, vertical_alignment="center"):
        worker = st.selectbox(
            "Worker",
            [ANY, *SCHEDULED],
            key="worker",
            format_func=lambda name: name if name != ANY else "Any worker",
            label_visibility="collapsed",
            width=150,
            bind="query-params",
        )
        state = st.selectbox(
            "State",
            [ANY, *RunState],
            key="run-state",
            label_visibility="collapsed",
            width=150,
            format_func=lambda name: _named(name) if name != ANY else "Any state",
            bind="query-params",
        )
    _runs(None if worker == ANY else worker, None if state == ANY else state)


@incidents.live(2)
def _runs(worker: str | None, state: str | None) -> None:
    """As live as the lanes above them, and of the same runs."""
    runs, project_id = session.system().runtime.runs, session.project_id()
    total = runs.count(worker, project_id, state)
    if not total:
        _teach(filtered=worker is not None or state is not None)
        return
    rows = st.container(border=True, gap=None)
    offset = paging.offset("page", total, PAGE)
    with rows:
        _rows(runs.history(worker, project_id, state, limit=PAGE, offset=offset))
    widgets.note(words.plural(total, "run"))


def _rows(runs: Sequence[Run]) -> None:
    for run in runs:
        with st.container(horizontal=True, vertical_alignment="center", gap="small", wrap=False):
            widgets.draw(_line(run))
            if st.button("Open", key=f"open-{run.id}", type="tertiary"):
                widgets.open_page("runs", run=run.id)


def _line(run: Run) -> Html:
    at = run.started_at or run.queued_at
    return div(
        span(run.id, cls="sg-faint sg-right"),
        span(run.worker, cls="sg-lane-name"),
        span(run_chip(run.state)),
        span(when(at, session.now(), session.zone()), cls="sg-muted"),
        span(took(run), cls="sg-muted sg-right"),
        span(_result(run), cls="sg-muted sg-cut"),
        cls="sg-run",
    )


def took(run: Run) -> str:
    """How long a finished run took; empty before."""
    if run.started_at is None or run.finished_at is None:
        return ""
    return words.duration((run.finished_at - run.started_at) / timedelta(milliseconds=1))


def _result(run: Run) -> str:
    if run.error:
        return run.error.strip().splitlines()[-1]
    if run.state in (RunState.QUEUED, RunState.RUNNING):
        return run.progress or f"asked by {run.requested_by}"
    return f"{run.produced} produced, {run.published} published, {run.received} received"


def _named(state: str) -> str:
    return words.headed(words.RUN_STATES.get(state, state))


def _teach(*, filtered: bool) -> None:
    if filtered:
        widgets.draw(span("No run matches these filters.", cls="sg-muted"))
        return
    widgets.empty_state(
        "No runs yet",
        "A run is one cycle of one worker on one project. The scheduler starts them by the clock; Run cycle asks for "
        "one of each now.",
        "sigma run",
    )
