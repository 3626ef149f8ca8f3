"""Run lanes of hours and days: a column is a step of time, a rule is a moment in which something came into force."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta, tzinfo

from sigma_core.console import words
from sigma_core.console.components.lanes import axis, lane, last_run
from sigma_core.console.markup import Html, div, element, span
from sigma_core.runtime.lane_history import LaneBucket, LaneChange, LaneHistory
from sigma_core.runtime.status import WorkerStatus
from sigma_core.state_machine import RunState

DAY = timedelta(days=1)
LOWEST, HIGHEST = 4, 20
"""Pixels of a column: one with a single run among thousands is still seen."""
NAMED = 3
"""Changes that are told in words, the newest; the rules name all."""


def history_lanes(workers: Iterable[WorkerStatus], history: LaneHistory, now: datetime, zone: tzinfo) -> Html:
    """All workers below one time axis, with rules through all of them."""
    rows = (_worker(worker, history, now, zone) for worker in workers)
    return div(
        div(axis(_ticks(history, zone)), *rows, _rules(history, zone), cls="sg-lanes sg-history"),
        _told(history.changes, now, zone),
    )


def _ticks(history: LaneHistory, zone: tzinfo) -> list[str]:
    length = history.range.length
    marks = [(history.begins_at + quarter * length / 4).astimezone(zone) for quarter in range(5)]
    return [f"{mark:%H:%M}" if length <= DAY else f"{mark.day} {mark:%b}" for mark in marks]


def _worker(worker: WorkerStatus, history: LaneHistory, now: datetime, zone: tzinfo) -> Html:
    buckets, name = history.lanes.get(worker.name, ()), worker.name
    most = max((bucket.total for bucket in buckets), default=0)
    columns = (_column(bucket, most, history, zone) for bucket in buckets)
    track = div(*columns, cls="sg-track", role="img", aria_label=_spoken(name, buckets))
    return lane(worker, track, history.finished(name), history.ok_rate(name), last_run(worker, now, zone))


def _column(bucket: LaneBucket, most: int, history: LaneHistory, zone: tzinfo) -> Html:
    share = 100 / history.range.buckets
    height = LOWEST + (HIGHEST - LOWEST) * bucket.total / most
    begin = history.begins_at + bucket.place * history.range.step
    failed = bucket.counts.get(RunState.ERROR, 0)
    tone = "busy" if RunState.RUNNING in bucket.counts else "ok" if failed < bucket.total else "bad"
    return element(
        "i",
        element("b", style=f"height:{max(height * failed / bucket.total, 2):.0f}px") if failed else None,
        cls=f"sg-column sg-column-{tone}",
        style=f"left:{bucket.place * share:.2f}%;width:{share * 0.8:.2f}%;height:{height:.0f}px",
        title=f"{_span(begin, begin + history.range.step, zone)}: {_counted(bucket)}",
    )


def _span(begin: datetime, end: datetime, zone: tzinfo) -> str:
    first, last = begin.astimezone(zone), end.astimezone(zone)
    return f"{first.day} {first:%b}, {first:%H:%M}–{last:%H:%M}"


def _counted(bucket: LaneBucket) -> str:
    return ", ".join(
        f"{words.count(bucket.counts[state])} {words.RUN_STATES[state]}" for state in sorted(bucket.counts)
    )


def _rules(history: LaneHistory, zone: tzinfo) -> Html | None:
    """One for all changes of a step, so that there are never more than columns."""
    steps: dict[int, list[LaneChange]] = defaultdict(list)
    for change in history.changes:
        steps[(change.at - history.begins_at) // history.range.step].append(change)
    if not steps:
        return None
    rules = (_rule(changes, history, zone) for changes in steps.values())
    return div(span(), span(), div(*rules, cls="sg-rules"), cls="sg-lane sg-lane-over")


def _rule(changes: Sequence[LaneChange], history: LaneHistory, zone: tzinfo) -> Html:
    left = (changes[-1].at - history.begins_at) / history.range.length * 100
    names = [f"{words.exact(change.at, zone)} {_said(change)}" for change in changes]
    return element("i", cls=f"sg-rule{_undone(changes)}", style=f"left:{left:.2f}%", title="\n".join(names))


def _told(changes: Sequence[LaneChange], now: datetime, zone: tzinfo) -> Html | None:
    """The rules in words, for who cannot point at them."""
    if not changes:
        return None
    newest = changes[: -NAMED - 1 : -1]
    more = words.count(len(changes) - len(newest))
    rest = span(f"and {more} more", span(": point at a rule for its name", cls="sg-rules-hint"))
    return div(
        *(span(span(cls=_key(change)), f"{_said(change)}, {words.moment(change.at, now, zone)}") for change in newest),
        rest if len(changes) > len(newest) else None,
        cls="sg-faint sg-rules-told",
    )


def _key(change: LaneChange) -> str:
    return "sg-rule-key" + _undone([change])


def _undone(changes: Sequence[LaneChange]) -> str:
    return " sg-rule-undone" if all(change.was_undone for change in changes) else ""


def _said(change: LaneChange) -> str:
    if change.was_undone:
        return f"{change.subject} rolled back" + (f" to {change.version}" if change.version else "")
    return " ".join(part for part in (change.subject, change.version, "promoted") if part)


def _spoken(name: str, buckets: Sequence[LaneBucket]) -> str:
    runs = sum(bucket.total for bucket in buckets)
    failed = sum(bucket.counts.get(RunState.ERROR, 0) for bucket in buckets)
    return f"{name}: {words.plural(runs, 'run')}, {words.count(failed)} failed"
