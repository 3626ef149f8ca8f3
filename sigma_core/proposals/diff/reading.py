"""From text to changes, strictly: whatever is not understood is refused with one sentence."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from sigma_core.proposals.diff.change import DiffRefused, FileChange, Hunk, split_lines
from sigma_core.proposals.diff.paths import checked_path, unquoted

MAX_DIFF_BYTES = 2 * 1024 * 1024
_HUNK = re.compile(r"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")
_FILE_MODES = ("100644", "100755")


def parse(diff: str) -> tuple[FileChange, ...]:
    """The changes of a diff in git's or plain unified format, one per file.

    Raises `DiffRefused`, with one sentence that tells what is wrong.
    """
    if len(diff.encode("utf-8", "surrogatepass")) > MAX_DIFF_BYTES:
        raise DiffRefused(f"The diff is larger than {MAX_DIFF_BYTES // 1024} KiB.")
    if "\0" in diff or "GIT binary patch" in diff or re.search(r"^Binary files .* differ$", diff, re.MULTILINE):
        raise DiffRefused("The diff changes a binary file; only text can be verified.")
    changes = tuple(_Reader(diff).files())
    if not changes:
        raise DiffRefused("The diff is empty: it changes no file.")
    paths = [change.path for change in changes]
    if repeated := {path for path in paths if paths.count(path) > 1}:
        raise DiffRefused(f"The diff changes {min(repeated)} twice.")
    return changes


@dataclass
class _Head:
    """What the header lines of one file have said so far."""

    old: str | None = None
    new: str | None = None
    mode: str | None = None
    adds: bool = False
    deletes: bool = False
    renames: bool = False
    seen: bool = False
    hunks: list[Hunk] = field(default_factory=list)


class _Reader:
    """Walks the lines of a diff once."""

    def __init__(self, diff: str) -> None:
        self._lines = split_lines(diff)
        self._at = 0

    def files(self) -> Iterator[FileChange]:
        head = _Head()
        while self._at < len(self._lines):
            line = self._lines[self._at].rstrip("\r\n")
            if line.startswith("diff --git ") or (line.startswith("--- ") and head.hunks):
                yield from self._finish(head)
                head = _Head(seen=True)
            if line.startswith("@@ "):
                if head.old is None or head.new is None:
                    raise DiffRefused(f"Malformed diff: a hunk without file names at line {self._at + 1}.")
                head.hunks.append(self._hunk())
                continue
            self._header(line, head)
            self._at += 1
        yield from self._finish(head)

    def _header(self, line: str, head: _Head) -> None:
        word, _, rest = line.partition(" ")
        match word:
            case "---":
                head.old, head.seen = self._name(rest, "a/"), True
                head.adds = head.adds or head.old == "/dev/null"
            case "+++":
                head.new = self._name(rest, "b/")
                head.deletes = head.deletes or head.new == "/dev/null"
            case "rename":
                side, _, path = rest.partition(" ")
                head.renames = True
                setattr(head, "old" if side == "from" else "new", unquoted(path))
            case "copy":
                raise DiffRefused("The diff copies a file; hand in the whole new file instead.")
            case "new" | "deleted" | "old" if rest.startswith(("file mode ", "mode ")):
                self._mode(word, rest, head)
            case "diff" if line.startswith("diff --git "):
                self._names(line, head)
            case _ if head.hunks and line.strip():
                raise DiffRefused(f"Malformed diff: unexpected text at line {self._at + 1}.")

    def _mode(self, word: str, rest: str, head: _Head) -> None:
        mode = rest.rsplit(" ", 1)[-1]
        if mode not in _FILE_MODES:
            raise DiffRefused(
                "The diff makes or changes a symbolic link or submodule; only plain files can be changed."
            )
        if rest.startswith("mode "):
            raise DiffRefused("The diff changes a file's mode; only its text can be changed.")
        head.mode = mode
        head.adds, head.deletes = head.adds or word == "new", head.deletes or word == "deleted"

    @staticmethod
    def _names(line: str, head: _Head) -> None:
        # The names of an empty new or deleted file stand nowhere else
        match = re.fullmatch(r"diff --git (\"a/.*\"|a/.*) (\"b/.*\"|b/.*)", line)
        if match:
            head.old, head.new = unquoted(match[1]).removeprefix("a/"), unquoted(match[2]).removeprefix("b/")

    @staticmethod
    def _name(rest: str, prefix: str) -> str:
        return unquoted(rest).removeprefix(prefix)

    def _hunk(self) -> Hunk:
        match = _HUNK.match(self._lines[self._at])
        if not match:
            raise DiffRefused(f"Malformed diff: bad hunk header at line {self._at + 1}.")
        start, old_left, new_start, new_left = (int(n) if n is not None else 1 for n in match.groups())
        self._at += 1
        lines: list[tuple[Literal[" ", "+", "-"], str]] = []
        while old_left > 0 or new_left > 0:
            if self._at >= len(self._lines):
                raise DiffRefused("Malformed diff: it ends in the middle of a hunk.")
            line = self._lines[self._at]
            mark = line[0] if line[0] in "+-\\" else " "
            if line[0] not in "+- \\\n\r":
                raise DiffRefused(f"Malformed diff: line {self._at + 1} belongs to no hunk.")
            if mark == "\\":
                self._strip_newline(lines)
            else:
                text = line[1:] if line[0] in "+- " else line
                lines.append((mark, text if text.endswith("\n") else text + "\n"))  # type: ignore[arg-type]
                old_left -= mark != "+"
                new_left -= mark != "-"
            self._at += 1
        if self._at < len(self._lines) and self._lines[self._at].startswith("\\"):
            self._strip_newline(lines)
            self._at += 1
        if old_left or new_left or all(mark == " " for mark, _ in lines):
            raise DiffRefused(f"Malformed diff: the hunk before line {self._at + 1} does not add up.")
        return Hunk(start, new_start, tuple(lines))

    @staticmethod
    def _strip_newline(lines: list[tuple[Literal[" ", "+", "-"], str]]) -> None:
        if not lines:
            raise DiffRefused("Malformed diff: a missing line end is marked before any line.")
        mark, text = lines[-1]
        lines[-1] = (mark, text.removesuffix("\n"))

    @staticmethod
    def _finish(head: _Head) -> Iterator[FileChange]:
        if not head.seen:
            return
        if head.old is None or head.new is None:
            raise DiffRefused("Malformed diff: a file without name.")
        new = head.old if head.deletes else head.new
        old = head.new if head.adds else head.old
        if head.adds and head.deletes:
            raise DiffRefused("Malformed diff: a file that is both added and deleted.")
        if not head.hunks and not (head.adds or head.deletes or head.renames):
            raise DiffRefused(f"The diff changes nothing in {new}.")
        renamed = not (head.adds or head.deletes) and old != new
        kind: Literal["modify", "add", "delete", "rename"] = (
            "add" if head.adds else "delete" if head.deletes else "rename" if renamed else "modify"
        )
        ordered = sorted(head.hunks, key=lambda hunk: hunk.start)
        yield FileChange(checked_path(new), checked_path(old), kind, tuple(ordered), head.mode)
