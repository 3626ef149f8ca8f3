"""Run lanes: one worker a row, one run a bar, the last hour from left to right."""

from collections.abc import Iterable
from datetime import datetime, timedelta, tzinfo

from sigma_core.console import words
from sigma_core.console.components.signs import RUN_TONES, WORKER_TONES, dot
from sigma_core.console.markup import Html, div, element, join, span
from sigma_core.runtime.status import LANE, Bar, WorkerStatus

NARROWEST = 0.5
"""Percent of the lane: a run of milliseconds is still seen."""


def lanes(workers: Iterable[WorkerStatus], now: datetime, zone: tzinfo) -> Html:
    """All workers below one time axis."""
    ticks = [f"{(now - LANE + quarter * LANE / 4).astimezone(zone):%H:%M}" for quarter in range(5)]
    return div(axis(ticks), *(_worker(worker, now, zone) for worker in workers), cls="sg-lanes")


def axis(ticks: Iterable[str]) -> Html:
    """What stands above the columns, with five moments above the lanes."""
    return div(
        span(),
        span(),
        div(*map(span, ticks), cls="sg-axis"),
        span("Last run"),
        span("Runs"),
        span("OK"),
        cls="sg-lane sg-lane-head",
    )


def _worker(worker: WorkerStatus, now: datetime, zone: tzinfo) -> Html:
    bars = (_bar(bar, now, zone) for bar in worker.lane)
    track = div(*bars, cls="sg-track", role="img", aria_label=_spoken(worker))
    return lane(worker, track, worker.finished, worker.ok_rate, last_run(worker, now, zone))


def lane(worker: WorkerStatus, track: Html, finished: int, rate: float | None, last: Html) -> Html:
    """One worker's row around its track."""
    return div(
        span(dot(WORKER_TONES[worker.state]), worker.name, cls="sg-lane-name"),
        span(worker.state, cls=f"sg-lane-state sg-text-{WORKER_TONES[worker.state]}"),
        track,
        last,
        span(words.count(finished), cls="sg-number"),
        span("–" if rate is None else words.percent(rate), cls="sg-number" + _alarm(rate)),
        cls="sg-lane",
    )


def _bar(bar: Bar, now: datetime, zone: tzinfo) -> Html:
    begin = now - LANE
    end = min(bar.finished_at or now, now)
    left = max((bar.started_at - begin) / LANE * 100, 0)
    width = max((end - max(bar.started_at, begin)) / LANE * 100, NARROWEST)
    left = min(left, 100 - width)
    took = words.duration((end - bar.started_at) / timedelta(milliseconds=1))
    title = f"Run {bar.id}, {words.RUN_STATES[bar.state]}, {bar.started_at.astimezone(zone):%H:%M:%S}, {took}"
    return element(
        "i", cls=f"sg-bar sg-bar-{RUN_TONES[bar.state]}", style=f"left:{left:.2f}%;width:{width:.2f}%", title=title
    )


def last_run(worker: WorkerStatus, now: datetime, zone: tzinfo) -> Html:
    """How long ago its last run ended."""
    return span(_last(worker, now, zone), cls="sg-muted")


def _last(worker: WorkerStatus, now: datetime, zone: tzinfo) -> Html:
    if worker.state == "running":
        return join("now")
    if worker.last is None or worker.last.finished_at is None:
        return join("never")
    at = worker.last.finished_at
    shown = words.age((now - at).total_seconds())
    return element("time", shown, datetime=at.isoformat(), title=words.exact(at, zone))


def _alarm(rate: float | None) -> str:
    return " sg-text-warn" if rate is not None and rate < 0.9 else ""


def _spoken(worker: WorkerStatus) -> str:
    failed = sum(bar.state == "error" for bar in worker.lane)
    return f"{worker.name}: {words.plural(len(worker.lane), 'run')} in the last hour, {failed} failed"
