"""Which test executes which function, as measured at one commit after the other."""

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import and_, insert, select, update
from sqlmodel import Session

from sigma_core.clock import Clock
from sigma_core.codebase.commits_read import moment_of
from sigma_core.codebase.places import Place, standing_at
from sigma_core.codebase.record import portions
from sigma_core.codebase.tables import CodeMeasurement, coverage, entities, facts, measurements
from sigma_core.database import Database
from sigma_core.graph import outbox
from sigma_core.graph.outbox import Changed
from sigma_core.graph.vocabulary import CLASS, DEFINES, FUNCTION, MODULE, TEST

ORIGIN = "coverage"
MOST_PAIRS = 200_000
"""Of one measurement: what is beyond is left out."""
Pair = tuple[str, str]
"""Function and test, each as `path:qualified.name`."""


@dataclass(frozen=True)
class Measured:
    """What a run of the tests at a commit showed."""

    commit: str
    files: Collection[str]
    """Whose lines were recorded."""
    pairs: Collection[Pair] = field(repr=False)
    is_whole: bool
    """All tests ran: what it does not show is so no more."""


class Coverage:
    """The record of all projects."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock

    def is_known(self, project_id: int, commit: str, files: Collection[str], tests: Collection[str]) -> bool:
        """Whether such a run is on record, or cannot be entered: the commit was not read, or is older than the last."""
        digest = _digest(files, tests)
        with self._database.reading() as session:
            at = moment_of(session, project_id, commit)
            mine = select(measurements).where(measurements.c.project_id == project_id)
            last = session.execute(mine.order_by(measurements.c.at.desc()).limit(1)).first()
            same = and_(measurements.c.commit == commit, measurements.c.digest == digest)
            return (
                at is None
                or (last is not None and last.at > at)
                or session.execute(mine.where(same)).first() is not None
            )

    def enter(self, project_id: int, measured: Measured, tests: Collection[str]) -> None:
        """Take over what a run showed."""
        with self._database.transaction() as session:
            self._database.lock(session, f"coverage/{project_id}")
            at = moment_of(session, project_id, measured.commit)
            if at is None:
                return
            row = CodeMeasurement(
                project_id=project_id,
                commit=measured.commit,
                digest=_digest(measured.files, tests),
                at=at,
            )
            session.add(row)
            session.flush()
            seen = _rows(session, project_id, at, list(measured.pairs)[:MOST_PAIRS])
            known = dict(_open(session, project_id))
            ended = _lost_pairs(session, project_id, measured, at, known, seen) if measured.is_whole else {}
            fresh = [each for each in sorted(seen) if each not in known]
            for some in portions(fresh):
                values = {"project_id": project_id, "since_id": row.id}
                session.execute(insert(coverage), [{**values, "function_id": f, "test_id": t} for f, t in some])
            for ids in portions(sorted(id_ for id_, _ in ended.values())):
                session.execute(update(coverage).where(coverage.c.id.in_(ids)).values(until_id=row.id))
            told = {row.id or 0, *(since for _, since in ended.values())}
            outbox.enqueue(session, (Changed(ORIGIN, each) for each in sorted(told)), self._clock())


def _rows(session: Session, project_id: int, at: datetime, pairs: Collection[Pair]) -> set[tuple[int, int]]:
    found = standing_at(session, project_id, {Place(name, at) for pair in pairs for name in pair})
    ids = {place.name: each.id for place, each in found.items() if each.kind in (FUNCTION, TEST, CLASS)}
    return {(ids[function], ids[test]) for function, test in pairs if function in ids and test in ids}


def _open(session: Session, project_id: int) -> Iterator[tuple[tuple[int, int], tuple[int, int]]]:
    """What was seen last: function and test, with their row and the measurement that began it."""
    held = select(coverage).where(coverage.c.project_id == project_id, coverage.c.until_id.is_(None))
    for row in session.execute(held):
        yield (row.function_id, row.test_id), (row.id, row.since_id)


def _lost_pairs(
    session: Session,
    project_id: int,
    measured: Measured,
    at: datetime,
    known: Mapping[tuple[int, int], tuple[int, int]],
    seen: Collection[tuple[int, int]],
) -> dict[tuple[int, int], tuple[int, int]]:
    """What this run does not have of what it looked at, and what is in files that are gone."""
    found = standing_at(session, project_id, {Place(path, at) for path in measured.files})
    looked_at = _keys(session, {each.id for each in found.values()})
    files = _keys(session, {function for function, _ in known})
    there = _files(session, project_id)
    gone = {id_ for id_, file in files.items() if file in looked_at.values() or file not in there}
    return {pair: row for pair, row in known.items() if pair not in seen and pair[0] in gone}


def _keys(session: Session, ids: Collection[int]) -> dict[int, str]:
    """Keys of the files that these entities are in."""
    found = dict[int, str]()
    for some in portions(sorted(ids)):
        found |= {row.id: row.file for row in session.execute(select(entities).where(entities.c.id.in_(some)))}
    return found


def _files(session: Session, project_id: int) -> set[str]:
    """Keys of the files that there are now."""
    held = and_(facts.c.project_id == project_id, facts.c.until_id.is_(None), facts.c.predicate == DEFINES)
    joined = facts.join(entities, entities.c.id == facts.c.object_id)
    query = select(entities.c.file).select_from(joined).where(held, entities.c.kind == MODULE, ~facts.c.is_void)
    return set(session.execute(query).scalars())


def _digest(files: Collection[str], tests: Collection[str]) -> str:
    return hashlib.sha256(json.dumps([sorted(files), sorted(tests)]).encode()).hexdigest()[:40]
