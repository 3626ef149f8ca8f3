"""All that is known about one item."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import or_, select
from sqlmodel import Session, col

from sigma_core.errors import NotFound
from sigma_core.exchange.disputes import Dispute, conflicts_where
from sigma_core.exchange.items import Item, item_of
from sigma_core.exchange.registry import Registry
from sigma_core.exchange.tables import conflict, delivery, knowledge, origin, validation
from sigma_core.projects.tables import Project


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
class LedgerEntry:
    """An entry of the validation ledger."""

    validator: str
    verdict: str | None
    valid: bool
    score: float | None
    feedback: str
    created_at: datetime


@dataclass(frozen=True)
class Dossier:
    """All that is known about one item."""

    item: Item
    project: str | None
    origins: tuple[str, ...]
    copies: tuple[Copy, ...]
    judgements: tuple[LedgerEntry, ...]
    disputes: tuple[Dispute, ...]


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
        judgements=tuple(map(_ledger_entry, entries)),
        disputes=tuple(conflicts_where(session, registry, now, [mine], 100)),
    )


def _ledger_entry(row: Any) -> LedgerEntry:  # noqa: ANN401 (a row)
    said = "; ".join(text if name == "text" else f"{name}: {text}" for name, text in row.feedback.items())
    return LedgerEntry(row.validator, row.verdict, row.valid, row.score, said, row.created_at)
