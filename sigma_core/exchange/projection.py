"""What the graph is to show of the exchange."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlmodel import Session

from sigma_core.exchange.tables import knowledge
from sigma_core.graph import outbox
from sigma_core.graph.outbox import Changed
from sigma_core.graph.writer import GraphItem
from sigma_core.prepared import Prepared, one_of

ORIGIN = "knowledge"
_SUBJECTS = Prepared(select(knowledge.c.id, knowledge.c.subject).where(one_of(knowledge.c.id, "ids")))


def added(session: Session, subjects: Iterable[tuple[int, str | None]], now: datetime) -> None:
    """These items (id, subject) are new: the graph is to show them."""
    outbox.enqueue_new(session, (Changed(ORIGIN, id_, subject) for id_, subject in subjects), now)


def changed(session: Session, ids: Sequence[int], now: datetime) -> None:
    """These items are to be shown as they are now."""
    rows = _SUBJECTS.rows(session, {"ids": list(ids)})
    outbox.enqueue(session, (Changed(ORIGIN, id_, subject) for id_, subject in rows), now)


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
