"""The end of knowledge: short-lived items expire, medium ones are archived, long ones stay.

Archived items keep their rows: a decision that rested on one can still be explained. They no longer count as known.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, exists, func, or_, select, update
from sqlmodel import Session

from sigma_core.exchange import projection
from sigma_core.exchange.leases import ALL_PROCESSED
from sigma_core.exchange.message import DeliveryState, ValidationStatus
from sigma_core.exchange.payload import Payload, Persistence
from sigma_core.exchange.tables import delivery, knowledge

_UNFINISHED = (DeliveryState.READY, DeliveryState.LEASED, DeliveryState.WAITING)


@dataclass(frozen=True)
class Retained:
    """What a clean-up did, or with `dry_run` would do: items per type."""

    dry_run: bool
    expired: dict[str, int]
    archived: dict[str, int]

    @property
    def ended(self) -> int:
        """Items in all."""
        return sum((*self.expired.values(), *self.archived.values()))


def retain(
    session: Session,
    types: Iterable[type[Payload]],
    now: datetime,
    *,
    dry_run: bool,
    doubted: timedelta = timedelta(),
) -> Retained:
    """End the lives that are over. Items that somebody has not received yet wait.

    `doubted`: time that the clock tells and that nobody is sure of does not make anything old.
    """
    mortal = [kind for kind in types if kind.life_s() is not None]
    counts = {kind: _end(session, now, _over(kind, now - doubted), dry_run=dry_run) for kind in mortal}
    if not dry_run:
        session.execute(ALL_PROCESSED)
    by_name = {
        short: {kind.name: count for kind, count in counts.items() if (kind.persistence is Persistence.SHORT) is short}
        for short in (True, False)
    }
    return Retained(dry_run, expired=by_name[True], archived=by_name[False])


def _end(session: Session, now: datetime, over: ColumnElement[bool], *, dry_run: bool) -> int:
    if dry_run:
        count: int = session.execute(select(func.count()).select_from(knowledge).where(over)).scalar_one()
        return count
    ended = update(knowledge).where(over).values(archived_at=now, digest=None)
    ids = session.execute(ended.returning(knowledge.c.id)).scalars().all()
    projection.changed(session, ids, now)
    return len(ids)


def _over(kind: type[Payload], now: datetime) -> ColumnElement[bool]:
    life_s = kind.life_s() or 0.0
    old = knowledge.c.refreshed_at < now - timedelta(seconds=life_s)
    # what contradicted it is the fresher copy
    superseded = knowledge.c.validation_status == ValidationStatus.CONTRADICTED
    ended = old if kind.persistence is Persistence.SHORT else or_(old, superseded)
    awaited = exists().where(delivery.c.knowledge_id == knowledge.c.id, delivery.c.state.in_(_UNFINISHED))
    return and_(knowledge.c.type == kind.name, knowledge.c.archived_at.is_(None), ended, ~awaited)
