"""Items of knowledge as they are now: the newest, the freshest, and what those that somebody keeps are worth.

They are found by index, so the cost does not grow with the store: within a type freshness falls with age, so the
freshest of all are among the newest of each type.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from heapq import merge
from itertools import islice
from typing import Any

from sqlalchemy import BindParameter, CompoundSelect, Row, Select, bindparam, func, select, union_all
from sqlmodel import Session

from sigma_core.exchange.freshness import freshness
from sigma_core.exchange.message import ValidationStatus
from sigma_core.exchange.registry import Registry
from sigma_core.exchange.tables import knowledge, validation
from sigma_core.prepared import Prepared, read_moment


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


def freshest(
    session: Session, registry: Registry, now: datetime, limit: int, types: Sequence[str] = ()
) -> list[tuple[int, float]]:
    """Ids and freshness of the freshest standing items of these types (of all registered), freshest first."""
    names = tuple(types) or tuple(kind.name for kind in registry)
    by_type: dict[str, list[tuple[Any, int]]] = {}
    for id_, name, at in _newest_of(names).rows(session, {"most": limit}):
        by_type.setdefault(name, []).append((at, id_))
    measured = (_measured(items, now, registry.decay_s(name)) for name, items in by_type.items())
    return [(id_, fresh) for fresh, id_ in islice(merge(*measured, reverse=True), limit)]


def _measured(items: list[tuple[Any, int]], now: datetime, decay_s: float) -> Iterator[tuple[float, int]]:
    """Freshness and id of one type's items, freshest first; each measured when it is its turn."""
    items.sort(reverse=True)
    return ((freshness(read_moment(at), now, decay_s), id_) for at, id_ in items)


@lru_cache(64)
def _newest_of(types: tuple[str, ...]) -> Prepared:
    return Prepared(newest_of_each(types, bindparam("most")))


def newest_of_each(
    types: Sequence[str], limit: int | BindParameter[int], *extra: str, project_id: int | None = None
) -> CompoundSelect[Any]:
    """The `limit` standing items of each type that were confirmed last: id, type, refreshed_at and `extra` columns."""
    columns = [knowledge.c[name] for name in ("id", "type", "refreshed_at", *extra)]
    return union_all(*(select(_newest(name, limit, columns, project_id)) for name in types))


def newest(
    session: Session, limit: int, types: Sequence[str] = (), project_id: int | None = None, offset: int = 0
) -> list[Row[Any]]:
    """Whole rows, standing or not, whatever was said last first."""
    last = knowledge.c.refreshed_at.desc(), knowledge.c.id.desc()
    query = select(knowledge).order_by(*last).limit(limit).offset(offset)
    if types:
        wanted = [
            of_project(select(knowledge.c.id).where(knowledge.c.type == name), project_id)
            .order_by(*last)
            .limit(offset + limit)
            .subquery()
            for name in types
        ]
        query = query.where(knowledge.c.id.in_(union_all(*(select(one.c.id) for one in wanted))))
    return list(session.execute(of_project(query, project_id)).all())


def _newest(name: str, limit: int | BindParameter[int], columns: Sequence[Any], project_id: int | None) -> Any:  # noqa: ANN401 (a subquery)
    standing = select(*columns).where(
        knowledge.c.type == name,
        knowledge.c.archived_at.is_(None),
        knowledge.c.validation_status == ValidationStatus.VALID,
    )
    return (
        of_project(standing, project_id)
        .order_by(knowledge.c.refreshed_at.desc(), knowledge.c.id.desc())
        .limit(limit)
        .subquery()
    )


def of_project(query: Select[Any], project_id: int | None) -> Select[Any]:
    """The query for one project's items only, if one is given."""
    return query if project_id is None else query.where(knowledge.c.project_id == project_id)


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
