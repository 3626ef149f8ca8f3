"""Code facts as rows of one project: each holds from one commit to another."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, and_, bindparam, insert, or_, select, update
from sqlmodel import Session

from sigma_core.codebase.code_facts import CodeFact, EntityKey
from sigma_core.codebase.commits import Commit, CommitChanges
from sigma_core.codebase.tables import commits, entities, facts
from sigma_core.graph.vocabulary import DEFINES, PACKAGE
from sigma_core.text import storable

AT_ONCE = 500
Item = TypeVar("Item")


@dataclass
class Span:
    """A fact with the commits that began and ended it."""

    fact: CodeFact
    since: str | None
    """None: it held before the oldest commit that was read."""
    until: str | None
    """None: it still holds."""
    row: int | None = None
    """None: it is not stored yet."""


class CodeRecord:
    """The rows of a project, within one session."""

    def __init__(self, session: Session, project_id: int, project_name: str) -> None:
        self._session, self._project_id, self._project_name = session, project_id, project_name

    def commit_ids(self, line: Iterable[tuple[Commit, CommitChanges]]) -> dict[str, int]:
        """Rows of commits, by the commits' ids; made where there are none."""
        wanted = {commit.id: (commit, told) for commit, told in line}
        known = self.known_commits(wanted)
        fresh = [each for each in wanted if each not in known]
        rows = [
            {
                "project_id": self._project_id,
                "commit": each,
                "at": wanted[each][0].at,
                "author": storable(wanted[each][1].author, 200),
                "subject": storable(wanted[each][1].subject, 400),
                "is_read": True,
            }
            for each in fresh
        ]
        for some in portions(list(known.values())):
            read = update(commits).where(commits.c.id.in_(some), commits.c.is_read.is_(False)).values(is_read=True)
            self._session.execute(read)
        return known | dict(zip(fresh, self._inserted(commits, rows), strict=True))

    def known_commits(self, wanted: Iterable[str]) -> dict[str, int]:
        """Rows of those of these commits that there are."""
        found = dict[str, int]()
        for some in portions(sorted(wanted)):
            of_project = and_(commits.c.project_id == self._project_id, commits.c.commit.in_(some))
            found |= {row.commit: row.id for row in self._session.execute(select(commits).where(of_project))}
        return found

    def retime(self, line: Iterable[Commit]) -> list[int]:
        """Commits became the newest when this says, where it says otherwise; rows of those that tell of them."""
        wanted = {commit.id: commit.at for commit in line}
        mine = select(commits).where(commits.c.project_id == self._project_id)
        moved = [row for row in self._session.execute(mine) if wanted.get(row.commit, row.at) != row.at]
        for row in moved:
            self._session.execute(update(commits).where(commits.c.id == row.id).values(at=wanted[row.commit]))
        told = {row.id for row in moved}
        for some in portions(sorted(told)):
            begun = select(facts.c.since_id).where(facts.c.until_id.in_(some)).distinct()
            told |= set(self._session.execute(begun).scalars())
        return sorted(told)

    def open_spans(self, *, oldest: bool) -> dict[CodeFact, Span]:
        """What holds at the oldest commit that was read, or at the newest."""
        side = facts.c.is_older.is_(True) if oldest else facts.c.until_id.is_(None)
        mine = and_(facts.c.project_id == self._project_id, facts.c.is_void.is_(False), side)
        began, ended = commits.alias("began"), commits.alias("ended")
        joined = facts.join(began, began.c.id == facts.c.since_id).outerjoin(ended, ended.c.id == facts.c.until_id)
        told = select(facts, began.c.commit.label("since"), ended.c.commit.label("until")).select_from(joined)
        rows = self._session.execute(told.where(mine)).all()
        keys = self._keys({each for row in rows for each in (row.subject_id, row.object_id)})
        found = dict[CodeFact, Span]()
        for row in rows:
            subject, object_ = keys[row.subject_id], keys[row.object_id]
            fact = CodeFact(subject, row.predicate, object_, row.says, row.path, row.certainty)
            found[fact] = Span(fact, None if row.is_older else row.since, row.until, row.id)
        return found

    def save(self, spans: Sequence[Span], ids: Mapping[str, int], oldest: int) -> None:
        """Store what is new or otherwise, given the rows of its commits.

        `oldest`: the row of the commit since which everything older is known to hold.
        """
        fresh = [span for span in spans if span.row is None]
        subjects = self._entity_ids([span.fact for span in fresh])
        rows = [
            {
                "project_id": self._project_id,
                "subject_id": subjects[span.fact.subject],
                "predicate": span.fact.predicate,
                "object_id": subjects[span.fact.object],
                "says": span.fact.says,
                "path": span.fact.path,
                "certainty": span.fact.certainty,
                "is_void": False,
                **_held(span, ids, oldest),
            }
            for span in fresh
        ]
        known = [{"key": span.row, **_held(span, ids, oldest)} for span in spans if span.row is not None]
        for span, row in zip(fresh, self._inserted(facts, rows), strict=True):
            span.row = row
        if known:
            values: dict[str, Any] = {name: bindparam(name) for name in ("since_id", "is_older", "until_id")}
            changed = update(facts).where(facts.c.id == bindparam("key")).values(values)
            self._session.connection().execute(changed, known)
        older = and_(facts.c.project_id == self._project_id, facts.c.is_older.is_(True))
        self._session.execute(update(facts).where(older, facts.c.since_id != oldest).values(since_id=oldest))

    def forget(self, gone: ColumnElement[bool]) -> list[int]:
        """Take back what some commits told; the commits whose facts are otherwise now."""
        mine = facts.c.project_id == self._project_id
        ids = select(commits.c.id).where(commits.c.project_id == self._project_id, gone)
        by_them = and_(mine, facts.c.is_void.is_(False), facts.c.since_id.in_(ids) | facts.c.until_id.in_(ids))
        touched = list(self._session.execute(select(facts.c.since_id).where(by_them).distinct()).scalars())
        self._session.execute(update(facts).where(mine, facts.c.until_id.in_(ids)).values(until_id=None))
        void = {"is_void": True, "is_older": False, "until_id": facts.c.since_id}
        self._session.execute(update(facts).where(mine, facts.c.since_id.in_(ids)).values(void))
        self._session.execute(
            update(commits).where(commits.c.project_id == self._project_id, gone).values(is_read=False)
        )
        return touched

    def known_entities(self, keys: Iterable[EntityKey]) -> dict[EntityKey, int]:
        """The rows of those of these entities that have one."""
        by_digest = {digest_of(key): key for key in keys}
        return {by_digest[row.digest]: row.id for row in self._rows_of_digests(list(by_digest))}

    def rename(self, found: Iterable[CodeFact]) -> list[int]:
        """Entities are called as these facts define them; the commits that began a fact about one with a new name."""
        names = {digest_of(fact.object): fact.says for fact in found if fact.predicate == DEFINES}
        changed = [
            {"key": row.id, "called": names[row.digest]}
            for row in self._rows_of_digests(list(names))
            if row.full_name != names[row.digest]
        ]
        if changed:
            statement = update(entities).where(entities.c.id == bindparam("key")).values(full_name=bindparam("called"))
            self._session.connection().execute(statement, changed)
        return self._telling([row["key"] for row in changed])

    def _telling(self, ids: Sequence[int]) -> list[int]:
        """Commits that began a fact about these entities."""
        found = set[int]()
        for some in portions(ids):
            about = or_(facts.c.subject_id.in_(some), facts.c.object_id.in_(some))
            mine = select(facts.c.since_id).where(facts.c.project_id == self._project_id, about)
            found |= set(self._session.execute(mine.distinct()).scalars())
        return sorted(found)

    def _keys(self, ids: Iterable[int]) -> dict[int, EntityKey]:
        found = dict[int, EntityKey]()
        for some in portions(sorted(ids)):
            rows = self._session.execute(select(entities).where(entities.c.id.in_(some)))
            found |= {row.id: EntityKey(row.kind, row.file, row.name) for row in rows}
        return found

    def _rows_of_digests(self, digests: Sequence[str]) -> Iterator[Any]:
        for some in portions(digests):
            of_project = and_(entities.c.project_id == self._project_id, entities.c.digest.in_(some))
            yield from self._session.execute(select(entities).where(of_project)).all()

    def _entity_ids(self, found: Sequence[CodeFact]) -> dict[EntityKey, int]:
        names = {key: _plain_name(key, self._project_name) for fact in found for key in (fact.subject, fact.object)}
        names |= {fact.object: fact.says for fact in found if fact.predicate == DEFINES}
        return self.entity_ids(names)

    def entity_ids(self, names: Mapping[EntityKey, str]) -> dict[EntityKey, int]:
        """Rows of entities; those that are not there yet are called as is said here."""
        keys = {digest_of(key): key for key in names}
        known = {keys[row.digest]: row.id for row in self._rows_of_digests(list(keys))}
        fresh = [key for key in names if key not in known]
        rows = [
            {
                "project_id": self._project_id,
                "digest": digest_of(key),
                "kind": key.kind,
                "file": key.file,
                "name": key.name,
                "full_name": names[key],
            }
            for key in fresh
        ]
        return known | dict(zip(fresh, self._inserted(entities, rows), strict=True))

    def _inserted(self, table: Any, rows: Sequence[Mapping[str, Any]]) -> list[int]:  # noqa: ANN401 (a table)
        ids = list[int]()
        for some in portions(rows):
            statement = insert(table).returning(table.c.id, sort_by_parameter_order=True)
            ids += self._session.execute(statement, some).scalars().all()
        return ids


def portions(some: Sequence[Item]) -> Iterator[list[Item]]:
    """So many at a time as one statement takes."""
    return (list(some[start : start + AT_ONCE]) for start in range(0, len(some), AT_ONCE))


def _held(span: Span, ids: Mapping[str, int], oldest: int) -> dict[str, object]:
    since = oldest if span.since is None else ids[span.since]
    return {"since_id": since, "is_older": span.since is None, "until_id": span.until and ids[span.until]}


def _plain_name(key: EntityKey, project: str) -> str:
    """What it is called before anything defines it."""
    return key.name if key.kind == PACKAGE or key.file else project


def digest_of(key: EntityKey) -> str:
    """Names an entity within its project."""
    return hashlib.sha256(json.dumps(key).encode()).hexdigest()[:40]
