"""Taking runs from the queue: one executor at a time, and a successor when it falls silent."""

import time
from collections.abc import Collection
from datetime import timedelta

from sqlalchemy import ColumnElement, and_, or_
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from sigma_core.database import Database
from sigma_core.errors import Conflict
from sigma_core.runtime.claim import Claim
from sigma_core.runtime.queue import MACHINE, claimable, slot_of
from sigma_core.runtime.runs import Runs
from sigma_core.runtime.tables import Run


class Leases:
    """Gives out claims. All times are the database's; the unique index on running slots has the last word."""

    def __init__(self, database: Database, runs: Runs, *, lease_s: float, attempts: int) -> None:
        """`attempts`: how often a run may be started before it counts as failed."""
        self._database = database
        self._runs = runs
        self.lease_s = lease_s
        self.attempts = attempts

    def claim(self, owner: str, workers: Collection[str] | None = None, *, take_over: bool = True) -> Claim | None:
        """The most urgent run to be had, a silent executor's first; None if there is nothing to do.

        `workers` limits what to look for, `take_over` whether others may be silent for good.
        """
        if not self._has_any(workers, take_over):
            return None
        asked_at = time.monotonic()
        try:
            with self._database.transaction() as session:
                run = self._take(session, owner, _of(workers), take_over)
        except IntegrityError:  # the slot was taken in the same moment
            return None
        return self._claimed(run, asked_at) if run else None

    def claim_slot(
        self, owner: str, worker: str, project_id: int | None, *, requested_by: str, take_over: bool = True
    ) -> Claim:
        """The right to run this worker on this project now: its queued run if it has one, else a new one.

        Raises `Conflict` naming the holder if it is being executed elsewhere; then nothing is queued.
        """
        asked_at = time.monotonic()
        slot = col(Run.slot) == slot_of(worker, project_id)
        try:
            with self._database.transaction() as session:
                run = self._take(session, owner, slot, take_over)
                if run is None:
                    self._runs.enqueue(worker, project_id, requested_by=requested_by, session=session)
                    run = self._take(session, owner, slot, take_over)
                if run is not None:
                    return self._claimed(run, asked_at)
                raise self._conflict(worker, project_id)
        except IntegrityError:  # the slot was taken in the same moment
            raise self._conflict(worker, project_id) from None

    def asked_to_stop(self, run_ids: Collection[int]) -> set[int]:
        """Which of these runs somebody wants cancelled."""
        with self._database.reading() as session:
            asked = select(Run.id).where(col(Run.id).in_(run_ids), col(Run.cancel_requested))
            return {run_id for run_id in session.exec(asked) if run_id is not None}

    def _has_any(self, workers: Collection[str] | None, take_over: bool) -> bool:
        """Looks without taking the write lock: an idle executor disturbs nobody."""
        with self._database.reading() as session:
            abandoned, waiting = claimable(self._database.now(session))
            wanted = or_(abandoned, waiting) if take_over else waiting
            return session.exec(select(Run.id).where(wanted, _of(workers)).limit(1)).first() is not None

    def _take(self, session: Session, owner: str, where: ColumnElement[bool], take_over: bool) -> Run | None:
        now = self._database.now(session)
        abandoned, waiting = (and_(condition, where) for condition in claimable(now))
        if take_over:
            ending = "its executor fell silent"
            MACHINE.end_abandoned(session, abandoned, now, attempts=self.attempts, ending=ending)
        lease_until, urgent = now + timedelta(seconds=self.lease_s), (col(Run.priority).desc(), Run.due_at, Run.id)
        for condition in (abandoned, waiting) if take_over else (waiting,):
            if run := MACHINE.start(session, condition, owner, now, order=urgent, lease_until=lease_until):
                return run
        return None

    def _conflict(self, worker: str, project_id: int | None) -> Conflict:
        holder = self._runs.holder(worker, project_id)
        by = f"{holder.owner} (run {holder.id})" if holder else "another process"
        return Conflict(f"The cycle {slot_of(worker, project_id)} is being run by {by}.")

    def _claimed(self, run: Run, asked_at: float) -> Claim:
        return Claim(self._database, run, lease_s=self.lease_s, claimed_at=asked_at)


def _of(workers: Collection[str] | None) -> ColumnElement[bool]:
    return col(Run.worker).in_(workers) if workers is not None else col(Run.worker).is_not(None)
