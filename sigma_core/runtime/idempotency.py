"""Requests that carry an idempotency key, and how each was answered.

Answers are kept for a day. A process that dies between the act and its answer leaves the key under way; after ten
minutes the request is carried out again, and what it does is then up to the service: a diff handed in again is the same
proposal, a message said again is confirmed.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import UniqueConstraint, delete
from sqlalchemy.exc import IntegrityError
from sqlmodel import Field, Session, SQLModel, col, select

from sigma_core.clock import Clock
from sigma_core.database import Database, UTCDateTime
from sigma_core.errors import Conflict, Invalid

KEPT = timedelta(days=1)
GIVEN_UP = timedelta(minutes=10)


class IdempotencyKey(SQLModel, table=True):
    """A write that was asked for under a key, and how it was answered. Without a status it is under way."""

    __tablename__ = "idempotency_key"
    __table_args__ = (UniqueConstraint("caller", "key"),)

    id: int | None = Field(default=None, primary_key=True)
    caller: str = Field(max_length=200)
    key: str = Field(max_length=200)
    request: str = Field(max_length=64, description="SHA-256 of method, path and body.")
    status: int | None = Field(default=None)
    body: bytes | None = Field(default=None)
    media_type: str | None = Field(default=None, max_length=100)
    created_at: datetime = Field(sa_type=UTCDateTime, index=True)


@dataclass(frozen=True)
class KeptAnswer:
    """How a request was answered."""

    status: int
    body: bytes
    media_type: str


class IdempotencyStore:
    """Keys with their answers, for a day."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock

    def begin(self, caller: str, key: str, request: str) -> KeptAnswer | None:
        """The answer there is already; None: carry it out, then `finish` or `forget`.

        Raises `Invalid` where the key stood for another request, `Conflict` while the first one is under way.
        """
        now = self._clock()
        with self._database.transaction() as session:
            session.execute(delete(IdempotencyKey).where(col(IdempotencyKey.created_at) < now - KEPT))
            known = _find(session, caller, key)
            if known is None:
                try:
                    with session.begin_nested():
                        row = IdempotencyKey(caller=caller, key=key, request=request, created_at=now)
                        session.add(row)
                        session.flush()
                except IntegrityError:
                    raise _under_way(key) from None
                return None
            if known.request != request:
                raise Invalid({"Idempotency-Key": "was given with another request"})
            if known.status is not None:
                return KeptAnswer(known.status, known.body or b"", known.media_type or "application/json")
            if known.created_at > now - GIVEN_UP:
                raise _under_way(key)
            known.created_at = now
            return None

    def finish(self, caller: str, key: str, answer: KeptAnswer) -> None:
        """Keep what was answered."""
        with self._database.transaction() as session:
            row = _find(session, caller, key)
            if row is not None:
                row.status, row.body, row.media_type = answer.status, answer.body, answer.media_type

    def forget(self, caller: str, key: str) -> None:
        """It came to nothing: the same request may be tried again."""
        with self._database.transaction() as session:
            row = _find(session, caller, key)
            if row is not None:
                session.delete(row)


def _find(session: Session, caller: str, key: str) -> IdempotencyKey | None:
    """To be changed in this transaction: whoever else wants it waits."""
    query = select(IdempotencyKey).where(IdempotencyKey.caller == caller, IdempotencyKey.key == key)
    return session.exec(query.with_for_update()).one_or_none()


def _under_way(key: str) -> Conflict:
    return Conflict(f"A request with the key {key} is under way; ask again in a moment.")
