"""Where an evolution is: started by one, ended once, and failed where its process died before it had ended."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, or_
from sqlmodel import Session, col, select

from sigma_core import audit
from sigma_core.clock import Clock
from sigma_core.database import Database
from sigma_core.errors import Conflict
from sigma_core.identity import existing_row
from sigma_core.prompts.evolution.tables import PromptEvolution
from sigma_core.state_machine import PROGRESS_LENGTH, RunState, StateMachine, duration_ms
from sigma_core.text import storable

DIED = "Its process ended before it did. Nothing of it was saved; its calls stay in the usage."
FORGOTTEN_AFTER = timedelta(hours=12)
"""How long one in place may go on before it counts as abandoned."""
MACHINE = StateMachine(PromptEvolution, state="status", holder="run_id")


class EvolutionStates:
    """What changes an evolution's state. One that was given up can save nothing any more."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock

    def add(self, row: PromptEvolution, session: Session) -> PromptEvolution:
        """Put it on record; the one of the same template that waits already is returned instead."""
        self._database.lock(session, f"evolution/{row.template_id}")
        if row.status == RunState.QUEUED:
            waiting = and_(MACHINE.is_in(RunState.QUEUED), col(PromptEvolution.template_id) == row.template_id)
            if known := session.exec(select(PromptEvolution).where(waiting)).first():
                return known
        now = self._database.now(session)
        row.requested_at = now
        row.started_at = now if row.status == RunState.RUNNING else None
        session.add(row)
        session.flush()
        return row

    def take(self, job: int) -> PromptEvolution | None:
        """The oldest that waits, for the job's execution `job`. What other executions left unfinished has failed: it
        spent what it was allowed, and is not begun anew by itself."""
        with self._database.transaction() as session:
            now = self._database.now(session)
            in_hand = and_(MACHINE.is_in(RunState.RUNNING), col(PromptEvolution.run_id).is_not(None))
            MACHINE.end(session, or_(in_hand, _forgotten(now)), RunState.ERROR, now, error=DIED)
            return MACHINE.start(session, MACHINE.is_in(RunState.QUEUED), job, now, order=(PromptEvolution.id,))

    def say(self, row: PromptEvolution, progress: str) -> bool:
        """Show what it is doing; whether it may go on."""
        with self._database.transaction() as session:
            held = MACHINE.change(session, MACHINE.fence(row), {"progress": storable(progress, PROGRESS_LENGTH)})
            return bool(held) and not held[0].cancel_requested

    def finish(
        self,
        row: PromptEvolution,
        state: RunState,
        *,
        session: Session | None = None,
        **values: Any,  # noqa: ANN401 (columns)
    ) -> bool:
        """End it; False if it has been given up meanwhile."""
        with self._database.transaction(session) as own:
            now = self._database.now(own)
            took_ms = duration_ms(row.started_at, now)
            return bool(MACHINE.end(own, MACHINE.fence(row), state, now, duration_ms=took_ms, **values))

    def cancel(self, key: int | str, actor: str) -> PromptEvolution:
        """Call it off: at once if it waits, else before its next call. Raises `Conflict` if it has ended."""
        with self._database.transaction() as session:
            asked, now = existing_row(session, PromptEvolution, "evolution", key), self._database.now(session)
            idle = or_(MACHINE.is_in(RunState.QUEUED), _forgotten(now))
            row = MACHINE.cancel(session, asked.id or 0, idle, now, actor=actor)
            if row is None:
                raise Conflict(f"Evolution {asked.id} has already ended ({asked.status}).")
            audit.record(session, self._clock, actor=actor, action="cancel", object=f"evolution/{row.id}")
            return row

    def has_unfinished(self) -> bool:
        """Whether one is queued or in the hands of a job's execution."""
        in_hand = and_(MACHINE.is_in(RunState.RUNNING), col(PromptEvolution.run_id).is_not(None))
        unfinished = or_(MACHINE.is_in(RunState.QUEUED), in_hand)
        with self._database.reading() as session:
            return session.exec(select(PromptEvolution.id).where(unfinished).limit(1)).first() is not None


def _forgotten(now: datetime) -> ColumnElement[bool]:
    """Those in place whose process was killed: so long ago that none can still be at work."""
    return and_(
        MACHINE.is_in(RunState.RUNNING),
        col(PromptEvolution.run_id).is_(None),
        col(PromptEvolution.started_at) < now - FORGOTTEN_AFTER,
    )
