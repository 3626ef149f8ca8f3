"""The code of a project as it is at the newest commit that was read, as arrays, without asking the graph's server."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import and_, func, literal, select
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
        self._kept: dict[int, GraphSnapshot] = {}

    def of(self, project_id: int) -> GraphSnapshot:
        """Empty for a project whose code was not read."""
        with self._database.reading() as session:
            version = _version(session, project_id)
            kept = self._kept.pop(project_id, None)
            if kept is None or kept.version != version:
                kept = _read(session, project_id, version)
        self._kept[project_id] = kept
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


def _read(session: Session, project_id: int, version: str) -> GraphSnapshot:
    import numpy as np

    told = (
        select(facts.c.id, facts.c.subject_id, facts.c.predicate, facts.c.object_id, commits.c.at)
        .join(commits, commits.c.id == facts.c.since_id)
        .where(facts.c.project_id == project_id, facts.c.until_id.is_(None), facts.c.is_void.is_(False))
        .order_by(facts.c.id)
    )
    seen = (
        select(
            coverage.c.id,
            coverage.c.function_id.label("subject_id"),
            literal(TESTED_BY).label("predicate"),
            coverage.c.test_id.label("object_id"),
            measurements.c.at,
        )
        .join(measurements, measurements.c.id == coverage.c.since_id)
        .where(coverage.c.project_id == project_id, coverage.c.until_id.is_(None))
        .order_by(coverage.c.id)
    )
    rows = [*session.execute(told), *session.execute(seen)]
    mentioned = {each for row in rows for each in (row.subject_id, row.object_id)}
    named = select(entities.c.id, entities.c.kind, entities.c.full_name).where(entities.c.project_id == project_id)
    known = [row for row in session.execute(named.order_by(entities.c.id)).all() if row.id in mentioned]
    place = {row.id: number for number, row in enumerate(known)}
    since = np.array([row.at.timestamp() for row in rows], np.float64)
    return GraphSnapshot(
        version=version,
        uuids=Texts.of(f"code/{row.id}" for row in known),
        names=Texts.of(plain(row.full_name) for row in known),
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
