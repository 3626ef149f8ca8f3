"""The look of a file that nothing formats: lines aligned with what stands after an open bracket, and blank lines."""

import io
import tokenize
from collections.abc import Mapping, Sequence

from sigma_core.proposals.diff import LineEdit

_OPENING, _CLOSING = "([{", ")]}"
_BLANK = (tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.COMMENT)

_Place = tuple[int, int]
"""A line, from 0, and a column."""


def realigned(before: str, after: str, edits: Sequence[LineEdit]) -> str:
    """The text after these edits, with the lines moved that were aligned before; as it is where it has no tokens."""
    if not any(map(_leaves_open, (line for edit in edits for line in edit.added))):
        return after
    old, new = _continued(before), _continued(after)
    lines, moved = after.split("\n"), dict[int, int]()
    for line, (column, (opened, beginning)) in new.items():
        was = old.get(_former(line, edits))
        wanted = beginning + moved.get(opened, 0)
        if column != wanted and was is not None and was[0] == was[1][1]:
            lines[line], moved[line] = " " * wanted + lines[line][column:], wanted - column
    return "\n".join(lines)


def closed_up(after: str, edits: Sequence[LineEdit]) -> str:
    """The text after these edits, with one run of blank lines where what stood between two is gone: the longer."""
    lines, moved = after.split("\n"), 0
    ends: list[int] = []
    for edit in edits:
        moved += len(edit.added) - (edit.end - edit.start)
        ends += [] if edit.added else [edit.end + moved]
    for end in reversed(ends):
        first, last = end, end
        while first and not lines[first - 1].strip():
            first -= 1
        while last < len(lines) - 1 and not lines[last].strip():
            last += 1
        del lines[end - min(end - first, last - end) : end]
    return "\n".join(lines)


def _leaves_open(line: str) -> bool:
    return sum(map(line.count, _OPENING)) != sum(map(line.count, _CLOSING))


def _continued(text: str) -> Mapping[int, tuple[int, _Place]]:
    """By number of each line that begins within a bracket with something behind it: its first column, and where what
    stands behind the bracket begins."""
    found: dict[int, tuple[int, _Place]] = {}
    open_: list[_Place | None] = []
    last = 0
    try:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.type in _BLANK:
                continue
            line, column = token.start[0] - 1, token.start[1]
            if open_ and open_[-1] is None:
                open_[-1] = (line, column)
            elif open_ and line > last and (inner := open_[-1]) is not None:
                found[line] = (column, inner)
            last = token.end[0] - 1
            if token.type == tokenize.OP and token.string in _OPENING:
                open_.append(None)
            elif token.type == tokenize.OP and token.string in _CLOSING and open_:
                open_.pop()
    except (tokenize.TokenError, SyntaxError):
        return {}
    return found


def _former(line: int, edits: Sequence[LineEdit]) -> int:
    """The number that a line had before the edits; -1 for one that is new."""
    moved = 0
    for edit in edits:
        start = edit.start + moved
        if line < start:
            break
        if line < start + len(edit.added):
            return line - moved if len(edit.added) == edit.end - edit.start else -1
        moved += len(edit.added) - (edit.end - edit.start)
    return line - moved
