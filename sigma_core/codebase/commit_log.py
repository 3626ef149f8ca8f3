"""Commits of the whole history, those of merged branches included: their order, and what each one changed."""

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from sigma_core.codebase.commits import Commit, TreeChange, moment, raw_changes

MOST_COMPARED = 50
"""Files of a commit that is looked for in others, to see whether one undoes the other."""


@dataclass(frozen=True, slots=True)
class Unit:
    """A commit of the main line with the commits that it brought: itself, or those of the branch it merged."""

    main: Commit
    members: Sequence[str]
    """Newest first. A merge is a member only where what it merged is not known."""
    parent: str | None
    """The commit of the main line before it."""

    @property
    def ids(self) -> list[str]:
        """Every commit that has to be read."""
        return list(dict.fromkeys([self.main.id, *self.members]))


@dataclass(frozen=True)
class LoggedCommit:
    """A commit by itself, against its first parent."""

    id: str
    author: str
    author_digest: str
    """Of the author's address, which is not kept."""
    made_at: datetime
    """When its author made it, as far as their clock was right."""
    subject: str
    body: str
    changes: Sequence[TreeChange] = field(default=())

    def without_changes(self) -> "LoggedCommit":
        """A merge, of which its commits tell what changed."""
        return replace(self, changes=())

    @property
    def paths(self) -> list[str]:
        """Where the files lie that it changes."""
        return [each.new_path or each.old_path or "" for each in self.changes]

    @property
    def digest(self) -> str | None:
        """Of what it changes, from which content to which; None where it changes no file that stays, or too many."""
        return _digest((each.old_path, each.old_blob, each.new_path, each.new_blob) for each in self.changes)

    @property
    def undoes(self) -> str | None:
        """The digest that a commit has which this one takes back."""
        return _digest((each.new_path, each.new_blob, each.old_path, each.old_blob) for each in self.changes)


def units(listing: bytes, head: str, after: datetime | None = None) -> list[Unit]:
    """`git log --topo-order --format=%H %P %ct` of a head, as units, newest first.

    `after`: when the commit became the newest that the first of these follows.
    """
    parents, times, order = dict[str, list[str]](), dict[str, str](), dict[str, int]()
    for number, line in enumerate(listing.decode().splitlines()):
        commit, *before, seconds = line.split(" ")
        parents[commit], times[commit], order[commit] = [each for each in before if each], seconds, number
    line_ = list[str]()
    at: str | None = head
    while at in parents:
        line_.append(at)
        at = next(iter(parents[at]), None)
    seen, found = set[str](), list[Unit]()
    newest = after or datetime.min.replace(tzinfo=UTC)
    for commit in reversed(line_):
        newest = max(moment(times[commit]), newest + timedelta(microseconds=1))
        brought = _brought(commit, parents, seen)
        merged = [each for each in brought if len(parents[each]) < 2]
        members = sorted(merged, key=order.__getitem__) if len(brought) > 1 else [commit]
        found.append(Unit(Commit(commit, newest), members, next(iter(parents[commit]), None)))
    found.reverse()
    return found


def _brought(commit: str, parents: Mapping[str, Sequence[str]], seen: set[str]) -> list[str]:
    """A commit and those before it that nothing older on its line has."""
    found, waiting = list[str](), [commit]
    seen.add(commit)
    while waiting:
        at = waiting.pop()
        found.append(at)
        for each in parents[at]:
            if each in parents and each not in seen:
                seen.add(each)
                waiting.append(each)
    return found


def logged_commits(listing: bytes) -> Iterator[LoggedCommit]:
    """What `Clone.logged` prints, in its order."""
    for part in re.split(rb"(?:^|\0)\x1e(?=[0-9a-f]{40})", listing)[1:]:
        head, *fields = part.split(b"\0")
        commit, author, address, seconds, subject, body = head.decode(errors="replace").split("\x1f", 5)
        # A commit without an author leaves the placeholders as they are
        name = author.replace("%aN", "").strip()[:200] or "unknown"
        told = (address.replace("%aE", "").strip() or name).casefold()
        yield LoggedCommit(
            id=commit,
            author=name,
            author_digest=hashlib.sha256(told.encode()).hexdigest()[:16],
            made_at=moment(seconds),
            subject=subject[:400],
            body=body.strip()[:4000],
            changes=tuple(raw_changes(fields)),
        )


def _digest(changes: Iterable[tuple[str | None, ...]]) -> str | None:
    told = sorted(tuple(part or "" for part in each) for each in changes)
    # Files that only come are not taken back by whoever deletes them years later
    if len(told) > MOST_COMPARED or not any(old and new for old, _, new, _ in told):
        return None
    return hashlib.sha256(repr(told).encode()).hexdigest()[:32]
