"""The record of runs, with filters that a link keeps."""

import streamlit as st

from sigma_core.console import actions, incidents, session, widgets, words
from sigma_core.console.components.blocks import page_head
from sigma_core.console.markup import Html, div, element, span
from sigma_core.console.runs import columns
from sigma_core.console.table import filters, grid
from sigma_core.jobs import SCHEDULED
from sigma_core.runtime.run_list import WantedRuns
from sigma_core.runtime.status import LATE
from sigma_core.state_machine import RunState

ANY = "Any"


def head() -> Html:
    """Whether anything is broken now."""
    status = session.system().runtime.status
    failing = status.failing(session.project_id())
    if not failing:
        if not status.listed_runs(WantedRuns(session.project_id(), with_exchange=True)).newest():
            return page_head("Runs")
        return page_head("Runs", element("strong", "The latest run of every worker succeeded."), tone="ok")
    lead = f"{words.plural(len(failing), 'worker')} failed last time."
    return page_head("Runs", element("strong", lead), " Filter by state to see which.", tone="warn")


def draw() -> None:
    """What comes next, filters, then the table."""
    ahead = st.container()
    wanted = _wanted()
    rows = session.system().runtime.status.listed_runs(wanted)
    total = rows.count()
    if not total and wanted == WantedRuns(session.project_id()):
        actions.nothing_yet("No runs yet", "A run is one cycle of one worker on one project")
        return
    with ahead:
        _upcoming()
    if total:
        grid.draw(columns.TABLE, rows, total)
        _newer_runs_button(wanted, rows.newest())
    else:
        widgets.draw(span("No run matches these filters.", cls="sg-muted"))


def _wanted() -> WantedRuns:
    with st.container(horizontal=True, vertical_alignment="center"):
        worker = filters.choice("Worker", [ANY, *SCHEDULED], "worker", 150, named=_worker)
        state = filters.choice("State", [ANY, *RunState], "run-state", 150, named=_named)
        text = filters.search("Search error, who asked", "run-text", 240)
        with_exchange = st.toggle(
            "Exchange runs", key="exchange", help="They are many and alike; those that failed are always listed."
        )
    return WantedRuns(
        session.project_id(),
        None if worker == ANY else worker,
        None if state == ANY else state,
        text,
        with_exchange,
    )


@incidents.live(10)
def _upcoming() -> None:
    """When the schedule asks for which worker next."""
    now = session.now()
    jobs = sorted(
        (job for job in session.system().runtime.schedule.jobs() if not job.paused), key=lambda job: job.next_at
    )
    if jobs:
        told = " · ".join(f"{job.name} {_wait((job.next_at - now).total_seconds())}" for job in jobs)
        widgets.draw(div(span("Next on the schedule"), span(told, cls="sg-muted"), cls="sg-upcoming"))


def _wait(seconds: float) -> str:
    if seconds < -LATE.total_seconds():
        return f"overdue by {words.age(-seconds)}"
    return f"in {words.age(seconds)}" if seconds > 0 else "now"


@incidents.live(5)
def _newer_runs_button(wanted: WantedRuns, newest: int) -> None:
    """A word on runs that came after those shown: the table itself stays, so that nothing moves below a hand."""
    now = session.system().runtime.status.listed_runs(wanted).newest()
    if now != newest and st.button("Newer runs", key="newer", type="tertiary", icon=":material/refresh:"):
        st.rerun()


def _worker(name: str) -> str:
    return "Any worker" if name == ANY else name


def _named(state: str) -> str:
    return "Any state" if state == ANY else words.headed(words.RUN_STATES[state])
