"""What items that somebody keeps are worth now: those that still stand, with their freshness and their recipients'
trust."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlmodel import Session

from sigma_core.exchange.contest import VALID
from sigma_core.exchange.freshness import freshness
from sigma_core.exchange.ledger import trust
from sigma_core.exchange.registry import Registry
from sigma_core.exchange.tables import knowledge


@dataclass(frozen=True)
class Standing:
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


def standing(session: Session, ids: Collection[int], registry: Registry, now: datetime) -> dict[int, Standing]:
    """Those of these items that stand, by id."""
    if not ids:
        return {}
    rows = session.execute(
        select(knowledge).where(
            knowledge.c.id.in_(ids), knowledge.c.validation_status == VALID, knowledge.c.archived_at.is_(None)
        )
    ).all()
    trusted = trust(session, [row.id for row in rows])
    return {
        row.id: Standing(
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
