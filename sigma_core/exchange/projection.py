"""What the graph is to show of the exchange."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlmodel import Session

from sigma_core.exchange.tables import knowledge
from sigma_core.graph import outbox
from sigma_core.graph.outbox import Changed
from sigma_core.graph.writer import GraphItem

ORIGIN = "knowledge"


def added(session: Session, subjects: Iterable[tuple[int, str | None]], now: datetime) -> None:
    """These items (id, subject) are new, or changed: the graph is to show them as they are now."""
    outbox.enqueue(session, (Changed(ORIGIN, id_, subject) for id_, subject in subjects), now)


def changed(session: Session, ids: Sequence[int], now: datetime) -> None:
    """The same, of items whose subject is not at hand."""
    rows = session.execute(select(knowledge.c.id, knowledge.c.subject).where(knowledge.c.id.in_(ids)))
    added(session, ((row.id, row.subject) for row in rows), now)


def items(session: Session, ids: Sequence[int]) -> Mapping[int, GraphItem]:
    """Items as they are now, for the updater."""
    rows = session.execute(select(knowledge).where(knowledge.c.id.in_(ids)))
    return {
        row.id: GraphItem(
            key=f"{ORIGIN}/{row.id}", type=row.type, data=row.data, source=row.source, project_id=row.project_id,
            valid_at=row.created_at, refreshed_at=row.refreshed_at, invalid_at=row.contradicted_at or row.archived_at,
            evidence_count=row.evidence_count,
        )
        for row in rows
    }  # fmt: skip
