"""The code of a project at the newest commit that was read, or at a moment, as arrays, without the graph's server."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, func, literal, or_, select
from sqlmodel import Session

from sigma_core.codebase.tables import commits, coverage, entities, facts, measurements, readings
from sigma_core.database import Database
from sigma_core.graph.facts import plain
from sigma_core.graph.graph_rows import group_id
from sigma_core.graph.snapshot import Facts, GraphSnapshot
from sigma_core.graph.texts import Texts
from sigma_core.graph.vocabulary import TESTED_BY

KEPT = 4
"""Projects whose code is kept at hand."""


class CodeSnapshots:
    """What holds in the code of each project, read again when anything of it has changed."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._kept: dict[tuple[int, datetime | None], GraphSnapshot] = {}

    def of(self, project_id: int, at: datetime | None = None) -> GraphSnapshot:
        """What holds now, or held at a moment, under the names it had then. Empty where the code was not read."""
        key = (project_id, at)
        with self._database.reading() as session:
            version = _version(session, project_id) + (f"@{at.isoformat()}" if at else "")
            kept = self._kept.pop(key, None)
            if kept is None or kept.version != version:
                kept = _read(session, project_id, at, version)
        self._kept[key] = kept
        while len(self._kept) > KEPT:
            self._kept.pop(next(iter(self._kept)))
        return kept


def _version(session: Session, project_id: int) -> str:
    newest = session.execute(select(readings.c.newest_id).where(readings.c.project_id == project_id)).scalar()
    open_ = and_(facts.c.project_id == project_id, facts.c.until_id.is_(None))
    count, last = session.execute(select(func.count(), func.max(facts.c.id)).where(open_)).one()
    seen = and_(coverage.c.project_id == project_id, coverage.c.until_id.is_(None))
    pairs, latest = session.execute(select(func.count(), func.max(coverage.c.id)).where(seen)).one()
    return f"code/{project_id}/{newest}/{count}/{last}/{pairs}/{latest}"


def _held(at: datetime | None, until: Any) -> ColumnElement[bool]:  # noqa: ANN401 (an alias of a table)
    if at is None:
        return facts.c.until_id.is_(None)
    return and_(or_(commits.c.at <= at, facts.c.is_older), or_(facts.c.until_id.is_(None), until.c.at > at))


def _was_seen(at: datetime | None, ended: Any) -> ColumnElement[bool]:  # noqa: ANN401 (an alias of a table)
    if at is None:
        return coverage.c.until_id.is_(None)
    return and_(measurements.c.at <= at, or_(coverage.c.until_id.is_(None), ended.c.at > at))


def _read(session: Session, project_id: int, at: datetime | None, version: str) -> GraphSnapshot:
    import numpy as np

    until = commits.alias("until")
    told = (
        select(facts.c.id, facts.c.subject_id, facts.c.predicate, facts.c.object_id, facts.c.says, commits.c.at)
        .join(commits, commits.c.id == facts.c.since_id)
        .outerjoin(until, until.c.id == facts.c.until_id)
        .where(facts.c.project_id == project_id, facts.c.is_void.is_(False), _held(at, until))
        .order_by(facts.c.id)
    )
    ended = measurements.alias("ended")
    seen = (
        select(
            coverage.c.id,
            coverage.c.function_id.label("subject_id"),
            literal(TESTED_BY).label("predicate"),
            coverage.c.test_id.label("object_id"),
            literal("").label("says"),
            measurements.c.at,
        )
        .join(measurements, measurements.c.id == coverage.c.since_id)
        .outerjoin(ended, ended.c.id == coverage.c.until_id)
        .where(coverage.c.project_id == project_id, _was_seen(at, ended))
        .order_by(coverage.c.id)
    )
    rows = [*session.execute(told), *session.execute(seen)]
    called = {row.object_id: row.says for row in rows if row.says}
    mentioned = {each for row in rows for each in (row.subject_id, row.object_id)}
    named = select(entities.c.id, entities.c.kind, entities.c.full_name).where(entities.c.project_id == project_id)
    known = [row for row in session.execute(named.order_by(entities.c.id)).all() if row.id in mentioned]
    place = {row.id: number for number, row in enumerate(known)}
    since = np.array([row.at.timestamp() for row in rows], np.float64)
    return GraphSnapshot(
        version=version,
        uuids=Texts.of(f"code/{row.id}" for row in known),
        names=Texts.of(plain(called.get(row.id, row.full_name)) for row in known),
        summaries=Texts.of([""] * len(known)),
        kinds=[(row.kind,) for row in known],
        groups=(group_id(project_id),),
        group=np.zeros(len(known), np.int32),
        born_at=np.full(len(known), since.min() if len(since) else 0.0),
        predicates=(predicates := sorted({row.predicate for row in rows})),
        facts=_facts(rows, place, {name: number for number, name in enumerate(predicates)}, since),
    )


def _facts(rows: Sequence[Any], place: dict[int, int], predicates: dict[str, int], since: Any) -> Facts:  # noqa: ANN401 (rows, an array)
    import numpy as np

    open_ = np.full(len(rows), np.nan)
    return Facts(
        uuids=Texts.of(f"{row.predicate}/{row.id}" for row in rows),
        source=np.array([place[row.subject_id] for row in rows], np.int32),
        target=np.array([place[row.object_id] for row in rows], np.int32),
        predicate=np.array([predicates[row.predicate] for row in rows], np.int32),
        sentences=Texts.of([""] * len(rows)),
        created_at=since,
        valid_at=since,
        invalid_at=open_,
        expired_at=open_,
    )
