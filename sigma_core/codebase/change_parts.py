"""Reads which classes and functions each commit touched, after the files: the newest commits first."""

import time
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import ColumnElement, and_, func, select, update
from sqlmodel import Session

from sigma_core.clock import Clock
from sigma_core.codebase.change_record import ChangeRecord
from sigma_core.codebase.change_tables import changes, touches
from sigma_core.codebase.co_change import SWEEPING
from sigma_core.codebase.code_facts import EntityKey
from sigma_core.codebase.commit_log import logged_commits
from sigma_core.codebase.commits import TreeChange
from sigma_core.codebase.history import COMMIT
from sigma_core.codebase.part_texts import CodePart, PartTexts, part_texts, touched_parts
from sigma_core.codebase.python_reader import MOST_BYTES
from sigma_core.codebase.tables import commits, entities
from sigma_core.codebase.tree_state import is_read
from sigma_core.database import Database
from sigma_core.graph import outbox
from sigma_core.graph.outbox import Changed
from sigma_core.graph.vocabulary import MODULE
from sigma_core.projects.git import Clone
from sigma_core.projects.tables import Project

AT_ONCE = 50
"""Commits of one transaction."""
KEPT_TEXTS = 5_000


class _Module(NamedTuple):
    """A module that a commit touched."""

    commit_id: int
    key: str
    name: str


class ChangedParts:
    """Which classes and functions commits touched, in all projects."""

    def __init__(self, database: Database, clock: Clock, clone: Callable[[Project], Clone]) -> None:
        self._database, self._clock, self._clone = database, clock, clone

    def read(self, project: Project, *, ends: float, tell: Callable[[str], None]) -> int:
        """Read the newest commits of which it is not known, some at least; how many are left when `ends` has come."""
        with self._database.reading() as session:
            left = _unread_count(session, project.id or 0)
        reading = _Reading(self._clone(project))
        while left > 0:
            left -= self._read_some(project, reading)
            if time.monotonic() >= ends:
                break
            tell(f"reading which functions its commits changed: {left:,} commits left")
        return max(0, left)

    def _read_some(self, project: Project, reading: "_Reading") -> int:
        with self._database.reading() as session:
            unread = _unread(session, project.id or 0)
            modules = _modules(session, unread)
        found, names = dict[tuple[int, EntityKey], str](), dict[EntityKey, str]()
        for commit, path, parts in reading.parts(list(unread)):
            module = modules.get((commit, path))
            if module is not None:
                for part, how in parts:
                    key = EntityKey(part.kind, module.key, part.name)
                    found[module.commit_id, key] = how
                    names[key] = f"{module.name}.{part.name}"
        with self._database.transaction() as session:
            self._database.lock(session, f"code/{project.id}")
            record = ChangeRecord(session, project.id or 0, project.name)
            record.touch_parts(found, names)
            read = list(unread.values())
            session.execute(update(changes).where(changes.c.commit_id.in_(read)).values(parts_read=True))
            told = sorted({commit_id for commit_id, _ in found})
            outbox.enqueue(session, (Changed(COMMIT, each) for each in told), self._clock())
        return len(unread) or AT_ONCE


class _Reading:
    """The texts of parts at hand: what a commit leaves behind is what the next one finds."""

    def __init__(self, clone: Clone) -> None:
        self._clone = clone
        self._texts: OrderedDict[tuple[str, str], PartTexts | None] = OrderedDict()
        self._contents: Mapping[str, bytes] = {}

    def parts(self, ids: Sequence[str]) -> Iterator[tuple[str, str, list[tuple[CodePart, str]]]]:
        """Commits, each with the path of a file it changed and what it did to that file's parts."""
        told = [
            (commit.id, change)
            for commit in logged_commits(self._clone.logged(ids))
            for change in commit.changes
            if is_read(change.new_path or change.old_path) and change.old_blob != change.new_blob
        ]
        sides = {each for _, change in told for each in _sides(change)}
        wanted = {blob for path, blob in sides if (path, blob) not in self._texts}
        self._contents = self._clone.contents(sorted(wanted), MOST_BYTES)
        for commit, change in told:
            before, after = (self._of(path, blob) for path, blob in _sides(change))
            yield commit, change.new_path or change.old_path or "", list(touched_parts(before, after))

    def _of(self, path: str, blob: str) -> PartTexts | None:
        if (path, blob) not in self._texts:
            self._texts[path, blob] = part_texts(path, self._contents.get(blob)) if is_read(path) else {}
            if len(self._texts) > KEPT_TEXTS:
                self._texts.popitem(last=False)
        return self._texts[path, blob]


def _sides(change: TreeChange) -> tuple[tuple[str, str], tuple[str, str]]:
    """Path and blob before and after; without a path where it was not there."""
    return (change.old_path or "", change.old_blob), (change.new_path or "", change.new_blob)


def _is_unread(project_id: int) -> ColumnElement[bool]:
    mine = and_(changes.c.project_id == project_id, changes.c.is_void.is_(False), changes.c.parts_read.is_(False))
    return and_(mine, changes.c.files.between(1, SWEEPING))


def _unread_count(session: Session, project_id: int) -> int:
    count = select(func.count()).select_from(changes).where(_is_unread(project_id))
    return int(session.execute(count).scalar_one())


def _unread(session: Session, project_id: int) -> Mapping[str, int]:
    """Commits whose parts are not read, newest first; so many as are read at once."""
    joined = changes.join(commits, commits.c.id == changes.c.commit_id)
    found = select(commits.c.commit, commits.c.id).select_from(joined).where(_is_unread(project_id))
    rows = session.execute(found.order_by(commits.c.at.desc(), changes.c.made_at.desc()).limit(AT_ONCE))
    return {row.commit: row.id for row in rows}


def _modules(session: Session, unread: Mapping[str, int]) -> dict[tuple[str, str], _Module]:
    """The modules that these commits touched, by the path that each had then."""
    joined = touches.join(entities, entities.c.id == touches.c.entity_id)
    joined = joined.join(commits, commits.c.id == touches.c.commit_id)
    columns = (commits.c.commit, touches.c.path, touches.c.commit_id, entities.c.file, entities.c.full_name)
    which = and_(touches.c.commit_id.in_(unread.values()), entities.c.kind == MODULE, touches.c.path != "")
    rows = session.execute(select(*columns).select_from(joined).where(which))
    return {(row.commit, row.path): _Module(row.commit_id, row.file, row.full_name) for row in rows}
