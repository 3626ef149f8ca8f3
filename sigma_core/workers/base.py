"""The cycle every worker runs: receive and integrate, work, publish, report."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from sqlmodel import Session, select

from sigma_core.clock import Clock
from sigma_core.database import Database
from sigma_core.exchange.message import Message, Published
from sigma_core.exchange.payload import Payload
from sigma_core.exchange.service import Exchange
from sigma_core.projects.tables import Project
from sigma_core.workers.memory import Memory, change
from sigma_core.workers.tables import CycleReport

INBOX_LIMIT = 500
BATCH = 50
COME_BACK_S = 30.0
"""When a message that a worker could not integrate is delivered again."""


class Context(Protocol):
    """The run a cycle is executed in."""

    @property
    def run_id(self) -> int: ...

    def progress(self, text: str) -> None:
        """Say what is being done now."""

    def cancelled(self) -> bool:
        """Whether somebody asked to stop."""


@dataclass
class Work:
    """What came of a worker's production job. `produced` counts its results (issues, proposals, decisions …)."""

    produced: int = 0
    figures: dict[str, Any] = field(default_factory=dict)


class Worker(Protocol):
    """One of the five, or the dreamer."""

    @property
    def name(self) -> str: ...

    def work(self, project: Project, context: Context, publish: "Publish") -> Work:
        """Do the production job for one project."""

    def integrate(self, memory: Memory, message: Message) -> Memory:
        """What to remember after one message: a pure function."""


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
            self._source, payload, urgency=urgency, origin=origin, project_id=self._project_id,
            run_id=self._run_id, session=session,
        )  # fmt: skip
        self.count += not published.duplicate
        return published


class Cycle:
    """Runs workers' cycles, and the exchange cycle that only integrates."""

    def __init__(self, database: Database, clock: Clock, exchange: Exchange, workers: Mapping[str, Worker]) -> None:
        self._database, self._clock, self._exchange, self._workers = database, clock, exchange, workers

    def run(self, name: str, project: Project, context: Context) -> CycleReport:
        """One cycle of one worker on one project; the stored report."""
        worker, started = self._workers[name], time.monotonic()
        received = self._integrate(worker)
        publish = Publish(self._exchange, name, project.id, context.run_id)
        work = worker.work(project, context, publish)
        return self._report(name, project.id, context, started, work, publish.count, received)

    def exchange(self, context: Context) -> CycleReport:
        """Every worker receives and integrates what waits for it."""
        started = time.monotonic()
        by_worker = {}
        for name, worker in self._workers.items():
            context.progress(f"{name} integrates")
            by_worker[name] = self._integrate(worker)
        self._exchange.keep_figures()
        work = Work(figures={"received": {name: count for name, count in by_worker.items() if count}})
        return self._report("exchange", None, context, started, work, 0, sum(by_worker.values()))

    def _integrate(self, worker: Worker) -> int:
        """How many messages were integrated."""
        received = 0
        while received < INBOX_LIMIT:
            messages = self._exchange.receive(worker.name, limit=BATCH)
            if not messages:
                break
            received += sum(self._take_in(worker, message) for message in messages)
        return received

    def _take_in(self, worker: Worker, message: Message) -> bool:
        """Effect and acknowledgement commit together, so that a message works once; one that fails comes back."""
        try:
            with self._database.transaction() as session:
                change(session, self._clock, worker.name, lambda memory: worker.integrate(memory, message))
                self._exchange.acknowledge(worker.name, message, session=session)
        except (ValueError, KeyError, TypeError) as error:
            self._exchange.reject(worker.name, message, f"{type(error).__name__}: {error}", delay_s=COME_BACK_S)
            return False
        return True

    def _report(
        self, name: str, project_id: int | None, context: Context, started: float, work: Work, published: int,
        received: int,
    ) -> CycleReport:  # fmt: skip
        report = CycleReport(
            run_id=context.run_id, worker=name, project_id=project_id,
            duration_ms=round((time.monotonic() - started) * 1000), produced=work.produced, published=published,
            received=received, figures=work.figures, finished_at=self._clock(),
        )  # fmt: skip
        # The exchange runs every half minute and mostly finds nothing: only cycles are worth a row
        if name != "exchange":
            with self._database.transaction() as session:
                report = session.merge(self._known(session, report))
        return report

    @staticmethod
    def _known(session: Session, report: CycleReport) -> CycleReport:
        """A run taken over reports once."""
        known = session.exec(select(CycleReport).where(CycleReport.run_id == report.run_id)).one_or_none()
        report.id = known.id if known else None
        return report
