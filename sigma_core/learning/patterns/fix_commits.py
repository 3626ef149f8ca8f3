"""What the fixes of a project's history replaced, the newest first; each commit is read once."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select
from sqlmodel import Session, SQLModel

from sigma_core.codebase.change_tables import changes
from sigma_core.codebase.commit_log import logged_commits
from sigma_core.codebase.commits import TreeChange
from sigma_core.codebase.tables import commits
from sigma_core.learning.patterns.extraction import LONGEST, SeenRewrite, rewrites
from sigma_core.learning.patterns.tables import COMMIT, PatternReading
from sigma_core.projects.git import Clone

_readings = SQLModel.metadata.tables[PatternReading.__tablename__]
MOST_FILES = 20
"""Files of a fix that is read: one of more is many changes in one."""
AT_ONCE = 25


class FixCommit(NamedTuple):
    """A commit that mends something."""

    commit: str
    at: datetime


class SeenInFile(NamedTuple):
    """A replacement, with the file it was made in."""

    path: str
    seen: SeenRewrite


def unread_fixes(session: Session, project_id: int, limit: int) -> Sequence[FixCommit]:
    """Fixes that were not looked at, the newest first."""
    read = select(_readings.c.ref).where(_readings.c.project_id == project_id, _readings.c.kind == COMMIT)
    joined = changes.join(commits, commits.c.id == changes.c.commit_id)
    query = (
        select(commits.c.commit, commits.c.at)
        .select_from(joined)
        .where(
            changes.c.project_id == project_id,
            changes.c.is_fix,
            changes.c.is_void.is_(False),
            changes.c.files.between(1, MOST_FILES),
            commits.c.commit.not_in(read),
        )
        .order_by(commits.c.at.desc(), commits.c.id.desc())
        .limit(limit)
    )
    return [FixCommit(*row) for row in session.execute(query)]


def read_fixes(
    clone: Clone, fixes: Sequence[FixCommit], own: frozenset[str], *, ends: float, tell: Callable[[str], None]
) -> Iterator[tuple[FixCommit, list[SeenInFile]]]:
    """What each of them replaced, as far as the time goes."""
    for start in range(0, len(fixes), AT_ONCE):
        if start and time.monotonic() >= ends:
            return
        tell(f"reading what fixes replaced: {len(fixes) - start} commits left")
        some = {each.commit: each for each in fixes[start : start + AT_ONCE]}
        logged = list(logged_commits(clone.logged(list(some))))
        changed = {each.id: [change for change in each.changes if _is_read(change)] for each in logged}
        blobs = {blob for found in changed.values() for each in found for blob in (each.old_blob, each.new_blob)}
        contents = clone.contents(sorted(blobs), LONGEST)
        for commit, fix in some.items():
            yield fix, [each for change in changed.get(commit, ()) for each in _in_file(change, contents, own)]


def own_names(paths: Sequence[str]) -> frozenset[str]:
    """Top-level packages and modules of a project, by the paths of its files; those below `src` count as well."""
    parts = [path.removeprefix("src/").split("/")[0] for path in paths if path.endswith(".py")]
    return frozenset(each.removesuffix(".py") for each in parts)


def _is_read(change: TreeChange) -> bool:
    both = change.old_path and change.new_path and change.old_blob != change.new_blob
    return bool(both) and (change.new_path or "").endswith(".py")


def _in_file(change: TreeChange, contents: Mapping[str, bytes], own: frozenset[str]) -> Iterator[SeenInFile]:
    sides = [contents.get(change.old_blob), contents.get(change.new_blob)]
    texts = [each.decode("utf-8", "replace") for each in sides if each is not None]
    if len(texts) == len(sides):
        yield from (SeenInFile(change.new_path or "", each) for each in rewrites(texts[0], texts[1], own))
