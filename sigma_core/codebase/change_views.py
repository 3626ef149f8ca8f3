"""What a project's history says of one file, class or function, for people and for other rooms."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from posixpath import dirname

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlmodel import Session

from sigma_core.codebase.associations import latest_changes, touched_files_of
from sigma_core.codebase.change_tables import associations, changes, files, touches
from sigma_core.codebase.co_change import likely_with
from sigma_core.codebase.tables import commits, entities
from sigma_core.database import Database
from sigma_core.graph.vocabulary import CHANGES_WITH, KNOWS


@dataclass(frozen=True)
class ChangedEntity:
    """A file, class or function that commits have touched."""

    id: int
    kind: str
    name: str
    path: str | None
    """Where the file lies that it is, or was; None for parts of files."""


@dataclass(frozen=True)
class TouchingCommit:
    """A commit that changed something."""

    commit: str
    at: datetime
    """When it became part of the main line."""
    made_at: datetime
    author: str
    subject: str
    body: str
    is_fix: bool
    how: str
    """added, changed or deleted."""


@dataclass(frozen=True)
class Associated:
    """Who knows a file, or what changes with it."""

    entity_id: int
    kind: str
    name: str
    support: int
    """Commits that it rests on."""
    strength: float
    """0–1: share of the changes, or how likely it changes too; the latest changes count most."""
    since: datetime


class ChangeViews:
    """Read-only questions to the record of changes."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, project_id: int, name: str, limit: int = 20) -> list[ChangedEntity]:
        """What is called so: by its full name, the end of it, or the path of its file; the most touched first."""
        ends = or_(entities.c.full_name == name, entities.c.full_name.endswith(f".{name}", autoescape=True))
        lies = or_(files.c.newest_path == name, files.c.newest_path.endswith(f"/{name}", autoescape=True))
        joined = entities.join(touches, touches.c.entity_id == entities.c.id)
        joined = joined.outerjoin(files, files.c.entity_id == entities.c.id)
        columns = (entities.c.id, entities.c.kind, entities.c.full_name, files.c.newest_path)
        found = select(*columns).select_from(joined).group_by(*columns)
        mine = and_(entities.c.project_id == project_id, touches.c.is_void.is_(False), or_(ends, lies))
        exact = and_(entities.c.full_name != name)
        order = (exact, func.count().desc(), entities.c.full_name)
        with self._database.reading() as session:
            rows = session.execute(found.where(mine).order_by(*order).limit(limit)).all()
        return [ChangedEntity(row.id, row.kind, row.full_name, row.newest_path) for row in rows]

    def last_commits(
        self, entity_ids: Sequence[int], *, limit: int = 10, until: datetime | None = None, fixes: bool = False
    ) -> list[TouchingCommit]:
        """The newest commits that touched one of these, newest first; `fixes`: only those that mend something."""
        author = entities.alias()
        joined = touches.join(commits, commits.c.id == touches.c.commit_id)
        joined = joined.join(changes, changes.c.commit_id == commits.c.id)
        joined = joined.join(author, author.c.id == changes.c.author_id)
        told = (commits.c.commit, commits.c.at, commits.c.subject, changes.c.made_at, changes.c.body, changes.c.is_fix)
        found = select(*told, author.c.full_name, func.min(touches.c.how).label("how")).select_from(joined)
        which = _holding(entity_ids, until)
        if fixes:
            which = and_(which, changes.c.is_fix)
        order = (commits.c.at.desc(), changes.c.made_at.desc(), commits.c.commit)
        with self._database.reading() as session:
            grouped = found.where(which).group_by(*told, author.c.full_name)
            rows = session.execute(grouped.order_by(*order).limit(limit)).all()
        return [
            TouchingCommit(row.commit, row.at, row.made_at, row.full_name, row.subject, row.body, row.is_fix, row.how)
            for row in rows
        ]

    def churn(self, entity_ids: Sequence[int], *, since: datetime, until: datetime | None = None) -> dict[int, int]:
        """How many commits touched each of these within a time; nothing is said of what none did."""
        joined = touches.join(commits, commits.c.id == touches.c.commit_id)
        found = select(touches.c.entity_id, func.count().label("times")).select_from(joined)
        which = and_(_holding(entity_ids, until), commits.c.at >= since)
        with self._database.reading() as session:
            rows = session.execute(found.where(which).group_by(touches.c.entity_id))
            return {row.entity_id: row.times for row in rows}

    def known_by(self, entity_id: int) -> list[Associated]:
        """Who made the latest changes of a file, with each one's share; the greatest first."""
        with self._database.reading() as session:
            return _associated(session, KNOWS, associations.c.object_id == entity_id, associations.c.subject_id)

    def changes_with(self, entity_id: int) -> list[Associated]:
        """What else changes when a file does; the most likely first."""
        with self._database.reading() as session:
            return _associated(session, CHANGES_WITH, associations.c.subject_id == entity_id, associations.c.object_id)

    def likely_with(self, entity_id: int, limit: int = 10) -> list[ChangedEntity]:
        """The files likeliest to change with one: those that did, then those of its folder that change most."""
        with self._database.reading() as session:
            window = latest_changes(session, [entity_id]).get(entity_id, [])
            others = touched_files_of(session, [each.commit_id for each in window])
            together = [(each.at, sorted(others[each.commit_id] - {entity_id})) for each in window]
            live = _neighbours(session, entity_id)
            ids = likely_with([(at, [each for each in some if each in live]) for at, some in together], live, limit + 1)
            rows = session.execute(select(entities).where(entities.c.id.in_(ids))).all()
        found = {row.id: ChangedEntity(row.id, row.kind, row.full_name, live.get(row.id)) for row in rows}
        return [found[each] for each in ids if each != entity_id][:limit]


def _neighbours(session: Session, entity_id: int) -> dict[int, str]:
    """Live files of the same project with their paths: its folder's first, among these the most changed ones first."""
    own = session.execute(select(files.c.project_id, files.c.newest_path).where(files.c.entity_id == entity_id)).first()
    if own is None:
        return {}
    all_ = select(files.c.entity_id).where(files.c.project_id == own.project_id)
    times = select(touches.c.entity_id, func.count().label("times")).where(touches.c.entity_id.in_(all_))
    counted = times.where(touches.c.is_void.is_(False)).group_by(touches.c.entity_id).subquery()
    joined = files.outerjoin(counted, counted.c.entity_id == files.c.entity_id)
    found = select(files.c.entity_id, files.c.newest_path).select_from(joined)
    mine = and_(files.c.project_id == own.project_id, files.c.newest_path.is_not(None))
    rows = session.execute(found.where(mine).order_by(func.coalesce(counted.c.times, 0).desc(), files.c.entity_id))
    folder = dirname(own.newest_path or "")
    paths = {row.entity_id: row.newest_path for row in rows}
    return dict(sorted(paths.items(), key=lambda each: dirname(each[1]) != folder))


def _holding(entity_ids: Sequence[int], until: datetime | None) -> ColumnElement[bool]:
    which = and_(touches.c.entity_id.in_(entity_ids), touches.c.is_void.is_(False))
    return which if until is None else and_(which, commits.c.at <= until)


def _associated(
    session: Session, predicate: str, which: ColumnElement[bool], other: ColumnElement[int]
) -> list[Associated]:
    joined = associations.join(entities, entities.c.id == other)
    columns = (entities.c.id, entities.c.kind, entities.c.full_name)
    figures = (associations.c.support, associations.c.strength, associations.c.since_at)
    found = select(*columns, *figures).select_from(joined)
    holds = and_(associations.c.predicate == predicate, associations.c.until_at.is_(None), which)
    rows = session.execute(found.where(holds).order_by(associations.c.strength.desc(), entities.c.full_name))
    return [Associated(row.id, row.kind, row.full_name, row.support, row.strength, row.since_at) for row in rows]
