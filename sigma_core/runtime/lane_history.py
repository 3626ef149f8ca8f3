"""What the lanes show of hours and days: runs added up by the database, and what came into force meanwhile."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy
from sqlalchemy import Integer, cast, literal, or_, union_all
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, func, select

from sigma_core.audit import AuditEntry
from sigma_core.database import UTCDateTime
from sigma_core.exchange.freshness import ElapsedSeconds
from sigma_core.experiments.tables import Experiment, ExperimentStatus
from sigma_core.prompts.tables import PRODUCTION, PromptLabelMove, PromptTemplate
from sigma_core.runtime.runs import of_project
from sigma_core.runtime.tables import Run
from sigma_core.state_machine import RunState

MOST_CHANGES = 200
"""The newest are shown of more."""


@dataclass(frozen=True)
class LaneRange:
    """How far back lanes reach, and how much time a bucket of them holds."""

    length: timedelta
    step: timedelta

    @property
    def buckets(self) -> int:
        """How many there are on a lane."""
        return self.length // self.step


@dataclass(frozen=True)
class LaneBucket:
    """The runs of one worker that ended within a step, or go on: how many are in each state."""

    place: int
    """Counted from the beginning of the lane."""
    counts: Mapping[RunState, int]

    @property
    def total(self) -> int:
        """All of them."""
        return sum(self.counts.values())


@dataclass(frozen=True)
class LaneChange:
    """Another version of a prompt came into production, or an experiment was decided."""

    at: datetime
    subject: str
    version: str | None
    """That the prompt has from then on; None for an experiment."""
    was_undone: bool
    """What was in force before is so again."""


@dataclass(frozen=True)
class LaneHistory:
    """Lanes from `begins_at` on, in whole steps: a bucket stays where it is until the next one begins."""

    range: LaneRange
    begins_at: datetime
    lanes: Mapping[str, tuple[LaneBucket, ...]]
    """Of each worker that ran; buckets without runs are left out."""
    changes: tuple[LaneChange, ...]
    """Oldest first."""

    def finished(self, worker: str) -> int:
        """Its runs that succeeded or failed."""
        return self._count(worker, RunState.SUCCESS) + self._count(worker, RunState.ERROR)

    def ok_rate(self, worker: str) -> float | None:
        """Share of its finished runs that succeeded; None without any."""
        done = self.finished(worker)
        return self._count(worker, RunState.SUCCESS) / done if done else None

    def _count(self, worker: str, state: RunState) -> int:
        return sum(bucket.counts.get(state, 0) for bucket in self.lanes.get(worker, ()))


def read_history(session: Session, now: datetime, wanted: LaneRange, project_id: int | None) -> LaneHistory:
    """Lanes of all workers, of one project's runs only if `project_id` is given; the step that goes on is the last."""
    step = wanted.step.total_seconds()
    begins_at = datetime.fromtimestamp((now.timestamp() // step + 1) * step, tz=now.tzinfo) - wanted.length
    changes = sorted(
        (*_prompt_changes(session, begins_at), *_experiment_changes(session, begins_at, project_id)),
        key=lambda change: change.at,
    )
    return LaneHistory(wanted, begins_at, _lanes(session, begins_at, wanted, project_id), tuple(changes))


def _lanes(
    session: Session, begins_at: datetime, wanted: LaneRange, project_id: int | None
) -> dict[str, tuple[LaneBucket, ...]]:
    # SQLite reckons with fractions of days, some microseconds off
    elapsed = ElapsedSeconds(literal(begins_at, UTCDateTime), col(Run.finished_at)) + 0.001
    ended = cast(func.floor(elapsed / wanted.step.total_seconds()), Integer)
    begun = (col(Run.started_at).is_not(None), of_project(project_id))
    # Each part is found by an index of its own; in one query SQLite would rather read all runs in the order of groups
    every = union_all(
        sqlalchemy.select(col(Run.worker), col(Run.state), ended.label("place")).where(
            col(Run.finished_at) >= begins_at, *begun
        ),
        sqlalchemy.select(col(Run.worker), col(Run.state), literal(wanted.buckets - 1).label("place")).where(
            col(Run.state) == RunState.RUNNING, *begun
        ),
    ).subquery()
    key = every.c.worker, every.c.place, every.c.state
    counts: dict[str, dict[int, dict[RunState, int]]] = defaultdict(lambda: defaultdict(dict))
    for worker, at, state, number in session.execute(sqlalchemy.select(*key, func.count()).group_by(*key)):
        counts[worker][at][RunState(state)] = number
    return {
        worker: tuple(LaneBucket(at, states) for at, states in sorted(places.items()))
        for worker, places in counts.items()
    }


def _prompt_changes(session: Session, begins_at: datetime) -> Iterator[LaneChange]:
    """Moves of production from one version to another; what a slot begins with replaces nothing."""
    earlier = aliased(PromptLabelMove)
    was_production = (
        sqlalchemy.select(col(earlier.id))
        .where(
            col(earlier.worker) == col(PromptLabelMove.worker),
            col(earlier.type) == col(PromptLabelMove.type),
            col(earlier.label) == PRODUCTION,
            col(earlier.digest) == col(PromptLabelMove.digest),
            col(earlier.id) < col(PromptLabelMove.id),
        )
        .exists()
    )
    query = (
        sqlalchemy.select(PromptLabelMove, PromptTemplate, was_production)
        .join(PromptTemplate, col(PromptTemplate.id) == PromptLabelMove.to_template)
        .where(
            col(PromptLabelMove.label) == PRODUCTION,
            col(PromptLabelMove.from_template).is_not(None),
            col(PromptLabelMove.created_at) >= begins_at,
        )
        .order_by(col(PromptLabelMove.id).desc())
        .limit(MOST_CHANGES)
    )
    for move, template, was_before in session.execute(query):
        yield LaneChange(move.created_at, template.slot, template.version_name(move.to_number), was_before)


def _experiment_changes(session: Session, begins_at: datetime, project_id: int | None) -> Iterator[LaneChange]:
    """Decisions on experiments, from the record of who decided what: an experiment itself knows its last one only."""
    decided = (
        select(AuditEntry)
        .where(
            col(AuditEntry.action).in_((ExperimentStatus.PROMOTED, ExperimentStatus.ROLLED_BACK)),
            col(AuditEntry.object).startswith("experiment/"),
            col(AuditEntry.created_at) >= begins_at,
        )
        .order_by(col(AuditEntry.id).desc())
        .limit(MOST_CHANGES)
    )
    entries = [(int(entry.object.partition("/")[2]), entry) for entry in session.exec(decided)]
    named = select(Experiment).where(col(Experiment.id).in_({key for key, _ in entries}))
    if project_id is not None:
        named = named.where(or_(col(Experiment.project_id).is_(None), col(Experiment.project_id) == project_id))
    experiments = {each.id: each for each in session.exec(named)} if entries else {}
    for key, entry in entries:
        if (experiment := experiments.get(key)) is not None:
            was_undone = entry.action == ExperimentStatus.ROLLED_BACK
            yield LaneChange(entry.created_at, f"experiment “{experiment.name}”", None, was_undone)
