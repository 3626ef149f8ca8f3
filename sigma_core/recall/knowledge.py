"""Knowledge of the exchange, as documents."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, or_, select
from sqlmodel import Session

from sigma_core.exchange.items import trust
from sigma_core.exchange.message import ValidationStatus
from sigma_core.exchange.projection import said_by
from sigma_core.exchange.registry import Registry
from sigma_core.exchange.tables import knowledge
from sigma_core.exchange.types import DecisionOutcome
from sigma_core.recall.source import Document

RECALL = "recall"


class KnowledgeSource:
    """Items that stand. What recall itself published repeats other documents and is left out."""

    kind = "knowledge"

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    def stamps(self) -> Select[int, datetime]:
        """By the moment of the last confirmation."""
        return select(knowledge.c.id.label("key"), knowledge.c.refreshed_at.label("stamp")).where(
            knowledge.c.source != RECALL
        )

    def unchanging(self, session: Session) -> None:
        """None: items of knowledge do change."""

    def documents(self, session: Session, keys: Sequence[int]) -> Sequence[Document]:
        """Type and payload as text."""
        rows = session.execute(select(knowledge).where(knowledge.c.id.in_(keys))).all()
        told = said_by(self._registry, session, rows)
        return [
            Document(
                key=row.id,
                project_id=row.project_id,
                source=row.source,
                text=f"{row.type.replace('_', ' ')}: {'; '.join(_phrases(row.type, row.data))}",
                stamp=row.refreshed_at,
                recorded_at=row.created_at,
                decay_s=self._registry.decay_s(row.type),
                entities=list(told[row.id].named),
            )
            for row in rows
        ]

    def worth(self, session: Session, keys: Sequence[int], moment: datetime) -> Mapping[int, float]:
        """What recipients' verdicts make of the items that stood: what ended later stood then."""
        unbroken = or_(knowledge.c.validation_status == ValidationStatus.VALID, knowledge.c.contradicted_at > moment)
        alive = or_(knowledge.c.archived_at.is_(None), knowledge.c.archived_at > moment)
        standing = session.execute(select(knowledge.c.id).where(knowledge.c.id.in_(keys), unbroken, alive))
        return trust(session, standing.scalars().all())


def _phrases(type_name: str, data: Mapping[str, Any]) -> Iterator[str]:
    # Of what is undecided, or was told before that had a name, no success is no failure
    open_ = type_name == DecisionOutcome.name and not data.get("success") and data.get("outcome") != "rejected"
    for name, value in data.items():
        if value is not None and not (open_ and name == "success"):
            yield f"{name.replace('_', ' ')} {' '.join(_texts(value))}"


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        for name, child in value.items():
            yield name
            yield from _texts(child)
    elif isinstance(value, list):
        for child in value:
            yield from _texts(child)
    else:
        yield str(value)
