"""The record of strategy runs: what was asked, what came of it, what people made of it."""

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, delete
from sqlalchemy import select as select_columns
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, func, select

from sigma_core import audit, identity
from sigma_core.clock import Clock
from sigma_core.database import Database
from sigma_core.errors import Conflict, Invalid
from sigma_core.experiments.recommendation import Record, recorded
from sigma_core.experiments.run_comparison import Comparison, compared
from sigma_core.experiments.run_lease import LEASE
from sigma_core.experiments.tables import StrategyRun
from sigma_core.identity import row_id
from sigma_core.projects.tables import Project
from sigma_core.state_machine import ENDED, RunState

MOST_LISTED = 200
LOOKED_BACK = 200
"""Runs of a worker that its recommendation rests on."""
MOST_MEASURED = 200
"""Runs of a strategy whose metrics are told side by side."""
RECENT = 10
"""Answers of a worker that the next one may be new beside."""


@dataclass(frozen=True)
class StrategyQuestion:
    """A question to the graph: a strategy's name with parameters that are valid, for a worker, in a project or all."""

    strategy: str
    worker: str
    parameters: Mapping[str, Any]
    project_id: int | None = None
    experiment_id: int | None = None
    rerun_of: int | None = None

    @property
    def digest(self) -> str:
        """The same question has the same."""
        what = [self.strategy, self.worker, self.project_id, dict(self.parameters)]
        return hashlib.sha256(json.dumps(what, sort_keys=True, default=str).encode()).hexdigest()


class MeasuredRun(NamedTuple):
    """A run that has succeeded, without its result."""

    id: int
    worker: str
    project_id: int | None
    at: datetime
    """When it was asked for."""
    parameters: Mapping[str, Any]
    metrics: Mapping[str, Mapping[str, Any]]

    def value(self, metric: str) -> float | None:
        """None where it could not be measured."""
        return self.metrics.get(metric, {}).get("value")


class RunHistory:
    """All runs of strategies. Executing them is others' work."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock

    def add(
        self, asked: StrategyQuestion, status: RunState, requested_by: str, *, session: Session | None = None
    ) -> StrategyRun:
        """A new row. Of a question that waits in the queue already, that row. Raises `NotFound` for the project."""
        with self._database.transaction(session) as own:
            if asked.project_id is not None:
                identity.existing_row(own, Project, "project", asked.project_id)
            waiting = select(StrategyRun).where(
                StrategyRun.digest == asked.digest, StrategyRun.status == RunState.QUEUED
            )
            while True:
                if status == RunState.QUEUED and (known := own.exec(waiting).first()) is not None:
                    return known
                now = self._database.now(own)
                run = StrategyRun(
                    strategy=asked.strategy,
                    worker=asked.worker,
                    project_id=asked.project_id,
                    experiment_id=asked.experiment_id,
                    rerun_of=asked.rerun_of,
                    digest=asked.digest,
                    parameters=json.loads(json.dumps(dict(asked.parameters), default=str)),
                    status=status,
                    requested_by=requested_by,
                    queued_at=now,
                    attempt=int(status == RunState.RUNNING),
                    started_at=now if status == RunState.RUNNING else None,
                    lease_until=now + LEASE if status == RunState.RUNNING else None,
                )
                try:
                    with own.begin_nested():
                        own.add(run)
                except IntegrityError:  # another process asked the same in the same moment
                    continue
                return run

    def get(self, key: int | str, *, session: Session | None = None) -> StrategyRun:
        """Raises `NotFound`, for a malformed id too."""
        with self._database.reading(session) as own:
            return find_run(own, key)

    def list(
        self,
        *,
        strategy: str | None = None,
        worker: str | None = None,
        project_id: int | None = None,
        status: str | None = None,
        saved: bool | None = None,
        experiment_id: int | None = None,
        limit: int = 50,
        before_id: int | None = None,
        offset: int = 0,
    ) -> Sequence[StrategyRun]:
        """Newest first, at most 200; `before_id` continues after the last one of the page before.

        Raises `Invalid` for a status there is not.
        """
        wanted = _conditions(strategy, worker, project_id, status, saved, experiment_id)
        query = select(StrategyRun).where(*wanted).order_by(col(StrategyRun.id).desc())
        if before_id is not None:
            query = query.where(col(StrategyRun.id) < row_id("strategy run", before_id))
        with self._database.reading() as session:
            return session.exec(query.limit(max(1, min(limit, MOST_LISTED))).offset(offset)).all()

    def count(
        self,
        *,
        strategy: str | None = None,
        worker: str | None = None,
        project_id: int | None = None,
        status: str | None = None,
        saved: bool | None = None,
    ) -> int:
        """How many there are of these. Raises `Invalid` for a status there is not."""
        wanted = _conditions(strategy, worker, project_id, status, saved, None)
        with self._database.reading() as session:
            return session.exec(select(func.count()).select_from(StrategyRun).where(*wanted)).one()

    def latest(self, digest: str, *, session: Session | None = None) -> StrategyRun | None:
        """The last successful answer to a question."""
        query = select(StrategyRun).where(StrategyRun.digest == digest, StrategyRun.status == RunState.SUCCESS)
        with self._database.reading(session) as own:
            return own.exec(query.order_by(col(StrategyRun.id).desc()).limit(1)).first()

    def measured(
        self,
        strategy: str,
        *,
        worker: str | None = None,
        project_id: int | None = None,
        saved: bool | None = None,
        limit: int = MOST_MEASURED,
    ) -> Sequence[MeasuredRun]:
        """The newest runs of a strategy that succeeded, the oldest of them first."""
        wanted = _conditions(strategy, worker, project_id, RunState.SUCCESS, saved, None)
        # A result may be a quarter of a megabyte, and nobody looks at it here
        query = select_columns(
            col(StrategyRun.id),
            col(StrategyRun.worker),
            col(StrategyRun.project_id),
            col(StrategyRun.queued_at),
            col(StrategyRun.parameters),
            col(StrategyRun.metrics),
        ).where(*wanted)
        with self._database.reading() as session:
            newest = session.execute(query.order_by(col(StrategyRun.id).desc()).limit(limit)).all()
        return [MeasuredRun(*row) for row in reversed(newest)]

    def compare(self, first: int | str, second: int | str) -> Comparison:
        """The second beside the first. Raises `NotFound`, and `Conflict` where one has not succeeded."""
        with self._database.reading() as session:
            both = [find_run(session, key) for key in (first, second)]
        for run in both:
            if run.status != RunState.SUCCESS:
                raise Conflict(f"Strategy run {run.id} has no result to compare ({run.status}).")
        return compared(*both)

    def save(self, key: int | str, *, saved: bool, actor: str) -> StrategyRun:
        """Keep a run whatever its age, or no longer."""
        with self._database.transaction() as session:
            run = find_run(session, key)
            run.saved = saved
            action = "save" if saved else "unsave"
            audit.record(session, self._clock, actor=actor, action=action, object=f"strategy_run/{run.id}")
            return run

    def judge(self, key: int | str, *, useful: bool, actor: str) -> StrategyRun:
        """A person says whether the result was of use."""
        with self._database.transaction() as session:
            run = find_run(session, key)
            run.useful = useful
            action = "confirm" if useful else "refute"
            audit.record(session, self._clock, actor=actor, action=action, object=f"strategy_run/{run.id}")
            return run

    def opened(self, key: int | str) -> StrategyRun:
        """A person looks at the result; the first time counts."""
        run = self.get(key)
        if run.opened_at is not None or run.status != RunState.SUCCESS:
            return run
        with self._database.transaction() as session:
            run = find_run(session, key)
            run.opened_at = run.opened_at or self._clock()
            return run

    def used(self, run_id: int, *, session: Session) -> None:
        """Its result changed what a worker did; the first time counts."""
        run = find_run(session, run_id)
        run.used_at = run.used_at or self._clock()

    def recent_entities(self, worker: str) -> Collection[str] | None:
        """Ids of what a worker's last ten answers were about; None where it had none."""
        query = select(StrategyRun.entities).where(StrategyRun.worker == worker, StrategyRun.status == RunState.SUCCESS)
        with self._database.reading() as session:
            find_run = session.exec(query.order_by(col(StrategyRun.id).desc()).limit(RECENT)).all()
        return {each for ids in find_run for each in ids} if find_run else None

    def opened_of(self, strategy: str) -> tuple[int, int] | None:
        """How many of a strategy's last results people opened or found useful, of how many; None where none was shown.

        Shown is what a person asked for: workers read their own.
        """
        query = select(StrategyRun.opened_at, StrategyRun.useful, StrategyRun.saved).where(
            StrategyRun.strategy == strategy,
            StrategyRun.status == RunState.SUCCESS,
            StrategyRun.requested_by != StrategyRun.worker,
        )
        with self._database.reading() as session:
            find_run = session.exec(query.order_by(col(StrategyRun.id).desc()).limit(LOOKED_BACK)).all()
        useful = sum(said if said is not None else opened is not None or saved for opened, said, saved in find_run)
        return (useful, len(find_run)) if find_run else None

    def forget(self, run: StrategyRun) -> None:
        """As if it had never been asked."""
        with self._database.transaction() as session:
            session.execute(delete(StrategyRun).where(col(StrategyRun.id) == run.id))

    def records(self, worker: str, primary: Mapping[str, str]) -> tuple[dict[str, Record], int]:
        """How each strategy did for a worker, and the id of its newest run. `primary`: first metric by strategy."""
        query = select(StrategyRun).where(StrategyRun.worker == worker, col(StrategyRun.status).in_(ENDED))
        with self._database.reading() as session:
            newest = session.exec(query.order_by(col(StrategyRun.id).desc()).limit(LOOKED_BACK)).all()
        return recorded(reversed(newest), primary), (newest[0].id or 0) if newest else 0

    def prune(self, keep_days: float) -> int:
        """Delete ended runs that nobody saved and that ended longer ago; returns how many."""
        from datetime import timedelta

        with self._database.transaction() as session:
            limit = self._database.now(session) - timedelta(days=keep_days)
            old = delete(StrategyRun).where(
                col(StrategyRun.status).in_(ENDED),
                col(StrategyRun.saved).is_(False),
                col(StrategyRun.experiment_id).is_(None),
                col(StrategyRun.finished_at) < limit,
            )
            return len(session.execute(old.returning(col(StrategyRun.id))).all())


def _conditions(
    strategy: str | None,
    worker: str | None,
    project_id: int | None,
    status: str | None,
    saved: bool | None,
    experiment_id: int | None,
) -> list[ColumnElement[bool]]:
    """Raises `Invalid` for a status there is not."""
    if status is not None and status not in list(RunState):
        raise Invalid({"status": f"{status} is not one of {', '.join(RunState)}"})
    wanted = {
        StrategyRun.strategy: strategy,
        StrategyRun.worker: worker,
        StrategyRun.project_id: project_id,
        StrategyRun.status: status,
        StrategyRun.saved: saved,
        StrategyRun.experiment_id: experiment_id,
    }
    return [col(column) == value for column, value in wanted.items() if value is not None]


def find_run(session: Session, key: int | str) -> StrategyRun:
    """The run with this id. Raises `NotFound`."""
    return identity.existing_row(session, StrategyRun, "strategy run", key)
