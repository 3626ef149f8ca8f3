"""Dots, chips and ticks. State is never told by colour alone: each has its shape."""

from datetime import datetime, tzinfo
from typing import Literal

from sigma_core.console import words
from sigma_core.console.markup import Html, element, span

Tone = Literal["ok", "wait", "warn", "bad", "busy", "off"]

VERDICT_TONES: dict[str, Tone] = {
    "approved": "ok",
    "applied": "ok",
    "survived": "ok",
    "needs_human": "warn",
    "rejected": "bad",
    "reverted": "bad",
    "waiting": "wait",
    "stale": "off",
}
RUN_TONES: dict[str, Tone] = {
    "queued": "wait",
    "running": "busy",
    "success": "ok",
    "error": "bad",
    "cancelled": "off",
}
WORKER_TONES: dict[str, Tone] = {
    "running": "busy",
    "idle": "ok",
    "waiting": "wait",
    "stalled": "bad",
    "off": "off",
}
Mark = Literal["ok", "warn", "flaky", "bad", "none", "neutral"]
"""What a measured fact says of a change."""
_TICKS: dict[Mark, str] = {"ok": "✓", "warn": "!", "flaky": "~", "bad": "✗", "none": "–", "neutral": "="}
_TICK_NAMES: dict[Mark, str] = {
    "ok": "passed",
    "warn": "look here",
    "flaky": "unstable",
    "bad": "failed",
    "none": "not measured",
    "neutral": "no difference",
}


_SHAPES: dict[Tone, str] = {"ok": "●", "wait": "○", "warn": "■", "bad": "◆", "busy": "◐", "off": "–"}


def shape(tone: Tone) -> str:
    """The same sign where only text can stand."""
    return _SHAPES[tone]


def dot(tone: Tone) -> Html:
    """● fine, ○ waiting, ■ look, ◆ broken."""
    return span(cls=f"sg-dot sg-{tone}", aria_hidden="true")


def chip(label: str, tone: Tone) -> Html:
    """A 20-px chip with its dot."""
    return span(dot(tone), label, cls=f"sg-chip sg-{tone}")


def verdict_chip(state: str) -> Html:
    """The chip of a proposal's state."""
    return chip(words.STATES.get(state, state), VERDICT_TONES.get(state, "wait"))


def run_chip(state: str) -> Html:
    """The chip of a run's state."""
    return chip(words.headed(words.RUN_STATES.get(state, state)), RUN_TONES.get(state, "wait"))


def tick(kind: Mark) -> Html:
    """✓ ! ~ ✗ – =, with the word for a screen reader."""
    return span(_TICKS[kind], cls=f"sg-tick sg-tick-{kind}", role="img", aria_label=_TICK_NAMES[kind])


def when(at: datetime, now: datetime, zone: tzinfo) -> Html:
    """A short time with the exact one as its tooltip."""
    return element("time", words.moment(at, now, zone), datetime=at.isoformat(), title=words.exact(at, zone))


def ago(at: datetime, now: datetime, zone: tzinfo) -> Html:
    """9 min, with the exact time as its tooltip."""
    shown = words.age((now - at).total_seconds())
    return element("time", shown, datetime=at.isoformat(), title=words.exact(at, zone))
