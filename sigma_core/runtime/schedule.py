"""The schedule: which cycle is asked for how often, and what people changed about it."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from sigma_core import audit
from sigma_core.clock import Clock
from sigma_core.database import Database
from sigma_core.errors import Conflict, Invalid, NotFound
from sigma_core.jobs import PROJECTLESS, SCHEDULED
from sigma_core.projects.tables import Project
from sigma_core.runtime import cron
from sigma_core.runtime.runs import PERSONAL_PRIORITY, SCHEDULE, Runs
from sigma_core.runtime.tables import Job, Run
from sigma_core.settings import Settings

LONGEST_INTERVAL_S = 30 * 24 * 3600


def intervals(settings: Settings) -> dict[str, int]:
    """Seconds between the cycles of each job, as the settings have it."""
    return {name: getattr(settings, f"{name}_interval_s") for name in SCHEDULED}


class Schedule:
    """Jobs are rows: any process may change them, every scheduler follows within half a second."""

    def __init__(self, database: Database, clock: Clock, runs: Runs, every_s: Mapping[str, int]) -> None:
        """`every_s`: the known jobs and their intervals where no person has set another."""
        self._database = database
        self._clock = clock
        self._runs = runs
        self._every_s = every_s

    def prepare(self) -> None:
        """Create missing jobs, due at once; take up changed settings. What people set is kept."""
        with self._database.transaction() as session:
            for name, every_s in self._every_s.items():
                job = self._locked(session, name)
                if job.every_set_by is None and job.every_s != every_s:
                    job.every_s = every_s
                    job.next_at = _next_at(job, self._clock())

    def postpone(self) -> None:
        """Count all intervals from now, because the cycles that are due are asked for in another way."""
        self.prepare()
        with self._database.transaction() as session:
            for name in self._every_s:
                job, now = self._locked(session, name), self._clock()
                job.next_at = later(job, now)

    def jobs(self) -> Sequence[Job]:
        """All jobs, in the workers' order."""
        jobs = self._stored()
        if len(jobs) < len(self._every_s):
            self.prepare()
            jobs = self._stored()
        return [jobs[name] for name in self._every_s]

    def job(self, name: str) -> Job:
        """One job. Raises `NotFound`."""
        self._require(name)
        return next(job for job in self.jobs() if job.name == name)

    def pause(self, name: str, actor: str) -> Job:
        """No cycle starts from the schedule any more, nor one it has asked for already; requests of people do."""
        with self._changing(name, actor, "pause") as (session, job):
            job.paused = True
            why = f"The schedule was paused by {actor} before it started."
            self._runs.cancel_queued(name, requested_by=SCHEDULE, why=why, session=session)
            return job

    def resume(self, name: str, actor: str) -> Job:
        """Go on; what fell due in the pause is made up for by one cycle."""
        with self._changing(name, actor, "resume") as (_, job):
            job.paused = False
            return job

    def pause_all(self, actor: str) -> Sequence[Job]:
        """Pause every job."""
        return [self.pause(name, actor) for name in self._every_s]

    def resume_all(self, actor: str) -> Sequence[Job]:
        """Resume every job."""
        return [self.resume(name, actor) for name in self._every_s]

    def set_every(self, name: str, every_s: int, actor: str, seen: str | None = None) -> Job:
        """A new interval, counted from the last cycle. Raises `Invalid` outside 1 s … 30 days."""
        _check(every_s)
        return self._set_timing(name, actor, every_s=every_s, expression=None, seen=seen)

    def set_cron(self, name: str, expression: str, actor: str, seen: str | None = None) -> Job:
        """Cycles at the moments that a cron expression names, in UTC. Raises `Invalid` where it names none."""
        cron.following(expression, self._clock())
        return self._set_timing(name, actor, every_s=None, expression=" ".join(expression.split()), seen=seen)

    def preview(self, name: str, every_s: int, expression: str | None, count: int = 3) -> Sequence[datetime]:
        """When the next cycles would come, were this set now. Raises `Invalid`."""
        _check(every_s)
        now = self._clock()
        job = Job.model_validate(self.job(name), update={"every_s": every_s, "cron": expression})
        moments = [_next_at(job, now)]
        while len(moments) < count:
            moments.append(later(job, moments[-1]))
        return moments

    def run_now(self, name: str, actor: str, project_id: int | None = None) -> Sequence[Run]:
        """Ask for a cycle on each project (or one) now, paused or not; the runs that will answer it.

        Raises `Conflict` if there is no project to run it on.
        """
        with self._changing(name, actor, "run now") as (session, job):
            runs = self._enqueue(session, job, requested_by=actor, priority=PERSONAL_PRIORITY, project_id=project_id)
            if not runs:
                raise Conflict("There is no project to run this on. Add one: sigma project add PATH")
            return runs

    def enqueue_due(self, name: str) -> Sequence[Run]:
        """The scheduler's tick: ask for the job's runs if it is due, and set its next time.

        However late it comes, one cycle makes up for all that were missed; of several schedulers one gets the tick.
        """
        with self._database.transaction() as session:
            job = self._locked(session, name)
            now = self._clock()
            if job.paused or job.next_at > now:
                return []
            job.next_at = _after_tick(job, now)
            job.last_enqueued_at = now
            return self._enqueue(session, job, requested_by=SCHEDULE)

    def _stored(self) -> dict[str, Job]:
        with self._database.reading() as session:
            return {job.name: job for job in session.exec(select(Job)) if job.name in self._every_s}

    def _set_timing(
        self, name: str, actor: str, *, every_s: int | None, expression: str | None, seen: str | None
    ) -> Job:
        told = _timing_phrase(every_s, expression)
        with self._changing(name, actor, "set interval", reason=told) as (_, job):
            if seen is not None and seen != told_timing(job):
                raise Conflict(f"{name} was changed meanwhile: it runs {told_timing(job)} by now. Nothing was saved.")
            job.every_s, job.cron = every_s or job.every_s, expression
            job.next_at = _next_at(job, self._clock())
            job.every_set_by = actor
            return job

    @contextmanager
    def _changing(
        self, name: str, actor: str, action: str, *, reason: str | None = None
    ) -> Iterator[tuple[Session, Job]]:
        """A job to be changed, and the record of who did it, in one transaction."""
        with self._database.transaction() as session:
            job = self._locked(session, name)
            audit.record(session, self._clock, actor=actor, action=action, object=f"job/{name}", reason=reason)
            yield session, job

    def _require(self, name: str) -> None:
        if name not in self._every_s:
            raise NotFound("job", f"{name} (known: {', '.join(self._every_s)})")

    def _locked(self, session: Session, name: str) -> Job:
        self._require(name)
        if session.get(Job, name, with_for_update=True) is None:
            # Two schedulers may start at once: who comes second finds the other's row
            with suppress(IntegrityError), session.begin_nested():
                session.add(Job(name=name, every_s=self._every_s[name], next_at=self._clock()))
        return session.get_one(Job, name, with_for_update=True)

    def _enqueue(
        self, session: Session, job: Job, *, requested_by: str, priority: int = 0, project_id: int | None = None
    ) -> list[Run]:
        return [
            self._runs.enqueue(job.name, each, requested_by=requested_by, priority=priority, session=session)
            for each in _targets(session, job.name, project_id)
        ]


def _targets(session: Session, name: str, project_id: int | None) -> Sequence[int | None]:
    if name in PROJECTLESS:
        return [None]
    if project_id is not None:
        return [project_id]
    return session.exec(select(Project.id).where(col(Project.removed_at).is_(None)).order_by(col(Project.id))).all()


def _check(every_s: int) -> None:
    if not 1 <= every_s <= LONGEST_INTERVAL_S:
        raise Invalid({"every": f"must be 1 to {LONGEST_INTERVAL_S} seconds, not {every_s}"})


def told_timing(job: Job) -> str:
    """`every 600 s`, or `cron` and its expression."""
    return _timing_phrase(job.every_s, job.cron)


def _timing_phrase(every_s: int | None, expression: str | None) -> str:
    return f"cron {expression}" if expression else f"every {every_s} s"


def later(job: Job, after: datetime) -> datetime:
    """When the cycle comes that follows one at `after`."""
    return cron.following(job.cron, after) if job.cron else after + timedelta(seconds=job.every_s)


def _next_at(job: Job, now: datetime) -> datetime:
    """When the first cycle comes by a new timing; one interval after the last one, or at once if that is past."""
    last = job.last_enqueued_at or now
    # A moment that a scheduler has asked for with a clock a little ahead is not asked for again
    return later(job, max(now, last)) if job.cron else max(now, later(job, last))


def _after_tick(job: Job, now: datetime) -> datetime:
    """When the next cycle is due. The grid of an interval stays."""
    if job.cron:
        return later(job, now)
    every = timedelta(seconds=job.every_s)
    return job.next_at + ((now - job.next_at) // every + 1) * every
