"""Conflicts: both sides, with what speaks for each."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, or_, select
from sqlmodel import Session

from sigma_core.exchange.conflict_rules import Contestant, evidence_weight
from sigma_core.exchange.items import Item, item_of, trust
from sigma_core.exchange.payload import Payload
from sigma_core.exchange.registry import Registry
from sigma_core.exchange.tables import conflict, knowledge


@dataclass(frozen=True)
class ConflictSide:
    """One side of a conflict, and what speaks for it now."""

    item: Item
    weight: float


@dataclass(frozen=True)
class Dispute:
    """Two items that contradict each other. Without `winner_id` a person has to decide."""

    id: int
    kind: type[Payload] | None
    """None: its type is no longer registered."""
    type: str
    standing: ConflictSide
    challenger: ConflictSide
    winner_id: int | None
    strategy: str
    decided_by: str
    reason: str | None
    created_at: datetime
    decided_at: datetime | None

    @property
    def suggested_id(self) -> int:
        """The heavier side; at equal weight the challenger, who spoke last."""
        heavier = self.challenger if self.challenger.weight >= self.standing.weight else self.standing
        return heavier.item.id


def disputes(
    session: Session, registry: Registry, now: datetime, limit: int, offset: int = 0, *, open_only: bool = False
) -> list[Dispute]:
    """Conflicts, newest first."""
    which = _which(None, ruled=False) if open_only else []
    return conflicts_where(session, registry, now, which, limit, offset, newest=True)


def open_disputes(
    session: Session, registry: Registry, now: datetime, limit: int, offset: int = 0, project_id: int | None = None
) -> list[Dispute]:
    """Those that wait for a person, oldest first: the order in which they are worked through."""
    return conflicts_where(session, registry, now, _which(project_id, ruled=False), limit, offset)


def ruled_disputes(
    session: Session, registry: Registry, now: datetime, limit: int, offset: int = 0, project_id: int | None = None
) -> list[Dispute]:
    """Those that are decided, newest first."""
    return conflicts_where(session, registry, now, _which(project_id, ruled=True), limit, offset, newest=True)


def count_disputes(session: Session, project_id: int | None, *, ruled: bool) -> int:
    """How many are decided, or wait for a person."""
    query = select(func.count()).select_from(conflict).where(*_which(project_id, ruled=ruled))
    return int(session.execute(query).scalar_one())


def _which(project_id: int | None, *, ruled: bool) -> list[ColumnElement[bool]]:
    """A conflict is a project's when one of its sides is."""
    decided = conflict.c.winner_id.is_not(None) if ruled else conflict.c.winner_id.is_(None)
    if project_id is None:
        return [decided]
    own = select(knowledge.c.id).where(knowledge.c.project_id == project_id)
    return [decided, or_(conflict.c.standing_id.in_(own), conflict.c.challenger_id.in_(own))]


def conflicts_where(
    session: Session,
    registry: Registry,
    now: datetime,
    which: Sequence[ColumnElement[bool]],
    limit: int,
    offset: int = 0,
    *,
    newest: bool = False,
) -> list[Dispute]:
    order = conflict.c.id.desc() if newest else conflict.c.id
    rows = session.execute(select(conflict).where(*which).order_by(order).limit(limit).offset(offset)).all()
    ids = {id_ for row in rows for id_ in (row.standing_id, row.challenger_id)}
    if not ids:
        return []
    trusted = trust(session, list(ids))
    found = session.execute(select(knowledge).where(knowledge.c.id.in_(ids))).all()
    sides = {row.id: _side(item_of(row, registry, now), registry, trusted[row.id], now) for row in found}
    return [
        Dispute(
            row.id,
            _kind(registry, row.type),
            row.type,
            sides[row.standing_id],
            sides[row.challenger_id],
            row.winner_id,
            row.strategy,
            row.decided_by,
            row.reason,
            row.created_at,
            row.decided_at,
        )
        for row in rows
    ]


def _kind(registry: Registry, name: str) -> type[Payload] | None:
    if name not in registry:
        return None
    return registry[name]


def _side(item: Item, registry: Registry, trusted: float, now: datetime) -> ConflictSide:
    kind = _kind(registry, item.type)
    certainty = kind.model_construct(**item.data).certainty() if kind else 1.0
    weighed = Contestant(
        item.id,
        item.type,
        item.data,
        certainty,
        item.refreshed_at,
        registry.decay_s(item.type),
        item.evidence_count,
        trusted,
    )
    return ConflictSide(item, evidence_weight(weighed, now))
