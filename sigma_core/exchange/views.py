"""What people see of the exchange: values read in one consistent transaction, a fixed number of queries each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select
from sqlmodel import Session, col

from sigma_core.errors import NotFound
from sigma_core.exchange.conflicts import Contestant, evidence_weight
from sigma_core.exchange.freshness import freshness
from sigma_core.exchange.ledger import trust
from sigma_core.exchange.payload import Payload
from sigma_core.exchange.registry import Registry
from sigma_core.exchange.tables import conflict, delivery, knowledge, origin, validation
from sigma_core.projects.tables import Project

CONTRADICTED = "contradicted"


@dataclass(frozen=True)
class Item:
    """One item of knowledge as it is now."""

    id: int
    type: str
    source: str
    target: tuple[str, ...]
    urgency: str
    data: Mapping[str, Any]
    freshness: float
    evidence_count: int
    confirmed_by: tuple[str, ...]
    contradicted: bool
    project_id: int | None
    run_id: int | None
    created_at: datetime
    refreshed_at: datetime
    archived_at: datetime | None


@dataclass(frozen=True)
class Copy:
    """One recipient's copy of an item."""

    delivery_id: int
    recipient: str
    state: str
    attempts: int
    error: str | None
    done_at: datetime | None


@dataclass(frozen=True)
class Judgement:
    """An entry of the validation ledger."""

    validator: str
    verdict: str | None
    valid: bool
    score: float | None
    feedback: str
    created_at: datetime


@dataclass(frozen=True)
class Claim:
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
    standing: Claim
    challenger: Claim
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


@dataclass(frozen=True)
class Dossier:
    """All that is known about one item."""

    item: Item
    project: str | None
    origins: tuple[str, ...]
    copies: tuple[Copy, ...]
    judgements: tuple[Judgement, ...]
    disputes: tuple[Dispute, ...]


def item_of(row: Any, registry: Registry, now: datetime) -> Item:  # noqa: ANN401 (a row)
    """The item of a row of `knowledge_exchange`."""
    return Item(
        id=row.id,
        type=row.type,
        source=row.source,
        target=tuple(row.target),
        urgency=row.urgency,
        data=row.data,
        freshness=freshness(row.refreshed_at, now, registry.decay_s(row.type)),
        evidence_count=row.evidence_count,
        confirmed_by=tuple(row.meta.get("confirmed_by", ())),
        contradicted=row.validation_status == CONTRADICTED,
        project_id=row.project_id,
        run_id=row.run_id,
        created_at=row.created_at,
        refreshed_at=row.refreshed_at,
        archived_at=row.archived_at,
    )


def dossier(session: Session, registry: Registry, now: datetime, item_id: int) -> Dossier:
    """One item. Raises `NotFound`."""
    row = session.execute(
        knowledge.select()
        .add_columns(col(Project.name).label("project"))
        .outerjoin(Project, col(Project.id) == knowledge.c.project_id)
        .where(knowledge.c.id == item_id)
    ).first()
    if row is None:
        raise NotFound("message", item_id)
    names = session.execute(select(origin.c.origin).where(origin.c.knowledge_id == item_id).order_by(origin.c.origin))
    copies = session.execute(select(delivery).where(delivery.c.knowledge_id == item_id).order_by(delivery.c.id))
    entries = session.execute(select(validation).where(validation.c.knowledge_id == item_id).order_by(validation.c.id))
    mine = or_(conflict.c.standing_id == item_id, conflict.c.challenger_id == item_id)
    return Dossier(
        item=item_of(row, registry, now),
        project=row.project,
        origins=tuple(names.scalars()),
        copies=tuple(Copy(c.id, c.recipient, c.state, c.attempts, c.error, c.done_at) for c in copies),
        judgements=tuple(map(_judgement, entries)),
        disputes=tuple(_disputes(session, registry, now, [mine], 100)),
    )


def disputes(
    session: Session, registry: Registry, now: datetime, limit: int, offset: int = 0, *, open_only: bool = False
) -> list[Dispute]:
    """Conflicts, newest first."""
    which = _which(None, ruled=False) if open_only else []
    return _disputes(session, registry, now, which, limit, offset, newest=True)


def open_disputes(
    session: Session, registry: Registry, now: datetime, limit: int, offset: int = 0, project_id: int | None = None
) -> list[Dispute]:
    """Those that wait for a person, oldest first: the order in which they are worked through."""
    return _disputes(session, registry, now, _which(project_id, ruled=False), limit, offset)


def ruled_disputes(
    session: Session, registry: Registry, now: datetime, limit: int, offset: int = 0, project_id: int | None = None
) -> list[Dispute]:
    """Those that are decided, newest first."""
    return _disputes(session, registry, now, _which(project_id, ruled=True), limit, offset, newest=True)


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


def _disputes(
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
    claims = {row.id: _claim(item_of(row, registry, now), registry, trusted[row.id], now) for row in found}
    return [
        Dispute(
            row.id,
            _kind(registry, row.type),
            row.type,
            claims[row.standing_id],
            claims[row.challenger_id],
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


def _claim(item: Item, registry: Registry, trusted: float, now: datetime) -> Claim:
    kind = _kind(registry, item.type)
    certainty = kind.model_construct(**item.data).certainty() if kind else 1.0
    weighed = Contestant(
        item.id,
        item.type,
        "",
        item.data,
        certainty,
        item.refreshed_at,
        registry.decay_s(item.type),
        item.evidence_count,
        trusted,
    )
    return Claim(item, evidence_weight(weighed, now))


def _judgement(row: Any) -> Judgement:  # noqa: ANN401 (a row)
    said = "; ".join(text if name == "text" else f"{name}: {text}" for name, text in row.feedback.items())
    return Judgement(row.validator, row.verdict, row.valid, row.score, said, row.created_at)
