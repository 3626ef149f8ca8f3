"""What a run did and when: what it said of itself, steps it finished, models it asked, what it wrote and decided."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from sqlmodel import Session, col, select

from sigma_core.llm.tables import PromptUsage
from sigma_core.log_lines import LogLine
from sigma_core.proposals.tables import Decision, Proposal
from sigma_core.runtime import context, execution
from sigma_core.runtime.tables import Run, RunStep

MOST = 500
"""Calls, proposals and decisions read, each the latest."""
_SAID = frozenset({context.log.name, execution.log.name})
_TROUBLE = frozenset({"warning", "error", "critical"})


class TimelineKind(StrEnum):
    """What a part of the course of a run is."""

    DOING = "doing"
    STEP = "step"
    CALL = "call"
    PROPOSAL = "proposal"
    DECISION = "decision"
    TROUBLE = "trouble"


@dataclass(frozen=True)
class TimelinePart:
    """A stretch of time, or a moment (it ends when it begins). Without an end it goes on."""

    kind: TimelineKind
    text: str
    begins_at: datetime
    ends_at: datetime | None
    detail: str = ""
    is_bad: bool = False
    times: int = 1
    """How many of the same stand together here."""


def timeline(session: Session, run: Run, steps: Sequence[RunStep], lines: Sequence[LogLine]) -> list[TimelinePart]:
    """All of it in order. `lines` are what the run logged, as far as that is kept."""
    parts = [
        *phases(run, lines),
        *map(_step, steps),
        *_calls(session, run),
        *_written(session, run),
        *_decided(session, run),
        *(_trouble(line) for line in lines if line.level in _TROUBLE and line.logger not in _SAID),
    ]
    return sorted(parts, key=lambda part: part.begins_at)


def phases(run: Run, lines: Sequence[LogLine]) -> Iterator[TimelinePart]:
    """What it said it was doing, each until it said the next; without a word its latest attempt as a whole.

    What differs in its numbers alone ("12 of 40") is one phase, under its latest words.
    """
    said = [(_moment(line), line.text) for line in lines if line.logger in _SAID]
    if not said and run.started_at:
        said = [(run.started_at, f"Attempt {run.attempt}")]
    ends = [at for at, _ in said[1:]]
    held: TimelinePart | None = None
    for (at, text), end in zip(said, [*ends, run.finished_at], strict=False):
        until = None if end is None else max(end, at)
        if held is not None and _without_numbers(held.text) == _without_numbers(text):
            held = replace(held, text=text, ends_at=until, times=held.times + 1)
            continue
        if held is not None:
            yield held
        held = TimelinePart(TimelineKind.DOING, text, at, until)
    if held is not None:
        yield held


def _without_numbers(text: str) -> str:
    return re.sub(r"\d[\d,.]*", "0", text)


def _moment(line: LogLine) -> datetime:
    return datetime.fromisoformat(line.at)


def _trouble(line: LogLine) -> TimelinePart:
    at = _moment(line)
    return TimelinePart(TimelineKind.TROUBLE, line.text, at, at, is_bad=line.level != "warning")


def _step(step: RunStep) -> TimelinePart:
    begins_at = step.finished_at - timedelta(milliseconds=step.duration_ms)
    return TimelinePart(TimelineKind.STEP, step.name, begins_at, step.finished_at, f"attempt {step.attempt}")


def _calls(session: Session, run: Run) -> Iterator[TimelinePart]:
    """Calls of the same prompt to the same model one after the other stand together; one that failed for itself."""
    latest = select(PromptUsage).where(PromptUsage.run_id == run.id).order_by(col(PromptUsage.id).desc()).limit(MOST)
    held: TimelinePart | None = None
    for call in session.exec(latest).all()[::-1]:
        part = TimelinePart(
            TimelineKind.CALL,
            call.prompt,
            call.created_at - timedelta(milliseconds=call.latency_ms),
            call.created_at,
            f"{call.model} · {call.error or call.error_kind}" if not call.success else call.model,
            is_bad=not call.success,
        )
        if held is not None and _is_same(held, part):
            held = replace(held, ends_at=part.ends_at, times=held.times + 1)
            continue
        if held is not None:
            yield held
        held = part
    if held is not None:
        yield held


def _is_same(one: TimelinePart, other: TimelinePart) -> bool:
    return not one.is_bad and not other.is_bad and (one.text, one.detail) == (other.text, other.detail)


def _written(session: Session, run: Run) -> Iterator[TimelinePart]:
    columns = (col(Proposal.id), col(Proposal.title), col(Proposal.created_at))
    query = select(*columns).where(Proposal.run_id == run.id).order_by(col(Proposal.id).desc()).limit(MOST)
    for id_, title, at in session.exec(query):
        yield TimelinePart(TimelineKind.PROPOSAL, f"Proposal {id_} written", at, at, title)


def _decided(session: Session, run: Run) -> Iterator[TimelinePart]:
    query = select(Decision, Proposal.title).join(Proposal, col(Proposal.id) == Decision.proposal_id)
    query = query.where(Decision.run_id == run.id).order_by(col(Decision.id).desc()).limit(MOST)
    for decision, title in session.exec(query):
        at = decision.created_at
        text = f"Proposal {decision.proposal_id}: {decision.verdict.replace('_', ' ')}"
        yield TimelinePart(TimelineKind.DECISION, text, at, at, title)
