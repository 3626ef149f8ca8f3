"""Commits of a project whose code was read, as people name moments: by tag, by commit, by what happened then."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select
from sqlmodel import Session

from sigma_core.codebase.tables import commits
from sigma_core.database import Database
from sigma_core.errors import NotFound

NEWEST = 100
MOST_TAGS = 100
SHORT = 8
"""Characters by which a commit is called."""
_AT_ONCE = 500


@dataclass(frozen=True)
class NamedCommit:
    """A commit of the main line, since when it was the newest, and its tags."""

    commit: str
    at: datetime
    subject: str
    tags: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """A tag of it, or else its first characters."""
        return self.tags[0] if self.tags else self.commit[:SHORT]


class CommitLine:
    """Reads them; `tags`: commits of a project's tags, by the tags' names."""

    def __init__(self, database: Database, tags: Callable[[int], Mapping[str, str]]) -> None:
        self._database, self._tags = database, tags

    def named(self, project_id: int) -> list[NamedCommit]:
        """The newest commits and the newest with tags, newest first."""
        tagged = _by_commit(self._tags(project_id))
        own = select(commits).where(commits.c.project_id == project_id)
        order = (commits.c.at.desc(), commits.c.id.desc())
        with self._database.reading() as session:
            rows = {row.commit: row for row in session.execute(own.order_by(*order).limit(NEWEST))}
            found = [row for some in _portions(list(tagged)) for row in _of(session, project_id, some)]
        newest = sorted(found, key=lambda row: row.at, reverse=True)[:MOST_TAGS]
        rows |= {row.commit: row for row in newest}
        return [_named(row, tagged) for row in sorted(rows.values(), key=lambda row: row.at, reverse=True)]

    def find(self, project_id: int, name: str) -> NamedCommit:
        """By tag or by the first characters of its id. Raises `NotFound`."""
        tags = self._tags(project_id)
        wanted = tags.get(name, name)
        known = commits.c.commit.startswith(wanted, autoescape=True)
        with self._database.reading() as session:
            row = session.execute(
                select(commits).where(commits.c.project_id == project_id, known).order_by(commits.c.at.desc()).limit(1)
            ).first()
        if row is None or not wanted:
            raise NotFound("commit or tag", name[:80])
        return _named(row, _by_commit(tags))

    def at(self, project_id: int, moments: Iterable[datetime]) -> dict[datetime, NamedCommit]:
        """The commits that became the newest at these moments."""
        tagged = _by_commit(self._tags(project_id))
        found: dict[datetime, NamedCommit] = {}
        with self._database.reading() as session:
            for some in _portions(list(moments)):
                rows = session.execute(
                    select(commits).where(commits.c.project_id == project_id, commits.c.at.in_(some))
                )
                found |= {row.at: _named(row, tagged) for row in rows}
        return found


def _of(session: Session, project_id: int, ids: list[str]) -> Iterable[Row[Any]]:
    wanted = select(commits).where(commits.c.project_id == project_id, commits.c.commit.in_(ids))
    return session.execute(wanted).all()


def _by_commit(tags: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for tag, commit in sorted(tags.items()):
        found[commit] = (*found.get(commit, ()), tag)
    return found


def _named(row: Row[Any], tags: Mapping[str, tuple[str, ...]]) -> NamedCommit:
    return NamedCommit(row.commit, row.at, row.subject, tags.get(row.commit, ()))


def _portions(some: list[Any]) -> Iterable[list[Any]]:
    return (some[start : start + _AT_ONCE] for start in range(0, len(some), _AT_ONCE))
