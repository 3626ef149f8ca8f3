"""Asking for runs, calling them off and reading about them: what any process may do."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, case, delete, func, or_, true
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from sigma_core import audit
from sigma_core.bulk import BulkOutcome, on_each
from sigma_core.clock import Clock
from sigma_core.database import Database
from sigma_core.errors import Conflict
from sigma_core.identity import existing_row, row_id
from sigma_core.projects.tables import Project
from sigma_core.runtime.queue import MACHINE, claimable, slot_of
from sigma_core.runtime.tables import Run, RunStep
from sigma_core.state_machine import ENDED, RunState
from sigma_core.workers.tables import CycleReport

SCHEDULE = "schedule"
"""Who asks for the runs of the schedule."""

PERSONAL_PRIORITY = 10
"""A person's request goes before the schedule's, which have 0."""


class Runs:
    """The queue and the record of runs. Executors take runs from it through `Leases`."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def again(self, run_id: int, actor: str) -> Run:
        """Ask for the same once more, before what the schedule asks for. Raises `NotFound`."""
        with self._database.transaction() as session:
            run = _find_run(session, run_id)
            audit.record(session, self._clock, actor=actor, action="run again", object=f"run/{run_id}")
            return self.enqueue(
                run.worker, run.project_id, requested_by=actor, priority=PERSONAL_PRIORITY, session=session
            )

    def again_all(self, run_ids: Iterable[int], actor: str) -> BulkOutcome:
        """Ask once more for each of them."""
        return on_each(run_ids, lambda run_id: self.again(run_id, actor))

    def cancel_all(self, run_ids: Iterable[int], actor: str) -> BulkOutcome:
        """Call each of them off; what has ended is told."""
        return on_each(run_ids, lambda run_id: self.cancel(run_id, actor))

    def enqueue(
        self,
        worker: str,
        project_id: int | None = None,
        *,
        requested_by: str = SCHEDULE,
        priority: int = 0,
        due_at: datetime | None = None,
        session: Session | None = None,
    ) -> Run:
        """Ask for a run. If its slot has one queued already, that one answers, made as urgent as this request.

        Raises `NotFound` if there is no such project.
        """
        with self._database.transaction(session) as own:
            if project_id is not None:
                existing_row(own, Project, "project", project_id)
            now = self._database.now(own)
            wanted = Run(
                slot=slot_of(worker, project_id),
                worker=worker,
                project_id=project_id,
                state=RunState.QUEUED,
                priority=priority,
                due_at=due_at or now,
                requested_by=requested_by,
                queued_at=now,
            )
            while True:
                if twin := _hurry_twin(own, wanted):
                    return twin
                try:
                    with own.begin_nested():
                        own.add(wanted)
                except IntegrityError:  # another process was faster: its run is the twin, unless it is claimed by now
                    continue
                return wanted

    def cancel(self, run_id: int | str, actor: str) -> Run:
        """Call a run off: at once if nobody executes it, else at its next step, when its executor obeys.

        Raises `NotFound`, or `Conflict` if it has ended already.
        """
        number = row_id("run", run_id)
        with self._database.transaction() as session:
            now = self._database.now(session)
            silent = and_(MACHINE.is_in(RunState.RUNNING), col(Run.lease_until) < now)
            idle = or_(MACHINE.is_in(RunState.QUEUED), silent)
            run = MACHINE.cancel(session, number, idle, now, actor=actor)
            if run is None:
                raise Conflict(f"Run {run_id} has already ended ({_find_run(session, number).state}).")
            audit.record(session, self._clock, actor=actor, action="cancel", object=f"run/{number}")
            return run

    def cancel_queued(self, worker: str, *, requested_by: str, why: str, session: Session) -> list[Run]:
        """Call off what `requested_by` has asked of this worker and nobody has started yet."""
        asked = and_(col(Run.worker) == worker, col(Run.requested_by) == requested_by)
        waiting = and_(MACHINE.is_in(RunState.QUEUED), asked)
        return MACHINE.end(session, waiting, RunState.CANCELLED, self._database.now(session), error=why)

    def cancel_project(self, project_id: int, *, why: str, session: Session) -> None:
        """Call off all that is asked for a project; what is being executed ends at its next step."""
        of_it, now = col(Run.project_id) == project_id, self._database.now(session)
        MACHINE.end(session, and_(of_it, MACHINE.is_in(RunState.QUEUED)), RunState.CANCELLED, now, error=why)
        MACHINE.change(session, and_(of_it, MACHINE.is_in(RunState.RUNNING)), {"cancel_requested": True})

    def get(self, run_id: int | str) -> Run:
        """Raises `NotFound`."""
        with self._database.reading() as session:
            return _find_run(session, run_id)

    def history(
        self,
        worker: str | None = None,
        project_id: int | None = None,
        state: str | None = None,
        *,
        limit: int = 50,
        offset: int = 0,
        before_id: int | None = None,
    ) -> Sequence[Run]:
        """Runs, what began or was asked for last first; `before_id`: only runs asked for before that one.

        A project's are also those for no project, as the exchange's are.
        """
        latest = func.coalesce(Run.started_at, Run.queued_at).desc(), col(Run.id).desc()
        query = select(Run).where(*_conditions(worker, project_id, state)).order_by(*latest)
        if before_id is not None:
            query = query.where(col(Run.id) < before_id)
        with self._database.reading() as session:
            return session.exec(query.limit(limit).offset(offset)).all()

    def count(self, worker: str | None = None, project_id: int | None = None, state: str | None = None) -> int:
        """How many runs the history of these holds."""
        query = select(func.count()).select_from(Run).where(*_conditions(worker, project_id, state))
        with self._database.reading() as session:
            return session.exec(query).one()

    def holder(self, worker: str, project_id: int | None = None) -> Run | None:
        """The run that holds this slot under a living lease, if any."""
        with self._database.reading() as session:
            holds = select(Run).where(
                Run.slot == slot_of(worker, project_id),
                Run.state == RunState.RUNNING,
                col(Run.lease_until) >= self._database.now(session),
            )
            return session.exec(holds).first()

    def queue_lag_s(self) -> float:
        """How long the oldest run that an executor could take has been waiting, in seconds; 0 if there is none."""
        with self._database.reading() as session:
            now = self._database.now(session)
            abandoned, waiting = claimable(now)
            since = case((abandoned, col(Run.lease_until)), else_=col(Run.due_at))
            oldest = session.execute(select(func.min(since)).where(or_(abandoned, waiting))).scalar_one()
            return max(0.0, (now - oldest).total_seconds()) if oldest else 0.0

    def prune(self, keep_days: float) -> int:
        """Delete the steps of runs that ended longer ago, and those runs that left nothing; returns how many runs.

        A run that produced or passed on something stays: the traces of decisions name it.
        """
        with self._database.transaction() as session:
            limit = self._database.now(session) - timedelta(days=keep_days)
            old = and_(MACHINE.is_in(*ENDED), col(Run.finished_at) < limit)
            session.execute(delete(RunStep).where(col(RunStep.run_id).in_(select(Run.id).where(old))))
            nothing = (col(column) == 0 for column in (Run.produced, Run.published, Run.received))
            unreported = ~select(CycleReport.id).where(CycleReport.run_id == Run.id).exists()
            gone = session.execute(delete(Run).where(old, *nothing, unreported).returning(col(Run.id)))
            return len(gone.all())


def of_project(project_id: int | None) -> ColumnElement[bool]:
    """What runs concern a project: its own, and those for no project; all runs where none is given."""
    if project_id is None:
        return true()
    return or_(col(Run.project_id).is_(None), col(Run.project_id) == project_id)


def _conditions(worker: str | None, project_id: int | None, state: str | None) -> list[ColumnElement[bool]]:
    wanted = {Run.worker: worker, Run.state: state}
    return [of_project(project_id), *(col(column) == value for column, value in wanted.items() if value is not None)]


def _find_run(session: Session, run_id: int | str) -> Run:
    return existing_row(session, Run, "run", run_id)


def _hurry_twin(session: Session, wanted: Run) -> Run | None:
    """The queued run of the same slot, with the higher priority and the earlier due time of both requests."""
    more_urgent = col(Run.priority) < wanted.priority
    values = {
        "priority": case((more_urgent, wanted.priority), else_=col(Run.priority)),
        "requested_by": case((more_urgent, wanted.requested_by), else_=col(Run.requested_by)),
        "due_at": case((col(Run.due_at) > wanted.due_at, wanted.due_at), else_=col(Run.due_at)),
    }
    twins = MACHINE.change(session, and_(col(Run.slot) == wanted.slot, col(Run.state) == RunState.QUEUED), values)
    return twins[0] if twins else None
