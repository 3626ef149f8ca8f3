"""Where a strategy run is: started by one, ended once, taken over where its process died."""

from contextlib import AbstractContextManager
from typing import Any

from sqlalchemy import and_, or_
from sqlmodel import col, select

from sigma_core import audit
from sigma_core.clock import Clock
from sigma_core.database import Database
from sigma_core.errors import Conflict
from sigma_core.experiments.run_history import find_run
from sigma_core.experiments.run_lease import MACHINE, abandoned, held
from sigma_core.experiments.tables import StrategyRun
from sigma_core.state_machine import PROGRESS_LENGTH, RunState, duration_ms
from sigma_core.text import storable

MOST_ATTEMPTS = 2
"""Starts of a run; one whose process dies each time is not tried again."""


class StrategyRunStates:
    """What changes a strategy run's state; who was given up cannot end it any more."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock

    def take(self, job: int) -> StrategyRun | None:
        """The next run for the job's execution `job`: one it had in hand when its process died, else the oldest queued.

        What other executions left unfinished has failed.
        """
        with self._database.transaction() as session:
            now = self._database.now(session)
            running = MACHINE.is_in(RunState.RUNNING)
            mine = and_(running, col(StrategyRun.run_id) == job)
            ending = "its process ended before it did"
            MACHINE.end_abandoned(session, mine, now, attempts=MOST_ATTEMPTS, ending=ending)
            left = or_(and_(running, col(StrategyRun.run_id) != job), abandoned(now))
            MACHINE.end(session, left, RunState.ERROR, now, error="Its process ended before it did.")
            for condition in (mine, MACHINE.is_in(RunState.QUEUED)):
                if run := MACHINE.start(session, condition, job, now, order=(StrategyRun.id,)):
                    return run
            return None

    def held(self, run: StrategyRun) -> AbstractContextManager[None]:
        """Keep a run in place from being given up while this process lives."""
        return held(self._database, run)

    def say(self, run: StrategyRun, progress: str) -> bool:
        """Show what it is doing; whether it may go on."""
        with self._database.transaction() as session:
            changed = MACHINE.change(session, MACHINE.fence(run), {"progress": storable(progress, PROGRESS_LENGTH)})
            return bool(changed) and not changed[0].cancel_requested

    def finish(self, run: StrategyRun, state: RunState, **values: Any) -> bool:  # noqa: ANN401 (columns)
        """End it; False if it has been given up or ended meanwhile, and then nothing is recorded."""
        with self._database.transaction() as session:
            now = self._database.now(session)
            took_ms = duration_ms(run.started_at, now)
            return bool(MACHINE.end(session, MACHINE.fence(run), state, now, duration_ms=took_ms, **values))

    def cancel(self, key: int | str, actor: str) -> StrategyRun:
        """Call it off: at once if it waits, else when it next says what it does. Raises `Conflict` if it has ended."""
        with self._database.transaction() as session:
            asked, now = find_run(session, key), self._database.now(session)
            idle = or_(MACHINE.is_in(RunState.QUEUED), abandoned(now))
            run = MACHINE.cancel(session, asked.id or 0, idle, now, actor=actor)
            if run is None:
                raise Conflict(f"Strategy run {asked.id} has already ended ({asked.status}).")
            audit.record(session, self._clock, actor=actor, action="cancel", object=f"strategy_run/{run.id}")
            return run

    def has_unfinished(self) -> bool:
        """Whether any run is queued, was in the hands of a job's execution, or is abandoned."""
        with self._database.reading() as session:
            in_hand = and_(MACHINE.is_in(RunState.RUNNING), col(StrategyRun.run_id).is_not(None))
            unfinished = or_(MACHINE.is_in(RunState.QUEUED), in_hand, abandoned(self._database.now(session)))
            return session.exec(select(StrategyRun.id).where(unfinished).limit(1)).first() is not None
