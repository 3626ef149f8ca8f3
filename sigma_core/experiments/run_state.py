"""The lives of runs: started by one, ended once, taken over where their process died."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, update
from sqlmodel import Session, col, select

from sigma_core import audit
from sigma_core.clock import Clock
from sigma_core.database import Database
from sigma_core.errors import Conflict
from sigma_core.experiments.run_history import find_run
from sigma_core.experiments.tables import RunStatus, StrategyRun
from sigma_core.text import storable

MOST_ATTEMPTS = 2
"""Starts of a run; one whose process dies each time is not tried again."""
FORGOTTEN_AFTER = timedelta(hours=1)
"""How long a run in place may go on before it counts as abandoned."""
PROGRESS_LENGTH, ERROR_LENGTH = 300, 8000


class StrategyRunStates:
    """What changes a run's status. The fence is (run, attempt): who was given up cannot end it any more."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock

    def take(self, job: int) -> StrategyRun | None:
        """The next run for the job's execution `job`: one it had in hand when its process died, else the oldest queued.

        What other executions left unfinished has failed.
        """
        with self._database.transaction() as session:
            now = self._database.now(session)
            running = col(StrategyRun.status) == RunStatus.RUNNING
            mine = and_(running, col(StrategyRun.run_id) == job)
            spent = and_(mine, col(StrategyRun.attempt) >= MOST_ATTEMPTS)
            left = and_(running, col(StrategyRun.run_id) != job)
            forgotten = _forgotten(now)
            asked = and_(mine, col(StrategyRun.cancel_requested))
            _change(session, asked, {"status": RunStatus.CANCELLED, "finished_at": now, "progress": None})
            failed = {"status": RunStatus.ERROR, "finished_at": now, "progress": None}
            died = {"error": f"Started {MOST_ATTEMPTS} times, and each time its process ended before it did."}
            _change(session, spent, failed | died)
            _change(session, or_(left, forgotten), failed | {"error": "Its process ended before it did."})
            for condition in (mine, col(StrategyRun.status) == RunStatus.QUEUED):
                oldest = select(StrategyRun.id).where(condition).order_by(col(StrategyRun.id)).limit(1)
                started = {
                    "status": RunStatus.RUNNING,
                    "run_id": job,
                    "attempt": StrategyRun.attempt + 1,
                    "started_at": now,
                }
                taken = _change(session, and_(col(StrategyRun.id) == oldest.scalar_subquery(), condition), started)
                if taken:
                    return taken[0]
            return None

    def say(self, run: StrategyRun, progress: str) -> bool:
        """Show what it is doing; whether it may go on."""
        with self._database.transaction() as session:
            held = _change(session, _fence(run), {"progress": storable(progress, PROGRESS_LENGTH)})
            return bool(held) and not held[0].cancel_requested

    def finish(self, run: StrategyRun, status: RunStatus, **values: Any) -> bool:  # noqa: ANN401 (columns)
        """End it; False if it has been given up or ended meanwhile, and then nothing is recorded."""
        with self._database.transaction() as session:
            now = self._database.now(session)
            if error := values.get("error"):
                values["error"] = storable(error, ERROR_LENGTH)
            ended = {
                "status": status,
                "finished_at": now,
                "progress": None,
                "duration_ms": round((now - (run.started_at or now)).total_seconds() * 1000),
            }
            return bool(_change(session, _fence(run), ended | values))

    def cancel(self, key: int | str, actor: str) -> StrategyRun:
        """Call it off: at once if it waits, else when it next says what it does. Raises `Conflict` if it has ended."""
        with self._database.transaction() as session:
            run = find_run(session, key)
            by_id = col(StrategyRun.id) == run.id
            waits = and_(by_id, col(StrategyRun.status) == RunStatus.QUEUED)
            runs = and_(by_id, col(StrategyRun.status) == RunStatus.RUNNING)
            ended = {
                "status": RunStatus.CANCELLED,
                "finished_at": self._database.now(session),
                "error": f"Cancelled by {actor}.",
            }
            changed = _change(session, waits, ended) or _change(session, runs, {"cancel_requested": True})
            if not changed:
                raise Conflict(f"Strategy run {run.id} has already ended ({run.status}).")
            audit.record(session, self._clock, actor=actor, action="cancel", object=f"strategy_run/{run.id}")
            return changed[0]

    def waiting(self) -> bool:
        """Whether any run is queued, was in the hands of a job's execution, or is abandoned."""
        with self._database.reading() as session:
            unfinished = or_(
                col(StrategyRun.status) == RunStatus.QUEUED,
                and_(col(StrategyRun.status) == RunStatus.RUNNING, col(StrategyRun.run_id).is_not(None)),
                _forgotten(self._database.now(session)),
            )
            return session.exec(select(StrategyRun.id).where(unfinished).limit(1)).first() is not None


def _forgotten(now: datetime) -> ColumnElement[bool]:
    """Runs in place whose process was killed: so long ago that none can still be at work."""
    return and_(
        col(StrategyRun.status) == RunStatus.RUNNING,
        col(StrategyRun.run_id).is_(None),
        col(StrategyRun.started_at) < now - FORGOTTEN_AFTER,
    )


def _fence(run: StrategyRun) -> ColumnElement[bool]:
    return and_(
        col(StrategyRun.id) == run.id,
        col(StrategyRun.status) == RunStatus.RUNNING,
        col(StrategyRun.attempt) == run.attempt,
    )


def _change(session: Session, where: ColumnElement[bool], values: Mapping[str, object]) -> list[StrategyRun]:
    """Conditional update; the changed rows as they are now."""
    changed = update(StrategyRun).where(where).values(values).returning(StrategyRun)
    return list(session.scalars(changed, execution_options={"populate_existing": True, "synchronize_session": False}))
