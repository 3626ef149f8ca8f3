"""The first-parent history of a commit, with the files that each step changed."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

PLAIN = "100"
"""How the modes of ordinary files begin."""


@dataclass(frozen=True, slots=True)
class TreeChange:
    """One file between a commit and its first parent: added without `old_path`, deleted without `new_path`."""

    old_path: str | None
    new_path: str | None
    old_blob: str
    new_blob: str


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit on the main line."""

    id: str
    at: datetime
    """When it became the newest of its line: its own time, or just after its parent's where clocks disagreed."""


@dataclass(frozen=True, slots=True)
class CommitChanges:
    """What a commit changed against its first parent; against nothing, for the first one."""

    id: str
    author: str
    subject: str
    changes: Sequence[TreeChange]


def main_line(listing: bytes) -> list[Commit]:
    """`git log --first-parent --format=%H %ct`, newest first. Times rise strictly from the first commit on."""
    found, before = list[Commit](), datetime.min.replace(tzinfo=UTC)
    for line in reversed(listing.decode().splitlines()):
        commit, _, seconds = line.partition(" ")
        before = max(moment(seconds), before + timedelta(microseconds=1))
        found.append(Commit(commit, before))
    found.reverse()
    return found


def commit_changes(listing: bytes) -> Iterator[CommitChanges]:
    """`git log --raw -z --no-abbrev --format=%x1e%H%x1f%an%x1f%s`, in its order."""
    # No name of a file can follow a NUL with this character and forty digits
    for part in re.split(rb"(?:^|\0)\x1e(?=[0-9a-f]{40})", listing)[1:]:
        head, *fields = part.split(b"\0")
        commit, author, subject = head.decode(errors="replace").split("\x1f", 2)
        yield CommitChanges(commit, author[:200], subject[:400], tuple(raw_changes(fields)))


def raw_changes(fields: Iterable[bytes]) -> Iterator[TreeChange]:
    """Entries of `git log --raw -z`, with the names that belong to them."""
    rest = iter(fields)
    for field in rest:
        entry = field.lstrip(b"\n")
        if not entry.startswith(b":"):
            continue
        old_mode, new_mode, old_blob, new_blob, status = entry[1:].decode().split(" ")
        first = next(rest).decode("utf-8", "surrogateescape")
        old_path: str | None = first
        new_path: str | None = first
        if status[0] in "RC":
            new_path = next(rest).decode("utf-8", "surrogateescape")
        if status[0] == "C" or status[0] == "A" or not old_mode.startswith(PLAIN):
            old_path = None
        if status[0] == "D" or not new_mode.startswith(PLAIN):
            new_path = None
        if old_path or new_path:
            yield TreeChange(old_path, new_path, old_blob, new_blob)


def moment(seconds: str) -> datetime:
    """A commit's time as git prints it, whatever its author's clock said; nothing where it has none."""
    told = int(seconds) if seconds.lstrip("-").isdecimal() else 0
    # Dates before 1970 and beyond 9999 are those of broken clocks
    return datetime.fromtimestamp(min(max(told, 0), 253_370_764_800), UTC)
