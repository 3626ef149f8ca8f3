"""Which model servers are being left alone, for every process to see."""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Field, SQLModel, col, select

from sigma_core.clock import Clock
from sigma_core.database import Database, UTCDateTime
from sigma_core.errors import Unavailable
from sigma_core.llm.circuit_breaker import CircuitChange
from sigma_core.text import storable

logger = logging.getLogger(__name__)
_LONGEST_ERROR = 500


class ModelHealth(SQLModel, table=True):
    """A model server as the last process that asked it found it."""

    __tablename__ = "model_health"

    model: str = Field(max_length=120, primary_key=True)
    failures: int = Field(description="Calls that failed in a row; 0: it answers again.")
    rests_until: datetime | None = Field(default=None, sa_type=UTCDateTime)
    error: str = Field(default="", max_length=_LONGEST_ERROR)
    changed_at: datetime = Field(sa_type=UTCDateTime)


class HealthBook:
    """Writes what breakers tell and reads it for `doctor` and `status`."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def changed(self, turn: CircuitChange) -> None:
        """Keep a change. Never fails a call: a store that is away is logged."""
        now = self._clock()
        rests_until = now + timedelta(seconds=turn.rest_s) if turn.rest_s else None
        row = ModelHealth(
            model=turn.model[:120],
            failures=turn.failures,
            rests_until=rests_until,
            error=storable(turn.error, _LONGEST_ERROR),
            changed_at=now,
        )
        if turn.failures:
            logger.warning("server of model %s: %d calls failed in a row: %s", turn.model, turn.failures, turn.error)
        try:
            with self._database.transaction() as session:
                session.merge(row)
        except (Unavailable, SQLAlchemyError) as error:
            logger.warning("the state of model %s cannot be stored: %s", turn.model, error)

    def failing(self) -> Sequence[ModelHealth]:
        """The servers that are left alone, or that nobody has tried since."""
        query = select(ModelHealth).where(col(ModelHealth.failures) > 0).order_by(ModelHealth.model)
        with self._database.reading() as session:
            return list(session.exec(query))
