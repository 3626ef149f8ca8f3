"""Keeps what follows from the changes of files up to date: who knows each, and what changes with it."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Row, and_, func, insert, or_, select, update
from sqlmodel import Session

from sigma_core.codebase.change_tables import associations, changes, files, touches
from sigma_core.codebase.co_change import SWEEPING, WINDOW, Association, changed_with, known_by
from sigma_core.codebase.record import portions
from sigma_core.codebase.tables import commits, entities
from sigma_core.graph.vocabulary import CHANGES_WITH, KNOWS

AT_ONCE = 100
"""Files of one transaction."""
BOT = "[bot]"
"""How the names of programs end that commit: they know nothing."""


Key = tuple[int | str, str, int | str]
"""Subject, predicate, object, by their rows."""


class LatestChange(NamedTuple):
    """A commit that changed a file."""

    commit_id: int
    at: datetime
    author_id: int
    is_bot: bool


def stale_files(session: Session, project_id: int) -> list[int]:
    """Files whose changes say something else by now, so many as are reckoned at once."""
    stale = select(files.c.entity_id).where(files.c.project_id == project_id, files.c.is_stale)
    return list(session.execute(stale.order_by(files.c.entity_id).limit(AT_ONCE)).scalars())


def reckon(session: Session, project_id: int, ids: Sequence[int]) -> None:
    """Reckon anew who knows these files and what changes with each."""
    windows = latest_changes(session, ids)
    others = touched_files_of(session, {each.commit_id for window in windows.values() for each in window})
    live = _live(session, project_id)
    known = _stored(session, ids)
    for file in ids:
        window = windows.get(file, [])
        is_live = file in live
        together = [(each.at, others[each.commit_id] & live - {file}) for each in window] if is_live else []
        people = [(each.at, each.author_id) for each in window if not each.is_bot] if is_live else []
        found: dict[Key, Association] = {(file, CHANGES_WITH, each.thing): each for each in changed_with(together)}
        found |= {(each.thing, KNOWS, file): each for each in known_by(people)}
        _store(session, project_id, found, known.get(file, {}), window[0].at if window else None)
    session.execute(update(files).where(files.c.entity_id.in_(ids)).values(is_stale=False))


def latest_changes(session: Session, ids: Sequence[int]) -> dict[int, list[LatestChange]]:
    """The latest changes of each file, newest first."""
    order = (commits.c.at.desc(), changes.c.made_at.desc(), commits.c.commit)
    place = func.row_number().over(partition_by=touches.c.entity_id, order_by=order).label("place")
    joined = touches.join(changes, changes.c.commit_id == touches.c.commit_id)
    joined = joined.join(commits, commits.c.id == touches.c.commit_id)
    joined = joined.join(entities, entities.c.id == changes.c.author_id)
    columns = (touches.c.entity_id, commits.c.id, commits.c.at, changes.c.author_id, entities.c.full_name, place)
    counts = and_(touches.c.entity_id.in_(ids), touches.c.is_void.is_(False), changes.c.files <= SWEEPING)
    placed = select(*columns).select_from(joined).where(counts).subquery()
    rows = session.execute(select(placed).where(placed.c.place <= WINDOW).order_by(placed.c.place))
    found = dict[int, list[LatestChange]]()
    for row in rows:
        told = LatestChange(row.id, row.at, row.author_id, row.full_name.endswith(BOT))
        found.setdefault(row.entity_id, []).append(told)
    return found


def touched_files_of(session: Session, ids: Iterable[int]) -> dict[int, set[int]]:
    """The files that each commit touched."""
    found = dict[int, set[int]]()
    for some in portions(sorted(ids)):
        joined = touches.join(files, files.c.entity_id == touches.c.entity_id)
        told = select(touches.c.commit_id, touches.c.entity_id).select_from(joined)
        for row in session.execute(told.where(touches.c.commit_id.in_(some))):
            found.setdefault(row.commit_id, set()).add(row.entity_id)
    return found


def _live(session: Session, project_id: int) -> set[int]:
    mine = and_(files.c.project_id == project_id, files.c.newest_path.is_not(None))
    return set(session.execute(select(files.c.entity_id).where(mine)).scalars())


def _stored(session: Session, ids: Sequence[int]) -> dict[int, dict[Key, Row[Any]]]:
    """What was said of each file."""
    by_subject = and_(associations.c.predicate == CHANGES_WITH, associations.c.subject_id.in_(ids))
    by_object = and_(associations.c.predicate == KNOWS, associations.c.object_id.in_(ids))
    found = dict[int, dict[Key, Row[Any]]]()
    for row in session.execute(select(associations).where(or_(by_subject, by_object))):
        file = row.subject_id if row.predicate == CHANGES_WITH else row.object_id
        found.setdefault(file, {})[row.subject_id, row.predicate, row.object_id] = row
    return found


def _store(
    session: Session,
    project_id: int,
    found: Mapping[Key, Association],
    known: Mapping[Key, Row[Any]],
    ended: datetime | None,
) -> None:
    """`ended`: when what is found no more ceased to hold."""
    fresh = []
    for (subject, predicate, object_), each in found.items():
        values = {
            "support": each.support,
            "strength": round(each.strength, 4),
            "since_at": each.since,
            "until_at": None,
        }
        row = known.get((subject, predicate, object_))
        if row is None:
            named = {"project_id": project_id, "subject_id": subject, "predicate": predicate, "object_id": object_}
            fresh.append({**named, **values})
        elif any(getattr(row, name) != value for name, value in values.items()):
            session.execute(update(associations).where(associations.c.id == row.id).values(values))
    if fresh:
        session.connection().execute(insert(associations), fresh)
    for key, row in known.items():
        if key not in found and row.until_at is None:
            gone = {"until_at": max(ended or row.since_at, row.since_at)}
            session.execute(update(associations).where(associations.c.id == row.id).values(gone))
