"""What the graph is to show of the exchange."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select
from sqlmodel import Session

from sigma_core.codebase.places import Place, PlacedEntity, standing_at
from sigma_core.errors import Invalid
from sigma_core.exchange.registry import Registry
from sigma_core.exchange.tables import knowledge
from sigma_core.exchange.validation import read_stored
from sigma_core.graph import outbox
from sigma_core.graph.facts import Entity, Fact
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
    rows = session.execute(select(knowledge).where(knowledge.c.id.in_(ids))).all()
    told = said_by(registry, session, rows)
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
            facts=told[row.id].facts,
            entities=told[row.id].entities,
        )
        for row in rows
    }


@dataclass(frozen=True)
class Said:
    """What an item says of entities."""

    facts: Sequence[Fact] = ()
    entities: Sequence[Entity] = ()

    @property
    def named(self) -> Iterator[Entity]:
        """All that it is about."""
        for fact in self.facts:
            yield from (fact.subject, fact.object)
        yield from self.entities

    def standing(self, code: Mapping[Place, PlacedEntity], at: datetime) -> "Said":
        """The same with the code's own entities in place of places; without facts about what is not known there."""

        def of(entity: Entity) -> Entity | None:
            found = code.get(Place(entity.place, at))
            return entity if not entity.place else found.entity if found else None

        facts = ((fact, of(fact.subject), of(fact.object)) for fact in self.facts)
        known = [replace(fact, subject=one, object=other) for fact, one, other in facts if one and other]
        return Said(known, [each for entity in self.entities if (each := of(entity))])


def said_by(registry: Registry, session: Session, rows: Iterable[Row[Any]]) -> Mapping[int, Said]:
    """What these items say, by their ids."""
    told = {row.id: (row, _facts_of_item(registry, row.type, row.data)) for row in rows}
    wanted: dict[int, set[Place]] = {}
    for row, said in told.values():
        if row.project_id is not None:
            places = (Place(each.place, row.created_at) for each in said.named if each.place)
            wanted.setdefault(row.project_id, set()).update(places)
    code = {project: standing_at(session, project, places) for project, places in wanted.items() if places}
    return {id_: said.standing(code.get(row.project_id, {}), row.created_at) for id_, (row, said) in told.items()}


def _facts_of_item(registry: Registry, type_name: str, data: Mapping[str, Any]) -> Said:
    """Nothing where its type knows it no more: the episode is shown all the same."""
    try:
        payload = read_stored(type_name, data, registry)
        return Said(payload.facts(), payload.entities())
    except Invalid:
        return Said()
