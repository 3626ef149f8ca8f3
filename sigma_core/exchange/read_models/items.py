"""One item of knowledge as it is now."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sigma_core.exchange.freshness import freshness
from sigma_core.exchange.message import ValidationStatus
from sigma_core.exchange.registry import Registry


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
        contradicted=row.validation_status == ValidationStatus.CONTRADICTED,
        project_id=row.project_id,
        run_id=row.run_id,
        created_at=row.created_at,
        refreshed_at=row.refreshed_at,
        archived_at=row.archived_at,
    )
