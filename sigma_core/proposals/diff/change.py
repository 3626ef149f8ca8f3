"""What a diff says, as values: files, hunks of lines, edits of a base."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from sigma_core.errors import Conflict, Forbidden


class DiffRefused(Forbidden):
    """The diff is malformed, binary, empty, or leaves the repository."""


class DoesNotApply(Conflict):
    """The text the diff expects is not what the file holds."""


@dataclass(frozen=True)
class Hunk:
    """A run of lines. `start` is the 1-based first base line (0 in an empty file); `lines` keep their line ends."""

    start: int
    new_start: int
    lines: tuple[tuple[Literal[" ", "+", "-"], str], ...]

    @property
    def old(self) -> list[str]:
        """The lines it expects in the base."""
        return [text for mark, text in self.lines if mark != "+"]

    @property
    def new(self) -> list[str]:
        """The lines it leaves."""
        return [text for mark, text in self.lines if mark != "-"]


@dataclass(frozen=True)
class LineEdit:
    """Base lines `start` up to, not including, `end` (0-based) become `added`."""

    start: int
    end: int
    added: tuple[str, ...]

    def touches(self, other: "LineEdit") -> bool:
        """Overlapping or adjacent: not even one untouched line lies between."""
        return self.start <= other.end and other.start <= self.end


@dataclass(frozen=True)
class FileChange:
    """What a diff does to one file. `old_path` differs from `path` for a rename only."""

    path: str
    old_path: str
    kind: Literal["modify", "add", "delete", "rename"]
    hunks: tuple[Hunk, ...] = ()
    mode: str | None = None

    def edits(self) -> list[LineEdit]:
        """The change as edits of base lines."""
        return [edit for hunk in self.hunks for edit in _edits(hunk)]

    @property
    def added(self) -> int:
        """Lines added."""
        return sum(mark == "+" for hunk in self.hunks for mark, _ in hunk.lines)

    @property
    def removed(self) -> int:
        """Lines removed."""
        return sum(mark == "-" for hunk in self.hunks for mark, _ in hunk.lines)


def collide(first: Iterable[FileChange], second: Iterable[FileChange]) -> bool:
    """Whether two changes of one base meet: in the same lines or next to them, or one moves, makes or removes a file
    that the other one changes. Such two cannot both be merged as they are."""
    others = [*second]
    return any(_meet(mine, other) for mine in first for other in others)


def _meet(mine: FileChange, other: FileChange) -> bool:
    if {mine.path, mine.old_path}.isdisjoint({other.path, other.old_path}):
        return False
    if mine.kind != "modify" or other.kind != "modify":
        return True
    return any(edit.touches(each) for edit in mine.edits() for each in other.edits())


def split_lines(text: str) -> list[str]:
    """Lines with their ends, split at newlines only: git knows no other line end."""
    return re.findall(r"[^\n]*\n|[^\n]+", text)


def _edits(hunk: Hunk) -> Iterator[LineEdit]:
    position = max(hunk.start - 1, 0) if hunk.old else hunk.start
    begin, added = position, list[str]()
    changed = False
    for mark, text in hunk.lines:
        if mark == " ":
            if changed:
                yield LineEdit(begin, position, tuple(added))
            position += 1
            begin, added, changed = position, [], False
        else:
            changed = True
            if mark == "-":
                position += 1
            else:
                added.append(text)
    if changed:
        yield LineEdit(begin, position, tuple(added))
