"""Commits of a history that later ones take back, unless those are taken back themselves."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import and_, select
from sqlmodel import Session

from sigma_core.codebase.change_tables import changes
from sigma_core.codebase.tables import commits

FULL = 40
"""Characters of an id that is not shortened."""


class Reversal(NamedTuple):
    """A commit that says or shows that it takes another one back."""

    later: str
    at: datetime
    earlier: str


def taken_back(session: Session, project_id: int) -> frozenset[str]:
    """Those that are not there any more, by the words or the content of later commits."""
    return standing_reversals([*_by_content(session, project_id), *_by_words(session, project_id)])


def standing_reversals(found: Sequence[Reversal]) -> frozenset[str]:
    """What is taken back in the end: a reversal that was taken back itself takes nothing back."""
    of = defaultdict[tuple[datetime, str], set[str]](set)
    for each in found:
        of[each.at, each.later].add(each.earlier)
    undone = set[str]()
    for at, later in sorted(of, reverse=True):
        if later not in undone:
            undone |= of[at, later]
    return frozenset(undone)


def _by_content(session: Session, project_id: int) -> Iterator[Reversal]:
    """The newest of those that had made the same change is the one that a commit takes back."""
    later, told, earlier, undone = commits.alias(), changes.alias(), commits.alias(), changes.alias()
    joined = told.join(later, later.c.id == told.c.commit_id)
    joined = joined.join(undone, and_(undone.c.project_id == told.c.project_id, undone.c.digest == told.c.undoes))
    joined = joined.join(earlier, earlier.c.id == undone.c.commit_id)
    query = (
        select(later.c.commit, later.c.at, earlier.c.commit.label("earlier"))
        .select_from(joined)
        .where(told.c.project_id == project_id, told.c.is_void.is_(False), undone.c.is_void.is_(False))
        .where(earlier.c.at < later.c.at)
        .order_by(earlier.c.at)
    )
    newest: Mapping[str, Reversal] = {
        row.commit: Reversal(row.commit, row.at, row.earlier) for row in session.execute(query)
    }
    yield from newest.values()


def _by_words(session: Session, project_id: int) -> Iterator[Reversal]:
    """Ids in messages may be short: the commit that begins so."""
    joined = changes.join(commits, commits.c.id == changes.c.commit_id)
    mine = and_(changes.c.project_id == project_id, changes.c.is_void.is_(False))
    query = select(commits.c.commit, commits.c.at, changes.c.reverts).select_from(joined)
    for row in session.execute(query.where(mine, changes.c.reverts != "")).all():
        for name in row.reverts.split():
            named = commits.c.commit == name if len(name) >= FULL else commits.c.commit.startswith(name)
            known = session.execute(select(commits.c.commit).select_from(joined).where(mine, named).limit(2)).scalars()
            yield from (Reversal(row.commit, row.at, each) for each in known)
