"""What a run did, as bars over the time it took."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sigma_core.console import log_view, session, widgets, words
from sigma_core.console.components.blocks import card
from sigma_core.console.components.signs import Tone, dot
from sigma_core.console.markup import Html, div, element, join, span
from sigma_core.log_lines import WantedLines
from sigma_core.runtime.run_timeline import TimelineKind, TimelinePart
from sigma_core.runtime.tables import Run

LINES = 1000
SHOWN = 200
_KINDS: Mapping[TimelineKind, str] = {
    TimelineKind.DOING: "",
    TimelineKind.STEP: "finished step",
    TimelineKind.CALL: "model call",
    TimelineKind.PROPOSAL: "proposal",
    TimelineKind.DECISION: "decision",
    TimelineKind.TROUBLE: "warning",
}
_MOMENT = timedelta(milliseconds=1)


def draw(run_id: int) -> None:
    """The course of a run, under way or over."""
    status = session.system().runtime.status
    asked_at = status.run(run_id).run.queued_at.isoformat().replace("+00:00", "Z")
    lines = log_view.read(WantedLines("info", run=run_id, since=asked_at), log_view.files(), LINES)
    detail, parts = status.timeline(run_id, lines)
    if not parts:
        widgets.draw(card("Steps", div("It waits for its turn: nothing has been done yet.", cls="sg-quiet")))
        return
    widgets.draw(card("Steps", _table(detail.run, parts[-SHOWN:]), aside=_aside(len(parts))))
    if not lines:
        widgets.note("What it logged is kept no longer, or on another machine: shown is what the database holds.")


def _aside(number: int) -> str:
    return (
        f"the latest {SHOWN} of {words.count(number)}" if number > SHOWN else words.plural(number, "entry", "entries")
    )


def _table(run: Run, parts: Sequence[TimelinePart]) -> Html:
    now = run.finished_at or session.now()
    first = parts[0].begins_at
    last = max([now, *(part.ends_at or part.begins_at for part in parts)])
    whole = max(last - first, _MOMENT)
    return element("table", *(_row(part, first, whole, last) for part in parts), cls="sg-table sg-steps")


def _row(part: TimelinePart, first: datetime, whole: timedelta, last: datetime) -> Html:
    end = part.ends_at or last
    took = "" if end == part.begins_at else words.duration((end - part.begins_at) / _MOMENT)
    left = (part.begins_at - first) / whole
    return element(
        "tr",
        element("td", _clock(part.begins_at), cls="sg-fit sg-faint"),
        element("td", _words(part)),
        element("td", _bar(part, left, (end - part.begins_at) / whole), cls="sg-step-bar"),
        element("td", took, cls="sg-right sg-fit"),
    )


def _words(part: TimelinePart) -> Html:
    kind = _KINDS[part.kind] if part.times == 1 or part.kind != TimelineKind.CALL else f"{part.times} model calls"
    told = " · ".join(each for each in (kind, part.detail) if each)
    sign = dot(_tone(part)) if part.is_bad or part.kind == TimelineKind.TROUBLE or part.ends_at is None else None
    said = words.headed(part.text) if part.kind == TimelineKind.DOING else part.text
    return join(sign, said, span(told, cls="sg-muted sg-step-kind") if told else None)


def _clock(at: datetime) -> Html:
    zone = session.zone()
    return element("time", f"{at.astimezone(zone):%H:%M:%S}", datetime=at.isoformat(), title=words.exact(at, zone))


def _tone(part: TimelinePart) -> Tone:
    if part.is_bad:
        return "bad"
    return "busy" if part.ends_at is None else "warn"


def _bar(part: TimelinePart, left: float, width: float) -> Html:
    shown = max(width * 100, 0.5)
    at = f"left:{min(left * 100, 100 - shown):.2f}%;width:{shown:.2f}%"
    cls = f"sg-bar sg-bar-{_tone(part)}" if part.is_bad or part.ends_at is None else "sg-bar"
    return div(element("i", cls=cls, style=at), cls="sg-track", aria_hidden="true")
