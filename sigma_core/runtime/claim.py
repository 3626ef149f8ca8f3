"""One execution of a run, fenced: only who holds the lease can record anything."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import TypeVar

from sqlmodel import Session, select

from sigma_core.database import Database
from sigma_core.errors import Conflict, Locked
from sigma_core.runtime.queue import MACHINE
from sigma_core.runtime.tables import Run, RunStep
from sigma_core.state_machine import ERROR_LENGTH, PROGRESS_LENGTH, RunState, duration_ms
from sigma_core.text import storable

Result = TypeVar("Result")


class LeaseLost(Conflict):
    """The run belongs to another executor by now, or has ended: what this one did counts for nothing."""


class Claim:
    """The right to execute a run until its lease ends. The fence is (run, owner, attempt).

    Every verb raises `LeaseLost` once another executor has taken the run over.
    """

    def __init__(self, database: Database, run: Run, *, lease_s: float, claimed_at: float) -> None:
        """`claimed_at`: the monotonic clock before the database was asked, so that doubt shortens the lease."""
        if run.id is None or run.owner is None:
            raise ValueError(f"run {run.id} was not claimed")
        self.run = run
        self.run_id: int = run.id
        self._database = database
        self._lease_s = lease_s
        self._held_until = claimed_at + lease_s
        self._fence = MACHINE.fence(run)

    def is_held(self) -> bool:
        """Whether the lease still runs, as far as this process can tell without asking."""
        return time.monotonic() < self._held_until

    def beat(self, progress: str | None = None) -> None:
        """Extend the lease by its full length; `progress` says what is being done."""
        asked_at = time.monotonic()
        with self._database.transaction() as session:
            values: dict[str, object] = {"lease_until": self._database.now(session) + self._lease}
            if progress is not None:
                values["progress"] = storable(progress, PROGRESS_LENGTH)
            self._change(session, values)
        self._held_until = asked_at + self._lease_s

    @contextmanager
    def asking(self) -> Iterator[None]:
        """Where the database's answer is that another process has the lock, a lease that still runs lasts on.

        Nobody could take the run over meanwhile; who does so all the same is met when the lock is free. While there is
        no answer yet the lease may run out: then others may have had the lock in between.
        """
        try:
            yield
        except Locked:
            if self.is_held():
                self._held_until = time.monotonic() + self._lease_s
            raise

    def step(self, name: str, function: Callable[[], Result]) -> Result:
        """Do this step, or return what it returned in an earlier attempt. The result must be plain JSON values."""
        with self._database.reading() as session:
            done = session.exec(select(RunStep).where(RunStep.run_id == self.run_id, RunStep.name == name)).first()
            if done is not None:
                stored: Result = done.result
                return stored
        started = time.monotonic()
        result = function()
        took_ms = round((time.monotonic() - started) * 1000)
        with self._database.transaction() as session:
            now = self._database.now(session)
            self._change(session, {"lease_until": now + self._lease})
            session.add(
                RunStep(
                    run_id=self.run_id,
                    name=name,
                    attempt=self.run.attempt,
                    result=result,
                    duration_ms=took_ms,
                    finished_at=now,
                )
            )
        self._held_until = max(self._held_until, started + self._lease_s)
        return result

    def finish(self, state: RunState, *, error: str | None = None, outcome: Mapping[str, object] | None = None) -> None:
        """End the run. `outcome` may hold produced, published, received (counts) and figures."""
        with self._database.transaction() as session:
            now = self._database.now(session)
            known = {"duration_ms": duration_ms(self.run.started_at, now), "lease_until": None}
            self._require(MACHINE.end(session, self._fence, state, now, error=error, **known, **(outcome or {})))

    def retry(self, after_s: float, error: str) -> bool:
        """Back into the queue, due in `after_s` seconds, finished steps kept.

        False, and the run has failed, if its slot has a queued run already: that one is the retry.
        """
        with self._database.transaction() as session:
            now = self._database.now(session)
            # Locks our row first: nobody can end it while we look for the twin
            self._change(session, {"error": storable(error, ERROR_LENGTH), "progress": None})
            twin = select(Run.id).where(Run.slot == self.run.slot, Run.state == RunState.QUEUED)
            if session.exec(twin).first() is None:
                due_at = now + timedelta(seconds=after_s)
                self._change(session, {"state": RunState.QUEUED, "due_at": due_at, "owner": None, "lease_until": None})
                return True
        self.finish(RunState.ERROR, error=error)
        return False

    def release(self) -> None:
        """Give the run back: the next executor that looks takes it over where it stands, as the same attempt."""
        with self._database.transaction() as session:
            now = self._database.now(session)
            given_back = {"owner": None, "attempt": self.run.attempt - 1, "lease_until": now - self._lease}
            self._change(session, given_back)

    @property
    def _lease(self) -> timedelta:
        return timedelta(seconds=self._lease_s)

    def _change(self, session: Session, values: Mapping[str, object]) -> None:
        self._require(MACHINE.change(session, self._fence, values))

    def _require(self, changed: Sequence[Run]) -> None:
        if not changed:
            raise LeaseLost(f"Run {self.run_id} is no longer executed by this process.")
