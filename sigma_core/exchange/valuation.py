"""What items that somebody keeps are worth now: those that still stand, with their freshness and their recipients'
trust."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlmodel import Session

from sigma_core.exchange.freshness import freshness
from sigma_core.exchange.message import ValidationStatus
from sigma_core.exchange.registry import Registry
from sigma_core.exchange.tables import knowledge, validation


@dataclass(frozen=True)
class ValuedItem:
    """An item that has neither lost a conflict nor come to the end of its life. `freshness` and `trust` 0–1."""

    id: int
    type: str
    data: Mapping[str, Any]
    source: str
    project_id: int | None
    freshness: float
    trust: float
    evidence_count: int

    @property
    def weight(self) -> float:
        """How much it counts, 0–1: freshness × trust."""
        return self.freshness * self.trust


def valued(session: Session, ids: Collection[int], registry: Registry, now: datetime) -> dict[int, ValuedItem]:
    """Those of these items that stand, by id."""
    if not ids:
        return {}
    rows = session.execute(
        select(knowledge).where(
            knowledge.c.id.in_(ids),
            knowledge.c.validation_status == ValidationStatus.VALID,
            knowledge.c.archived_at.is_(None),
        )
    ).all()
    trusted = trust(session, [row.id for row in rows])
    return {
        row.id: ValuedItem(
            row.id,
            row.type,
            row.data,
            row.source,
            row.project_id,
            freshness(row.refreshed_at, now, registry.decay_s(row.type)),
            trusted[row.id],
            row.evidence_count,
        )
        for row in rows
    }


def trust(session: Session, knowledge_ids: Sequence[int]) -> dict[int, float]:
    """How recipients judged each item, 0–1: the mean of their last scores and one 1 to start from."""
    entry = validation.c
    last = (
        select(func.max(entry.id))
        .where(entry.knowledge_id.in_(knowledge_ids), entry.verdict.is_not(None))
        .group_by(entry.knowledge_id, entry.validator)
    )
    rows = session.execute(
        select(entry.knowledge_id, func.sum(entry.score), func.count())
        .where(entry.id.in_(last))
        .group_by(entry.knowledge_id)
    )
    judged = {knowledge_id: (1 + total) / (1 + count) for knowledge_id, total, count in rows}
    return {knowledge_id: judged.get(knowledge_id, 1.0) for knowledge_id in knowledge_ids}
