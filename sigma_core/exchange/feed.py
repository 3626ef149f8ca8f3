"""What happened in the exchange, in any process, read by position: nothing is left out, nothing comes twice.

It reads the rows that are there anyway. Their ids and moments are given before their transaction commits, so the
newest one seen is no safe position: one given earlier may still appear. A position is therefore a moment that no open
transaction reaches back to, and the few happenings after it that its reader has had.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import func, or_, select, text
from sqlmodel import Session, col

from sigma_core.audit import AuditEntry
from sigma_core.clock import Clock
from sigma_core.database import Database
from sigma_core.errors import Invalid
from sigma_core.exchange.message import DeliveryState
from sigma_core.exchange.tables import conflict, delivery, knowledge
from sigma_core.jobs import WORKERS

SLACK_S = 5.0
"""How far the clocks of writing processes may differ, or be set back."""
LONGEST_WRITE = timedelta(minutes=15)
"""On SQLite no transaction holds the write lock for longer: every other writer would have failed long before."""
LONGEST_POSITION = 1_000_000
_OLDEST = text(
    "SELECT min(xact_start) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
)


class HappeningKind(StrEnum):
    """What can happen."""

    PUBLISHED = "published"
    CONFIRMED = "confirmed"
    """Said again; what was said several times between two readings is one happening."""
    CONTRADICTED = "contradicted"
    """Two items contradict each other."""
    SETTLED = "settled"
    """A person decided a conflict."""
    DEAD = "dead"
    """A delivery was given up."""
    REPLAYED = "replayed"


@dataclass(frozen=True)
class Happening:
    """One thing that happened. `object` is its noun and id: knowledge/12, conflict/3, delivery/7."""

    kind: HappeningKind
    object: str
    type: str
    """The type of knowledge; empty for what a person did."""
    at: datetime
    key: str
    """Names it; the same happening has the same key at every reading."""


@dataclass(frozen=True)
class Position:
    """Up to where a reader has read: all before `low`, and after it what is in `seen`."""

    low: datetime
    seen: frozenset[str]

    def __str__(self) -> str:
        return " ".join([self.low.isoformat(), *sorted(self.seen)])

    @classmethod
    def parse(cls, written: str) -> "Position":
        """Read it back. Raises `Invalid`."""
        low, *seen = written[:LONGEST_POSITION].split(" ")
        try:
            moment = datetime.fromisoformat(low)
        except ValueError:
            raise Invalid({"position": f"{low[:60]!r} is not a position of the feed"}) from None
        if moment.tzinfo is None or len(written) > LONGEST_POSITION:
            raise Invalid({"position": "is not a position of the feed"})
        return cls(moment, frozenset(seen))


class Feed:
    """Reads what happened. `slack_s`: see `SLACK_S`."""

    def __init__(self, database: Database, clock: Clock, *, slack_s: float = SLACK_S) -> None:
        self._database, self._clock = database, clock
        self._slack = timedelta(seconds=slack_s)

    def end(self) -> Position:
        """The position after all that has happened so far."""
        with self._database.reading() as session:
            low = self._settled(session, None)
            return Position(low, frozenset(one.key for one in _since(session, low)))

    def read(self, position: Position) -> tuple[list[Happening], Position]:
        """What happened after `position`, oldest first, and the position after it."""
        with self._database.reading() as session:
            # asked before the rows are: who ends in between has written what is read
            low = max(position.low, self._settled(session, position.low))
            found = sorted(_since(session, position.low), key=lambda one: (one.at, one.key))
        unseen = [one for one in found if one.key not in position.seen]
        seen = frozenset(one.key for one in found if one.at > low)
        return unseen, Position(low, seen)

    def _settled(self, session: Session, before: datetime | None) -> datetime:
        """A moment that whatever commits from now on is younger than."""
        now = self._clock()
        if self._database.is_sqlite:
            # writers come one after another: who is at work is younger than all that is there
            newest = session.execute(select(func.max(knowledge.c.refreshed_at))).scalar()
            return max(min(newest or before or now, now) - self._slack, now - LONGEST_WRITE)
        oldest: datetime | None = session.execute(_OLDEST).scalar()
        return min(oldest or now, now) - self._slack


def _since(session: Session, low: datetime) -> Iterator[Happening]:
    yield from _published(session, low)
    yield from _conflicts(session, low)
    yield from _dead_letters(session, low)
    yield from _acts_of_people(session, low)


def _published(session: Session, low: datetime) -> Iterator[Happening]:
    c = knowledge.c
    rows = session.execute(
        select(c.id, c.type, c.created_at, c.refreshed_at, c.evidence_count).where(c.refreshed_at > low)
    )
    for id_, type_, created_at, refreshed_at, count in rows:
        named = f"knowledge/{id_}"
        if created_at > low:
            yield Happening(HappeningKind.PUBLISHED, named, type_, created_at, f"k{id_}")
        if count > 1:
            yield Happening(HappeningKind.CONFIRMED, named, type_, refreshed_at, f"k{id_}.{count}")


def _conflicts(session: Session, low: datetime) -> Iterator[Happening]:
    c = conflict.c
    for id_, type_, at in session.execute(select(c.id, c.type, c.created_at).where(c.created_at > low)):
        yield Happening(HappeningKind.CONTRADICTED, f"conflict/{id_}", type_, at, f"c{id_}")


def _dead_letters(session: Session, low: datetime) -> Iterator[Happening]:
    c = delivery.c
    rows = session.execute(
        select(c.id, knowledge.c.type, c.done_at)
        .join(knowledge, knowledge.c.id == c.knowledge_id)
        .where(c.recipient.in_(WORKERS), c.state == DeliveryState.DEAD.value, c.done_at > low)
    )
    for id_, type_, at in rows:
        yield Happening(HappeningKind.DEAD, f"delivery/{id_}", type_, at, f"d{id_}.{at.timestamp():.6f}")


def _acts_of_people(session: Session, low: datetime) -> Iterator[Happening]:
    kinds = {"settle": HappeningKind.SETTLED, "replay": HappeningKind.REPLAYED}
    acts = or_(*(col(AuditEntry.action) == action for action in kinds))
    rows = session.execute(
        select(AuditEntry.id, AuditEntry.action, AuditEntry.object, AuditEntry.created_at).where(  # type: ignore[call-overload]
            acts, col(AuditEntry.created_at) > low
        )
    )
    for id_, action, named, at in rows:
        yield Happening(kinds[action], named, "", at, f"a{id_}")
