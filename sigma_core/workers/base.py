"""The cycle every worker runs: receive and integrate, experiment, work, publish, report."""

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from typing import Any, Protocol

from sqlmodel import Session, select

from sigma_core.clock import Clock
from sigma_core.database import Database
from sigma_core.errors import Conflict, SigmaError, Unavailable
from sigma_core.exchange.message import Message, Published, Urgency
from sigma_core.exchange.payload import Payload
from sigma_core.exchange.service import Exchange
from sigma_core.jobs import EXCHANGE
from sigma_core.projects.tables import Project
from sigma_core.workers.memory import change, remembered
from sigma_core.workers.tables import CycleReport

INBOX_LIMIT = 500
BATCH = 50
COME_BACK_S = 30.0
"""When a message that a worker could not integrate is delivered again."""

Effect = Callable[[Session, Message], None]
"""What else follows from a message, in the transaction that acknowledges it. Raises where it cannot follow."""


class CycleContext(Protocol):
    """The run a cycle is executed in."""

    @property
    def run_id(self) -> int: ...

    def progress(self, text: str) -> None:
        """Say what is being done now."""

    def cancelled(self) -> bool:
        """Whether somebody asked to stop."""


Experiment = Callable[[str, Project, CycleContext], Mapping[str, Any]]
"""One experiment of a worker, by name, on a project, in a run; what is said of it in the figures."""


@dataclass
class Work:
    """What came of a worker's production job. `produced` counts its results (issues, proposals, decisions …)."""

    produced: int = 0
    figures: dict[str, Any] = field(default_factory=dict)


class Worker(Protocol):
    """One of the five, or the dreamer."""

    @property
    def name(self) -> str: ...

    @property
    def publishes(self) -> Sequence[str]:
        """Types of knowledge it tells."""

    @property
    def keeps(self) -> Mapping[str, str]:
        """Types of knowledge it remembers, each with the field that says what an item is about."""

    def work(self, project: Project, context: CycleContext, publish: "Publish") -> Work:
        """Do the production job for one project."""


@dataclass
class Integrated:
    """What became of the messages a worker received."""

    integrated: int = 0
    urgent: int = 0
    """Of these, those that were worked off at once, one by one."""
    put_back: int = 0
    """Could not be integrated: back after a delay, or dead after the last attempt."""


class Publish:
    """Publishes for one worker in one cycle, and counts. Each finding is told once, by its `origin`."""

    def __init__(self, exchange: Exchange, source: str, project_id: int | None, run_id: int) -> None:
        self._exchange, self._source, self._project_id, self._run_id = exchange, source, project_id, run_id
        self.count = 0

    def __call__(
        self, payload: Payload, *, origin: str, urgency: str = "normal", session: Session | None = None
    ) -> Published:
        """Publish in the caller's transaction if one is given."""
        published = self._exchange.publish(
            self._source,
            payload,
            urgency=urgency,
            origin=origin,
            project_id=self._project_id,
            run_id=self._run_id,
            session=session,
        )
        self.count += not published.duplicate
        return published


class Cycle:
    """Runs workers' cycles, and the exchange cycle that only integrates."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        exchange: Exchange,
        workers: Mapping[str, Worker],
        effects: Mapping[str, Effect],
        experiment: Experiment = lambda _worker, _project, _context: {},
    ) -> None:
        """`effects`: by worker, what a message does beside being remembered. `experiment` comes before each work."""
        self._database, self._clock, self._exchange = database, clock, exchange
        self._workers, self._effects, self._experiment = workers, effects, experiment

    def run(self, name: str, project: Project, context: CycleContext) -> CycleReport:
        """One cycle of one worker on one project; the stored report."""
        worker, started = self._workers[name], time.monotonic()
        taken = self._integrate(worker)
        publish = Publish(self._exchange, name, project.id, context.run_id)
        # Before the work, so that what it finds already counts in this cycle
        tried = dict(self._experiment(name, project, context))
        work = worker.work(project, context, publish)
        work.figures |= {"experiment": tried} if tried else {}
        work.figures |= {name: count for name, count in asdict(taken).items() if count and name != "integrated"}
        if taken.integrated or publish.count:
            self._exchange.keep_figures()
        return self._report(name, project.id, context, started, work, publish.count, taken.integrated)

    def exchange(self, context: CycleContext) -> CycleReport:
        """Every worker to whom something waits receives and integrates it. Where nothing does, one query says so."""
        started = time.monotonic()
        taken = {}
        for name in self._exchange.workers_with_messages():
            context.progress(f"{name} integrates")
            taken[name] = self._integrate(self._workers[name])
        if taken:
            self._exchange.keep_figures()
        work = Work(figures={"received": {name: asdict(each) for name, each in taken.items()}})
        return self._report(EXCHANGE, None, context, started, work, 0, sum(t.integrated for t in taken.values()))

    def _integrate(self, worker: Worker) -> Integrated:
        """Take in what waits: what is urgent one by one as it is received, the rest together."""
        taken = Integrated()
        while taken.integrated + taken.put_back < INBOX_LIMIT:
            messages = self._exchange.receive(worker.name, limit=BATCH)
            if not messages:
                break
            urgent = [message for message in messages if message.urgency == Urgency.HIGH]
            at_once = sum(self._take_in(worker, [message]) for message in urgent)
            done = at_once + self._take_in(worker, [each for each in messages if each.urgency != Urgency.HIGH])
            taken.urgent += at_once
            taken.integrated += done
            taken.put_back += len(messages) - done
        return taken

    def _take_in(self, worker: Worker, messages: Sequence[Message]) -> int:
        """Effects and acknowledgement commit together, so that each message works once; one that fails comes back.

        Where one of many fails, each is taken in alone. Returns how many were.
        """
        if not messages:
            return 0
        try:
            with self._database.transaction() as session:
                self._remember(session, worker, messages)
                self._exchange.acknowledge(worker.name, messages, session=session)
        except Unavailable:
            raise
        except (SigmaError, ValueError, KeyError, TypeError) as error:
            if len(messages) > 1:
                return sum(self._take_in(worker, [message]) for message in messages)
            self._put_back(worker, messages[0], error)
            return 0
        return len(messages)

    def _remember(self, session: Session, worker: Worker, messages: Sequence[Message]) -> None:
        change(session, self._clock, worker.name, lambda memory: remembered(memory, messages, worker.keeps))
        if (effect := self._effects.get(worker.name)) is not None:
            for message in messages:
                effect(session, message)

    def _put_back(self, worker: Worker, message: Message, error: Exception) -> None:
        # Its lease may have ended meanwhile: then it is back already
        with suppress(Conflict):
            self._exchange.reject(worker.name, message, f"{type(error).__name__}: {error}", delay_s=COME_BACK_S)

    def _report(
        self,
        name: str,
        project_id: int | None,
        context: CycleContext,
        started: float,
        work: Work,
        published: int,
        received: int,
    ) -> CycleReport:
        report = CycleReport(
            run_id=context.run_id,
            worker=name,
            project_id=project_id,
            duration_ms=round((time.monotonic() - started) * 1000),
            produced=work.produced,
            published=published,
            received=received,
            figures=work.figures,
            finished_at=self._clock(),
        )
        # The exchange runs every half minute and mostly finds nothing: only cycles are worth a row
        if name != EXCHANGE:
            with self._database.transaction() as session:
                report = session.merge(self._replacing_earlier(session, report))
        return report

    @staticmethod
    def _replacing_earlier(session: Session, report: CycleReport) -> CycleReport:
        """A run taken over reports once."""
        known = session.exec(select(CycleReport).where(CycleReport.run_id == report.run_id)).one_or_none()
        report.id = known.id if known else None
        return report
