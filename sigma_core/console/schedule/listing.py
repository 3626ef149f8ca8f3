"""The page Schedule: lanes of the last hour or more, and when which worker runs, with its controls."""

from collections.abc import Callable
from functools import partial

import streamlit as st

from sigma_core.console import actions, incidents, session, widgets, words, worker_lanes
from sigma_core.console.components.blocks import card_title
from sigma_core.console.components.signs import WORKER_TONES, dot
from sigma_core.console.health import headline
from sigma_core.console.markup import Html, div, span
from sigma_core.console.schedule import timing
from sigma_core.runtime.status import SystemStatus, WorkerState, WorkerStatus


def draw() -> None:
    """Answer, lanes, schedule; fresh as often as the lanes are."""
    reach = worker_lanes.chosen()
    incidents.live(worker_lanes.every_s(reach))(_all)(reach)


def _all(reach: str) -> None:
    status = session.system().runtime.status.system(session.project_id())
    widgets.head(headline("Schedule", status), lambda: actions.of_the_schedule(status))
    worker_lanes.draw("", status.workers, status, reach)
    _schedule(status)


def _schedule(status: SystemStatus) -> None:
    with st.container(border=True, gap=None):
        widgets.draw(
            div(
                card_title("Workers"),
                span("pausing stops the clock, not a run under way", cls="sg-faint"),
                cls="sg-card-head",
            )
        )
        for worker in status.workers:
            with st.container(
                horizontal=True,
                vertical_alignment="center",
                gap="small",
                wrap=False,
                key=f"sg-beside-plan-{worker.name}",
            ):
                widgets.draw(_line(worker, status))
                _controls(worker)


def _line(worker: WorkerStatus, status: SystemStatus) -> Html:
    return div(
        span(dot(WORKER_TONES[worker.state]), worker.name, cls="sg-lane-name"),
        span(worker.state, cls="sg-muted"),
        span(_every(worker), cls="sg-muted sg-cut", title=_every(worker)),
        span(_next(worker, status), cls="sg-muted"),
        span(_doing(worker, status), cls="sg-muted sg-cut"),
        cls="sg-plan",
    )


def _every(worker: WorkerStatus) -> str:
    if worker.job is None:
        return "not scheduled"
    if worker.job.paused:
        return "paused"
    return f"{worker.job.cron} UTC" if worker.job.cron else f"every {words.interval(worker.job.every_s)}"


def _next(worker: WorkerStatus, status: SystemStatus) -> str:
    if worker.job is None or worker.job.paused or not status.scheduler_alive:
        return ""
    wait = (worker.job.next_at - status.now).total_seconds()
    return f"next in {words.age(wait)}" if wait > 0 else "next now"


def _doing(worker: WorkerStatus, status: SystemStatus) -> str:
    current = worker.current
    if current is not None and worker.state == WorkerState.RUNNING:
        return current.progress or "running"
    if current is not None:
        wait = words.age((status.now - current.queued_at).total_seconds())
        return f"{'requested…' if current.requested_by != 'schedule' else 'waiting'} {wait}"
    return "its latest run failed" if worker.failing else ""


def _controls(worker: WorkerStatus) -> None:
    name, job = worker.name, worker.job
    widgets.act(
        "Run now",
        key=f"run-{name}",
        type="tertiary",
        icon=":material/play_arrow:",
        on_click=_act,
        args=("run_now", name, f"{name} requested"),
        disabled=job is None,
    )
    paused = job is not None and job.paused
    verb, label = ("resume", "Resume") if paused else ("pause", "Pause")
    widgets.act(
        label,
        key=f"pause-{name}",
        type="tertiary",
        on_click=_act,
        args=(verb, name, f"{name} {verb}d"),
        disabled=job is None,
        width=84,
    )
    if widgets.act("Timing…", key=f"timing-{name}", type="tertiary", disabled=job is None) and job is not None:
        timing.ask_for(job)


def _act(verb: str, name: str, done: str) -> None:
    schedule = session.system().runtime.schedule
    acts: dict[str, Callable[..., object]] = {
        "run_now": partial(schedule.run_now, project_id=session.project_id()),
        "pause": schedule.pause,
        "resume": schedule.resume,
    }
    incidents.attempt(partial(acts[verb], name, actor=session.actor()), done)
