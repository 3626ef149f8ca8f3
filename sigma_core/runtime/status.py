"""How the whole is doing: workers, queue, scheduler. Read by the console's pages and by `sigma status`."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import lru_cache

import sqlalchemy
from sqlalchemy import bindparam
from sqlmodel import Session, col, or_, select
from sqlmodel.sql.expression import SelectOfScalar

from sigma_core.database import Database
from sigma_core.jobs import WORKERS
from sigma_core.listing import ListedRows
from sigma_core.log_lines import LogLine
from sigma_core.proposals import listing
from sigma_core.runtime import audit_list, run_list, views
from sigma_core.runtime.audit_list import WantedActs
from sigma_core.runtime.figures import Figures, Since, read_figures, read_since
from sigma_core.runtime.lane_history import LaneHistory, LaneRange, read_history
from sigma_core.runtime.run_list import WantedRuns
from sigma_core.runtime.run_timeline import TimelinePart, timeline
from sigma_core.runtime.runs import of_project
from sigma_core.runtime.tables import Executor, Job, Run
from sigma_core.settings import Settings
from sigma_core.state_machine import RunState

LANE = timedelta(hours=1)
LATE = timedelta(seconds=60)


class WorkerState(StrEnum):
    """What a worker is doing."""

    RUNNING = "running"
    IDLE = "idle"
    WAITING = "waiting"
    """A run is due and will be taken up."""
    STALLED = "stalled"
    """A run is due and no scheduler is there to take it up."""
    OFF = "off"


@dataclass(frozen=True)
class Bar:
    """One run on a worker's lane."""

    id: int
    state: RunState
    started_at: datetime
    finished_at: datetime | None


@dataclass(frozen=True)
class WorkerStatus:
    """One line of the schedule and what became of it in the last hour."""

    name: str
    state: WorkerState
    job: Job | None
    current: Run | None
    last: Run | None
    lane: tuple[Bar, ...]

    @property
    def finished(self) -> int:
        """Runs of the last hour that succeeded or failed."""
        return sum(bar.state in (RunState.SUCCESS, RunState.ERROR) for bar in self.lane)

    @property
    def ok_rate(self) -> float | None:
        """Share of the last hour's finished runs that succeeded; None without any."""
        done = self.finished
        return sum(bar.state == RunState.SUCCESS for bar in self.lane) / done if done else None

    @property
    def failing(self) -> bool:
        """Whether its latest run failed."""
        return self.last is not None and self.last.state == RunState.ERROR


@dataclass(frozen=True)
class SystemStatus:
    """Everything at one moment of the database's clock."""

    now: datetime
    workers: tuple[WorkerStatus, ...]
    scheduler: Executor | None
    scheduler_alive: bool
    backlog: int
    oldest_due_at: datetime | None
    projects: int

    @property
    def cycles(self) -> tuple[WorkerStatus, ...]:
        """The workers proper, without the exchange between them."""
        return tuple(worker for worker in self.workers if worker.name in WORKERS)

    @property
    def on_schedule(self) -> int:
        """Workers that are neither paused nor late."""
        return sum(_on_schedule(worker, self.now) for worker in self.cycles)

    @property
    def all_paused(self) -> bool:
        """The whole schedule is paused."""
        jobs = [worker.job for worker in self.workers if worker.job]
        return bool(jobs) and all(job.paused for job in jobs)

    @property
    def waiting_s(self) -> float:
        """How long the oldest due run has waited, seconds."""
        return max((self.now - self.oldest_due_at).total_seconds(), 0) if self.oldest_due_at else 0.0


def worker_state(*, running: bool, due: bool, alive: bool) -> WorkerState:
    """`running`: somebody holds a valid lease; `due`: a run waits to be taken; `alive`: a scheduler would take it."""
    if running:
        return WorkerState.RUNNING
    if not alive:
        return WorkerState.STALLED if due else WorkerState.OFF
    return WorkerState.WAITING if due else WorkerState.IDLE


class Status:
    """Read models over all rooms. Every method is one short read transaction and never waits for a writer."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self._database = database
        self._settings = settings

    def system(self, project_id: int | None = None) -> SystemStatus:
        """Workers, queue and scheduler; lanes and runs of one project only if `project_id` is given."""
        with self._database.reading() as session:
            now = self._database.now(session)
            scheduler = session.exec(
                select(Executor).where(Executor.kind == "scheduler").order_by(col(Executor.seen_at).desc()).limit(1)
            ).first()
            limit = timedelta(seconds=self._settings.run_lease_s)
            alive = scheduler is not None and now - scheduler.seen_at <= limit
            due = [run for run in _unfinished(session) if _is_due(run, now)]
            workers = _workers(session, now, project_id, alive=alive)
            return SystemStatus(
                now=now,
                workers=workers,
                scheduler=scheduler,
                scheduler_alive=alive,
                backlog=len(due),
                oldest_due_at=min((run.due_at for run in due), default=None),
                projects=views.count_projects(session),
            )

    def lane_history(self, wanted: LaneRange, project_id: int | None = None) -> LaneHistory:
        """What the lanes show of more than the last hour, of one project's runs only if `project_id` is given."""
        with self._database.reading() as session:
            return read_history(session, self._database.now(session), wanted, project_id)

    def figures(self, project_id: int | None = None) -> Figures:
        """The strip of figures on the Overview."""
        with self._database.reading() as session:
            return read_figures(session, self._database.now(session), project_id)

    def since(self, moment: datetime, project_id: int | None = None) -> Since:
        """What happened after `moment`."""
        with self._database.reading() as session:
            return read_since(session, moment, project_id)

    def projects(self) -> tuple[views.ProjectLine, ...]:
        """Projects under care, with what is known about their newest commit."""
        with self._database.reading() as session:
            return views.projects(session)

    def proposal_counts(self, project_id: int | None = None) -> Mapping[str, int]:
        """Number of proposals by state; every state is there."""
        with self._database.reading() as session:
            return listing.counts(session, project_id)

    def count_proposals(self, wanted: listing.Wanted) -> int:
        """How many proposals there are of this kind."""
        with self._database.reading() as session:
            return listing.count(session, wanted)

    def proposals(self, wanted: listing.Wanted, limit: int, offset: int = 0) -> tuple[listing.ProposalLine, ...]:
        """One page of proposals, what changed last first."""
        with self._database.reading() as session:
            return listing.newest(session, wanted, limit, offset)

    def proposals_for(self, issue_id: int) -> tuple[listing.ProposalLine, ...]:
        """Proposals that are for an issue, newest first."""
        with self._database.reading() as session:
            return listing.for_issue(session, issue_id)

    def proposals_of_call(self, run_id: int | None, prompt: str) -> tuple[listing.ProposalLine, ...]:
        """Proposals that a run wrote with this prompt, or proved."""
        if run_id is None:
            return ()
        with self._database.reading() as session:
            return listing.of_run(session, run_id, prompt)

    def proposals_of_run(self, run_id: int) -> tuple[listing.ProposalLine, ...]:
        """Proposals that a run wrote or proved, newest first."""
        with self._database.reading() as session:
            return listing.of_run(session, run_id)

    def score_counts(self, project_id: int | None) -> tuple[int, ...]:
        """How many decisions of the committee scored how high, in bins of equal width from 0 to 1."""
        with self._database.reading() as session:
            return listing.score_counts(session, project_id)

    def listed_proposals(self, wanted: listing.Wanted) -> ListedRows:
        """The same as rows to be sorted, paged and exported."""
        return ListedRows(self._database, listing.LIST, lambda session: listing.conditions(session, wanted))

    def listed_runs(self, wanted: WantedRuns) -> ListedRows:
        """Runs to be sorted, paged and exported."""
        return ListedRows(self._database, run_list.LIST, wanted.conditions)

    def listed_acts(self, wanted: WantedActs) -> ListedRows:
        """Who did what, to be sorted, paged and exported."""
        return ListedRows(self._database, audit_list.LIST, wanted.conditions)

    def waiting_longest(self, project_id: int | None, limit: int) -> tuple[listing.ProposalLine, ...]:
        """The first of those that wait for a person: the order in which they are worked through."""
        with self._database.reading() as session:
            return listing.waiting_longest(session, project_id, limit)

    def place(self, proposal_id: int, project_id: int | None = None) -> listing.QueuePosition:
        """Where a proposal stands among those that wait for a person."""
        with self._database.reading() as session:
            return listing.place(session, proposal_id, project_id)

    def failing(self, project_id: int | None = None) -> tuple[Run, ...]:
        """Runs that failed and that no later run of the same worker on the same project has made good."""
        with self._database.reading() as session:
            return views.failing_runs(session, project_id)

    def case(self, proposal_id: int) -> views.ProposalCase:
        """All that is known about one proposal. Raises `NotFound`."""
        with self._database.reading() as session:
            return views.case(session, proposal_id)

    def run(self, run_id: int) -> views.RunDetail:
        """One run with its steps. Raises `NotFound`."""
        with self._database.reading() as session:
            return views.run_detail(session, run_id)

    def timeline(self, run_id: int, lines: Sequence[LogLine]) -> tuple[views.RunDetail, list[TimelinePart]]:
        """One run with its course; `lines` are what it logged. Raises `NotFound`."""
        with self._database.reading() as session:
            detail = views.run_detail(session, run_id)
            return detail, timeline(session, detail.run, detail.steps, lines)


def _is_due(run: Run, now: datetime) -> bool:
    if run.state == RunState.QUEUED:
        return run.due_at <= now
    return not _is_held(run, now)


def _is_held(run: Run, now: datetime) -> bool:
    return run.state == RunState.RUNNING and run.lease_until is not None and run.lease_until > now


def _on_schedule(worker: WorkerStatus, now: datetime) -> bool:
    return worker.job is not None and not worker.job.paused and worker.job.next_at + LATE > now


def _unfinished(session: Session) -> list[Run]:
    states = (RunState.QUEUED, RunState.RUNNING)
    return list(session.exec(select(Run).where(col(Run.state).in_(states)).order_by(col(Run.due_at))))


def _workers(session: Session, now: datetime, project_id: int | None, *, alive: bool) -> tuple[WorkerStatus, ...]:
    jobs = {job.name: job for job in session.exec(select(Job))}
    names = [*WORKERS, *sorted(jobs.keys() - set(WORKERS))]
    unfinished: dict[str, list[Run]] = defaultdict(list)
    for run in _unfinished(session):
        if project_id is None or run.project_id in (None, project_id):
            unfinished[run.worker].append(run)
    lanes, last = _lanes(session, now, project_id), _last(session, tuple(names), project_id)
    return tuple(
        WorkerStatus(
            name=name,
            state=worker_state(
                running=any(_is_held(run, now) for run in unfinished[name]),
                due=any(_is_due(run, now) for run in unfinished[name]),
                alive=alive,
            ),
            job=jobs.get(name),
            current=_current(unfinished[name], now),
            last=last.get(name),
            lane=tuple(lanes[name]),
        )
        for name in names
    )


def _current(unfinished: list[Run], now: datetime) -> Run | None:
    held = [run for run in unfinished if _is_held(run, now)]
    return next(iter(held or unfinished), None)


def _last(session: Session, workers: tuple[str, ...], project_id: int | None) -> dict[str, Run]:
    """The run of each worker that ended last."""
    values = {"project_id": project_id}
    newest = session.exec(_newest_of(workers, project_id is not None), params=values)
    return {run.worker: run for run in newest}


@lru_cache(maxsize=16)
def _newest_of(workers: tuple[str, ...], of_one_project: bool) -> SelectOfScalar[Run]:
    """One statement for all: each worker's is found by an index."""
    query = sqlalchemy.select(col(Run.id)).where(col(Run.finished_at).is_not(None))
    if of_one_project:
        query = query.where(or_(col(Run.project_id).is_(None), col(Run.project_id) == bindparam("project_id")))
    newest = query.order_by(col(Run.finished_at).desc()).limit(1)
    each = [newest.where(col(Run.worker) == worker).scalar_subquery() for worker in workers]
    return select(Run).where(col(Run.id).in_(each))


def _lanes(session: Session, now: datetime, project_id: int | None) -> dict[str, list[Bar]]:
    columns = (col(Run.worker), col(Run.id), col(Run.state), col(Run.started_at), col(Run.finished_at))
    query = sqlalchemy.select(*columns).where(
        col(Run.started_at).is_not(None),
        or_(col(Run.finished_at) > now - LANE, Run.state == RunState.RUNNING),
        of_project(project_id),
    )
    lanes: dict[str, list[Bar]] = defaultdict(list)
    for worker, id_, state, started_at, finished_at in session.execute(query.order_by(col(Run.started_at))):
        if id_ is not None and started_at is not None:
            lanes[worker].append(Bar(id_, RunState(state), started_at, finished_at))
    return lanes
