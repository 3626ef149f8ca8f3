"""Moments that a clock which ran ahead has left behind.

What is waited for is stored as a moment: the next cycle, the end of a lease, another attempt. Set while the clock stood
a day ahead, it would keep everybody waiting for that day once the clock is right again.
"""

import time
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from sqlalchemy import Column, ColumnElement, and_, or_, update
from sqlmodel import Session, SQLModel, col, select

from sigma_core.database import Database
from sigma_core.experiments.run_lease import LEASE
from sigma_core.experiments.tables import StrategyRun
from sigma_core.llm import reservations
from sigma_core.runtime.schedule import later
from sigma_core.runtime.tables import Executor, Job, Run
from sigma_core.state_machine import RunState

LEEWAY = timedelta(minutes=5)
"""Clocks of machines that share a database differ, and so do their settings."""
LONGEST = {
    "knowledge_hold.due_at": timedelta(hours=1),
    "graph_outbox.due_at": timedelta(hours=1),
    "graph_updates.paused_until": timedelta(minutes=5),
    "graph_extraction.due_at": timedelta(hours=1),
    "budget_reservation.expires_at": timedelta(days=1),
    "model_health.rests_until": timedelta(hours=1),
    # What has been is not ahead at all: it would stay fresh, and be kept, for as long as the clock ran ahead
    "knowledge_exchange.refreshed_at": LEEWAY,
    "run.finished_at": LEEWAY,
    "strategy_run.finished_at": LEEWAY,
    "model_call_text.created_at": LEEWAY,
    # What began then would seem young, and what was seen then new, for as long
    "idempotency_key.created_at": LEEWAY,
    "experiment_unit.assigned_at": LEEWAY,
    "prompt_canaries.started_at": LEEWAY,
    "prompt_evolution.started_at": LEEWAY,
    "console_visit.seen_at": LEEWAY,
    "console_visit.since": LEEWAY,
}
"""How far ahead each honest moment may lie, with the longest settings that make sense."""


class ClockWatch:
    """Notices that the clock was put back: what waits by it would wait for as long."""

    def __init__(self, clock: Callable[[], float] = time.time, steady: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._steady = clock, steady
        self._apart = clock() - steady()

    def was_put_back(self) -> bool:
        """Since it was asked last, by more than a second."""
        before, self._apart = self._apart, self._clock() - self._steady()
        return self._apart < before - 1


def set_right(database: Database, lease_s: float) -> int:
    """Bring what lies farther ahead than anything is waited for back to now; how many rows that were.

    A lease gets its full length anew: whoever lives keeps it, whoever does not loses it then.
    """
    with database.transaction() as session:
        now = database.now(session)
        changed = sum(_bring_back(session, name, now, now + longest) for name, longest in LONGEST.items())
        changed += reservations.bring_back(session, now.date(), (now + LEEWAY).date())
        lease = timedelta(seconds=lease_s)
        held = and_(col(Run.state) == RunState.RUNNING, col(Run.lease_until) > now + lease + LEEWAY)
        changed += _changed(session, Run, held, {"lease_until": now + lease})
        in_place = col(StrategyRun.lease_until) > now + LEASE + LEEWAY
        changed += _changed(session, StrategyRun, in_place, {"lease_until": now + LEASE})
        asked = or_(*(col(moment) > now + LEEWAY for moment in (Run.queued_at, Run.started_at)))
        waiting = and_(col(Run.state) == RunState.QUEUED, col(Run.due_at) > now, asked)
        changed += _changed(session, Run, waiting, {"due_at": now})
        changed += _changed(session, Executor, col(Executor.seen_at) > now + LEEWAY, {"seen_at": now})
        for job in session.exec(select(Job)).all():
            if job.next_at > later(job, now + LEEWAY):
                as_seen = and_(col(Job.name) == job.name, col(Job.next_at) == job.next_at)
                next_at = later(job, now) if job.cron else now
                changed += _changed(session, Job, as_seen, {"next_at": next_at, "last_enqueued_at": None})
        return changed


def _bring_back(session: Session, name: str, now: datetime, limit: datetime) -> int:
    table, _, column = name.partition(".")
    moment: Column[datetime] = SQLModel.metadata.tables[table].c[column]
    return _count(session.execute(update(moment.table).where(moment > limit).values({column: now})))


def _changed(
    session: Session, table: type[SQLModel], where: ColumnElement[bool], values: Mapping[str, datetime | None]
) -> int:
    return _count(session.execute(update(table).where(where).values(values)))


def _count(result: object) -> int:
    return int(getattr(result, "rowcount", 0))
