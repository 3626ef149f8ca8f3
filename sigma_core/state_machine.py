"""The states of a run, and the one way from each to the next: for cycles of workers and for strategies alike.

Every change is a conditional update: of two processes that want the same, one gets it and the other gets no row.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, and_, update
from sqlmodel import Session, SQLModel, col, select

from sigma_core.text import storable

PROGRESS_LENGTH, ERROR_LENGTH = 300, 8000


class RunState(StrEnum):
    """Where a run is in its life."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCESS = "success"
    ERROR = "error"
    CANCELLED = "cancelled"


ENDED = (RunState.SUCCESS, RunState.ERROR, RunState.CANCELLED)

Row = TypeVar("Row", bound=SQLModel)


@dataclass(frozen=True)
class StateMachine(Generic[Row]):
    """The transitions of one table of runs.

    `state` and `holder` name its columns of the state and of whoever executes the run; `id`, `attempt`, `started_at`,
    `finished_at`, `duration_ms`, `progress`, `error` and `cancel_requested` are called the same in all of them.
    """

    table: type[Row]
    state: str
    holder: str

    def is_in(self, *states: StrEnum) -> ColumnElement[bool]:
        """The condition that a row is in one of these states."""
        wanted: ColumnElement[bool] = self._column(self.state).in_(states)
        return wanted

    def fence(self, run: Row) -> ColumnElement[bool]:
        """The condition that a run is still executed as it was started: by this holder, in this attempt."""
        same = (self._column(name) == getattr(run, name) for name in ("id", self.holder, "attempt"))
        return and_(self.is_in(RunState.RUNNING), *same)

    def change(self, session: Session, where: ColumnElement[bool], values: Mapping[str, object]) -> list[Row]:
        """Conditional update; the changed rows as they are now."""
        changed = update(self.table).where(where).values(values).returning(self.table)
        options = {"populate_existing": True, "synchronize_session": False}
        return list(session.scalars(changed, execution_options=options))

    def start(
        self,
        session: Session,
        where: ColumnElement[bool],
        holder: object,
        now: datetime,
        *,
        order: tuple[Any, ...],
        **values: object,
    ) -> Row | None:
        """Give the first run that meets the condition to a holder, as a new attempt; None if there is none."""
        ids = self._column("id")
        first = select(ids).where(where).order_by(*order).limit(1).with_for_update(skip_locked=True)
        started = {
            self.state: RunState.RUNNING,
            self.holder: holder,
            "attempt": self._column("attempt") + 1,
            "started_at": now,
            "error": None,
        }
        taken = self.change(session, and_(ids == first.scalar_subquery(), where), started | values)
        return taken[0] if taken else None

    def end(
        self,
        session: Session,
        where: ColumnElement[bool],
        state: RunState,
        now: datetime,
        *,
        error: str | None = None,
        **values: object,
    ) -> list[Row]:
        """Bring runs to a final state; those that were met before they had ended."""
        ended = {
            self.state: state,
            "finished_at": now,
            "progress": None,
            "error": storable(error, ERROR_LENGTH) if error else None,
        }
        return self.change(session, where, ended | values)

    def end_abandoned(
        self, session: Session, abandoned: ColumnElement[bool], now: datetime, *, attempts: int, ending: str
    ) -> None:
        """End the abandoned runs that nobody shall take over: cancelled ones, and those started `attempts` times.

        `ending` says how each of those attempts came to nothing.
        """
        asked = and_(abandoned, self._column("cancel_requested"))
        self.end(session, asked, RunState.CANCELLED, now, error="Cancelled.")
        spent = and_(abandoned, self._column("attempt") >= attempts)
        self.end(session, spent, RunState.ERROR, now, error=f"Started {attempts} times, and each time {ending}.")

    def cancel(
        self, session: Session, run_id: int, idle: ColumnElement[bool], now: datetime, *, actor: str
    ) -> Row | None:
        """Call a run off: at once if it is idle, else its executor is asked to stop; None if it has ended already."""
        this = self._column("id") == run_id
        changed = self.end(
            session, and_(this, idle), RunState.CANCELLED, now, error=f"Cancelled by {actor}."
        ) or self.change(session, and_(this, self.is_in(RunState.RUNNING)), {"cancel_requested": True})
        return changed[0] if changed else None

    def _column(self, name: str) -> Any:  # noqa: ANN401 (a column of any type)
        return col(getattr(self.table, name))


def duration_ms(started_at: datetime | None, now: datetime) -> int:
    """Milliseconds from a run's start to its end."""
    return round((now - (started_at or now)).total_seconds() * 1000)
