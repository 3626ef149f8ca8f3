"""Unified diffs, read strictly: what a program or a person hands in is checked before anything is done with it."""

import difflib
import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal

from sigma_core.errors import Conflict, Forbidden

MAX_DIFF_BYTES = 2 * 1024 * 1024
_HUNK = re.compile(r"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")
_ESCAPE = re.compile(rb'\\([0-7]{3}|[abfnrtv"\\])')
_ESCAPED = {b"a": 7, b"b": 8, b"f": 12, b"n": 10, b"r": 13, b"t": 9, b"v": 11, b'"': 34, b"\\": 92}
_FILE_MODES = ("100644", "100755")
_NO_NEWLINE = "\\ No newline at end of file\n"


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
class Edit:
    """Base lines `start` up to, not including, `end` (0-based) become `added`."""

    start: int
    end: int
    added: tuple[str, ...]

    def touches(self, other: "Edit") -> bool:
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

    def edits(self) -> list[Edit]:
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


def render(changes: Iterable[FileChange]) -> str:
    """The canonical text: the same changes always give the same text, whatever tool wrote the diff."""
    return "".join(part for change in changes for part in _render_file(change))


def digest(changes: Iterable[FileChange]) -> str:
    """SHA-256 of the canonical text, in hexadecimal."""
    return hashlib.sha256(render(changes).encode()).hexdigest()


def apply(text: str, edits: Iterable[Edit]) -> str:
    """`text` with the edits made, exactly by line number. Edits of several diffs on one base may come together.

    Raises `DoesNotApply` where they touch each other or lie outside the text.
    """
    lines = split_lines(text)
    ordered = sorted(edits, key=lambda edit: (edit.start, edit.end))
    for first, second in pairwise(ordered):
        if first.touches(second):
            raise DoesNotApply(f"Two changes touch at line {second.start + 1}.")
    if ordered and ordered[-1].end > len(lines):
        raise DoesNotApply(f"Line {ordered[-1].end} does not exist.")
    for edit in reversed(ordered):
        lines[edit.start : edit.end] = edit.added
    return "".join(lines)


def check(text: str, change: FileChange) -> None:
    """Raises `DoesNotApply` unless every context and removed line stands in `text` where the diff says."""
    lines = split_lines(text)
    for hunk in change.hunks:
        begin = max(hunk.start - 1, 0) if hunk.old else hunk.start
        if lines[begin : begin + len(hunk.old)] != hunk.old:
            raise DoesNotApply(f"{change.old_path} differs from what the diff expects at line {hunk.start}.")


def make(path: str, before: str | None, after: str | None) -> str:
    """The diff, in canonical text, that turns `before` into `after`; None: there is no such file."""
    old, new = split_lines(before or ""), split_lines(after or "")
    hunks = []
    for group in difflib.SequenceMatcher(None, old, new, autojunk=False).get_grouped_opcodes(3):
        lines: list[tuple[Literal[" ", "+", "-"], str]] = []
        for tag, i1, i2, j1, j2 in group:
            if tag == "equal":
                lines += [(" ", line) for line in old[i1:i2]]
            else:
                lines += [("-", line) for line in old[i1:i2]] + [("+", line) for line in new[j1:j2]]
        start, new_start = group[0][1], group[0][3]
        spans_old, spans_new = group[-1][2] > start, group[-1][4] > new_start
        hunks.append(Hunk(start + spans_old, new_start + spans_new, tuple(lines)))
    kind: Literal["add", "delete", "modify"] = "add" if before is None else "delete" if after is None else "modify"
    return render([FileChange(path, path, kind, tuple(hunks), "100644" if before is None else None)])


def split_lines(text: str) -> list[str]:
    """Lines with their ends, split at newlines only: git knows no other line end."""
    return re.findall(r"[^\n]*\n|[^\n]+", text)


def _edits(hunk: Hunk) -> Iterator[Edit]:
    position = max(hunk.start - 1, 0) if hunk.old else hunk.start
    begin, added = position, list[str]()
    changed = False
    for mark, text in hunk.lines:
        if mark == " ":
            if changed:
                yield Edit(begin, position, tuple(added))
            position += 1
            begin, added, changed = position, [], False
        else:
            changed = True
            if mark == "-":
                position += 1
            else:
                added.append(text)
    if changed:
        yield Edit(begin, position, tuple(added))


def _render_file(change: FileChange) -> Iterator[str]:
    yield f"diff --git {_quoted('a/' + change.old_path)} {_quoted('b/' + change.path)}\n"
    if change.kind == "add":
        yield f"new file mode {change.mode or '100644'}\n"
    elif change.kind == "delete":
        yield "deleted file mode 100644\n"
    elif change.kind == "rename":
        yield f"rename from {_quoted(change.old_path)}\nrename to {_quoted(change.path)}\n"
    if not change.hunks:
        return
    yield "--- /dev/null\n" if change.kind == "add" else f"--- {_quoted('a/' + change.old_path)}\n"
    yield "+++ /dev/null\n" if change.kind == "delete" else f"+++ {_quoted('b/' + change.path)}\n"
    for hunk in change.hunks:
        yield f"@@ -{_span(hunk.start, hunk.old)} +{_span(hunk.new_start, hunk.new)} @@\n"
        for mark, text in hunk.lines:
            yield mark + (text if text.endswith("\n") else f"{text}\n{_NO_NEWLINE}")


def _span(start: int, lines: Sequence[str]) -> str:
    return str(start) if len(lines) == 1 else f"{start},{len(lines)}"


def _quoted(path: str) -> str:
    if path.isascii() and path.isprintable() and not set(path) & {'"', "\\"}:
        return path
    octal = "".join(chr(byte) if 32 <= byte < 127 and byte not in b'"\\' else f"\\{byte:03o}" for byte in path.encode())
    return f'"{octal}"'


def _unquoted(text: str) -> str:
    if not text.startswith('"'):
        return text.split("\t", 1)[0].rstrip("\r\n")
    inner = text.strip()[1:-1].encode()
    raw = _ESCAPE.sub(lambda m: bytes([int(m[1], 8) & 255 if m[1].isdigit() else _ESCAPED[m[1]]]), inner)
    try:
        return raw.decode()
    except UnicodeDecodeError:
        raise DiffRefused("A path in the diff is not UTF-8.") from None


def _checked_path(path: str) -> str:
    parts = path.split("/")
    if path.startswith("/") or any(part in ("", ".", "..") for part in parts):
        raise DiffRefused(f"The path {path!r} leaves the repository.")
    if any(part.lower() == ".git" for part in parts):
        raise DiffRefused(f"The path {path!r} lies in git's own folder.")
    if len(path) > 1000 or not path.isprintable():
        raise DiffRefused(f"The path {path[:60]!r} is not a usable file name.")
    return path


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
                setattr(head, "old" if side == "from" else "new", _unquoted(path))
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
            head.old, head.new = _unquoted(match[1]).removeprefix("a/"), _unquoted(match[2]).removeprefix("b/")

    @staticmethod
    def _name(rest: str, prefix: str) -> str:
        return _unquoted(rest).removeprefix(prefix)

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
        yield FileChange(_checked_path(new), _checked_path(old), kind, tuple(ordered), head.mode)
