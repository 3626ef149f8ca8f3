"""What the graph is to show of the exchange."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlmodel import Session

from sigma_core.errors import Invalid
from sigma_core.exchange.registry import Registry
from sigma_core.exchange.tables import knowledge
from sigma_core.exchange.validation import read_stored
from sigma_core.graph import outbox
from sigma_core.graph.facts import Fact
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


def everything(session: Session) -> Iterator[Changed]:
    """Every item, for a graph that is built anew."""
    for id_, subject in session.execute(select(knowledge.c.id, knowledge.c.subject).order_by(knowledge.c.id)):
        yield Changed(ORIGIN, id_, subject)


def items(registry: Registry, session: Session, ids: Sequence[int]) -> Mapping[int, GraphItem]:
    """Items as they are now, for the updater."""
    rows = session.execute(select(knowledge).where(knowledge.c.id.in_(ids)))
    return {
        row.id: GraphItem(
            key=f"{ORIGIN}/{row.id}",
            type=row.type,
            data=row.data,
            source=row.source,
            project_id=row.project_id,
            valid_at=row.created_at,
            refreshed_at=row.refreshed_at,
            invalid_at=row.contradicted_at or row.archived_at,
            evidence_count=row.evidence_count,
            facts=facts_of(registry, row.type, row.data),
        )
        for row in rows
    }


def facts_of(registry: Registry, type_name: str, data: Mapping[str, Any]) -> Sequence[Fact]:
    """What it says of entities; nothing where its type knows it no more: the episode is shown all the same."""
    try:
        return read_stored(type_name, data, registry).facts()
    except Invalid:
        return ()
