"""Changes of a project's history as rows: commits with their authors, what they touched, where files lie."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_, bindparam, insert, literal_column, select, update
from sqlmodel import Session

from sigma_core.codebase.change_tables import associations, changes, files, touches
from sigma_core.codebase.code_facts import EntityKey
from sigma_core.codebase.commit_log import LoggedCommit
from sigma_core.codebase.commits import Commit
from sigma_core.codebase.message import is_fix, reverted_commits
from sigma_core.codebase.record import CodeRecord, portions
from sigma_core.codebase.tables import commits, entities
from sigma_core.database import upsert
from sigma_core.graph.vocabulary import AUTHOR, FILE
from sigma_core.text import storable


class Touch(NamedTuple):
    """A commit changed an entity."""

    commit: str
    entity: EntityKey
    how: str
    path: str


@dataclass
class ReadChanges:
    """What is stored at once."""

    commits: list[tuple[LoggedCommit, datetime, bool]] = field(default_factory=list)
    """Each with the time since which it is part of the main line, and whether it is of that line itself."""
    touches: list[Touch] = field(default_factory=list)
    moved: dict[EntityKey, str | None] = field(default_factory=dict)
    """Where files come to lie; None: they are not there."""
    names: dict[EntityKey, str] = field(default_factory=dict)
    """What each of these entities is called."""


class ChangeRecord:
    """The rows of a project, within one session."""

    def __init__(self, session: Session, project_id: int, project_name: str) -> None:
        self._session, self._project_id = session, project_id
        self._entities = CodeRecord(session, project_id, project_name)

    def add_files(self, paths: Mapping[EntityKey, str], names: Mapping[EntityKey, str]) -> None:
        """Files of the tree at which reading starts."""
        ids = self._entities.entity_ids(names)
        rows = [
            {"entity_id": ids[key], "project_id": self._project_id, "newest_path": path, "oldest_path": path}
            for key, path in paths.items()
        ]
        self._insert(files, [{**row, "is_stale": False} for row in rows])

    def keys(self, *, oldest: bool) -> dict[str, str]:
        """Keys of files by their paths at one end of what was read."""
        path = files.c.oldest_path if oldest else files.c.newest_path
        joined = files.join(entities, entities.c.id == files.c.entity_id)
        found = select(path, entities.c.file).select_from(joined)
        return dict(self._session.execute(found.where(files.c.project_id == self._project_id, path.is_not(None))).all())

    def save(self, read: ReadChanges, *, oldest: bool) -> dict[str, int]:
        """Store what was read at one end; rows of its commits by their ids."""
        ids = self._save_commits(read.commits, oldest=oldest)
        rows = self._entities.entity_ids(read.names)
        told = [
            {
                "commit_id": ids[each.commit],
                "entity_id": rows[each.entity],
                "how": each.how,
                "path": each.path,
                "is_void": False,
            }
            for each in read.touches
        ]
        self._touch(told)
        self._save_files({key: rows[key] for key in read.names}, read, oldest=oldest)
        return ids

    def touch_parts(self, found: Mapping[tuple[int, EntityKey], str], names: Mapping[EntityKey, str]) -> None:
        """Store what commits, by their rows, did to classes and functions."""
        rows = self._entities.entity_ids(names)
        self._touch(
            [
                {"commit_id": commit, "entity_id": rows[key], "how": how, "path": "", "is_void": False}
                for (commit, key), how in found.items()
            ]
        )

    def _touch(self, told: Sequence[Mapping[str, object]]) -> None:
        values = {"how": _new("how"), "path": _new("path"), "is_void": False}
        self._run(upsert(self._session, touches, ("commit_id", "entity_id"), values=values), told)

    def forget(self, after: datetime | None = None) -> list[int]:
        """Take back what commits after a moment told, or all of them; their rows."""
        mine = select(changes.c.commit_id).join(commits, commits.c.id == changes.c.commit_id)
        mine = mine.where(changes.c.project_id == self._project_id, changes.c.is_void.is_(False))
        gone = list(self._session.execute(mine if after is None else mine.where(commits.c.at > after)).scalars())
        for some in portions(gone):
            touched = select(touches.c.entity_id).where(touches.c.commit_id.in_(some))
            self._session.execute(update(files).where(files.c.entity_id.in_(touched)).values(is_stale=True))
            self._session.execute(update(touches).where(touches.c.commit_id.in_(some)).values(is_void=True))
            void = {"is_void": True, "parts_read": False}
            self._session.execute(update(changes).where(changes.c.commit_id.in_(some)).values(void))
        if after is None:
            # Each is called as in the newest commit that is read now
            authors = and_(entities.c.project_id == self._project_id, entities.c.kind == AUTHOR)
            self._session.execute(update(entities).where(authors).values(full_name=""))
        return gone

    def forget_files(self, at: datetime) -> list[int]:
        """Forget where files lie, and what followed from their changes; rows of what it was said of."""
        mine = and_(associations.c.project_id == self._project_id, associations.c.until_at.is_(None))
        said = self._session.execute(select(associations.c.subject_id, associations.c.object_id).where(mine)).all()
        self._session.execute(update(associations).where(mine).values(until_at=at))
        self._session.execute(files.delete().where(files.c.project_id == self._project_id))
        return sorted({each for row in said for each in row})

    def retime(self, line: Iterable[Commit]) -> list[int]:
        """Commits became part of the main line when this says; rows of those for which that is otherwise."""
        moved = self._entities.retime(line)
        for some in portions(moved):
            touched = select(touches.c.entity_id).where(touches.c.commit_id.in_(some))
            self._session.execute(update(files).where(files.c.entity_id.in_(touched)).values(is_stale=True))
        return moved

    def main_line(self) -> dict[str, datetime]:
        """Commits of the main line that were read, with their times."""
        joined = changes.join(commits, commits.c.id == changes.c.commit_id)
        mine = and_(changes.c.project_id == self._project_id, changes.c.is_main, changes.c.is_void.is_(False))
        rows = self._session.execute(select(commits.c.commit, commits.c.at).select_from(joined).where(mine))
        return {row.commit: row.at for row in rows}

    def undone(self, told: Iterable[LoggedCommit]) -> list[int]:
        """Commits that take back one of these by their content."""
        digests = [each.digest for each in told if each.digest]
        found = list[int]()
        for some in portions(digests):
            mine = and_(changes.c.project_id == self._project_id, changes.c.undoes.in_(some))
            found += self._session.execute(select(changes.c.commit_id).where(mine)).scalars()
        return found

    def commit_row(self, commit: str, at: datetime) -> int:
        """The row of a commit whose changes are not read yet."""
        known = self._entities.known_commits([commit])
        if commit in known:
            return known[commit]
        row = {
            "project_id": self._project_id,
            "commit": commit,
            "at": at,
            "author": "",
            "subject": "",
            "is_read": False,
        }
        made: int = self._session.execute(insert(commits).returning(commits.c.id), row).scalar_one()
        return made

    def _save_commits(self, told: Sequence[tuple[LoggedCommit, datetime, bool]], *, oldest: bool) -> dict[str, int]:
        if not told:
            return {}
        known = self._entities.known_commits(each.id for each, _, _ in told)
        values = [
            {
                "project_id": self._project_id,
                "commit": each.id,
                "at": at,
                "author": storable(each.author, 200),
                "subject": storable(each.subject, 400),
                "is_read": False,
            }
            for each, at, _ in told
        ]
        self._insert(commits, [row for row in values if row["commit"] not in known])
        again = ("at", "author", "subject")
        renewed = [
            {"key": known[row["commit"]], **{f"new_{name}": row[name] for name in again}}
            for row in values
            if row["commit"] in known
        ]
        new_values: dict[str, Any] = {name: bindparam(f"new_{name}") for name in again}
        self._run(update(commits).where(commits.c.id == bindparam("key")).values(new_values), renewed)
        ids = self._entities.known_commits(each.id for each, _, _ in told)
        newest_first = told if oldest else tuple(reversed(told))
        rows = self._save_authors([each for each, _, _ in newest_first], renamed=not oldest)
        said = [
            {
                "commit_id": ids[each.id],
                "project_id": self._project_id,
                "author_id": rows[EntityKey(AUTHOR, "", each.author_digest)],
                "made_at": each.made_at,
                "body": storable(each.body),
                "is_fix": is_fix(each.subject, each.body, each.paths),
                "reverts": " ".join(reverted_commits(each.subject, each.body)),
                "files": sum(change.old_blob != change.new_blob for change in each.changes),
                "digest": each.digest,
                "undoes": each.undoes,
                "parts_read": False,
                "is_main": is_main,
                "is_void": False,
            }
            for each, _, is_main in told
        ]
        new = {name: _new(name) for name in said[0] if name != "commit_id"}
        self._run(upsert(self._session, changes, ("commit_id",), values=new), said)
        return ids

    def _save_authors(self, told: Sequence[LoggedCommit], *, renamed: bool) -> dict[EntityKey, int]:
        """Rows of the authors of these, who are called as in the first of their commits."""
        names = {EntityKey(AUTHOR, "", each.author_digest): storable(each.author) for each in reversed(told)}
        rows = self._entities.entity_ids(names)
        called = [{"key": rows[key], "called": name} for key, name in names.items()]
        which = entities.c.id == bindparam("key")
        if not renamed:
            which = and_(which, entities.c.full_name == "")
        self._run(update(entities).where(which).values(full_name=bindparam("called")), called)
        return rows

    def _save_files(self, rows: Mapping[EntityKey, int], read: ReadChanges, *, oldest: bool) -> None:
        end = "oldest_path" if oldest else "newest_path"
        blank = {"project_id": self._project_id, "newest_path": None, "oldest_path": None, "is_stale": True}
        fresh = [{"entity_id": row, **blank} for row in rows.values()]
        self._run(upsert(self._session, files, ("entity_id",), values={"is_stale": True}), fresh)
        paths = [{"key": rows[key], "path": path} for key, path in read.moved.items()]
        self._run(update(files).where(files.c.entity_id == bindparam("key")).values({end: bindparam("path")}), paths)
        if oldest:
            return
        for some in portions([each["key"] for each in paths]):
            # What comes or goes is, or is not, among what others change with
            beside = select(associations.c.subject_id).where(associations.c.object_id.in_(some))
            self._session.execute(update(files).where(files.c.entity_id.in_(beside)).values(is_stale=True))
        named = [{"key": rows[key], "called": read.names[key]} for key in read.moved if key.kind == FILE]
        self._run(
            update(entities).where(entities.c.id == bindparam("key")).values(full_name=bindparam("called")), named
        )

    def _insert(self, table: Any, rows: Sequence[Mapping[str, object]]) -> None:  # noqa: ANN401 (a table)
        self._run(insert(table), rows)

    def _run(self, statement: Any, rows: Sequence[Mapping[str, object]]) -> None:  # noqa: ANN401 (any statement)
        if rows:
            self._session.connection().execute(statement, list(rows))


def _new(name: str) -> ColumnElement[Any]:
    """A column of the row that could not be inserted."""
    return literal_column(f"excluded.{name}")
