"""Applies a detector's edits to a text, exactly by position."""

import re
from collections.abc import Iterable, Sequence
from itertools import pairwise

from sigma_core.errors import Conflict
from sigma_core.issues.finding import Edit

_BOM = "\ufeff"
_NEWLINE = re.compile(r"\r\n|\r|\n")


class EditsDoNotFit(Conflict):
    """The edits point outside the text or overlap: the file is not the one they were made for."""


def apply_edits(text: str, edits: Iterable[Edit]) -> str:
    """`text` with all edits made; a byte order mark and the file's own line ends are kept.

    Raises `EditsDoNotFit`.
    """
    mark, body = (_BOM, text[1:]) if text.startswith(_BOM) else ("", text)
    ends = _line_spans(body)
    newline = _newline_of(body)
    spans = sorted(
        (_offset(ends, e.start_line, e.start_col), _offset(ends, e.end_line, e.end_col), e.content) for e in edits
    )
    for (_, end, _), (start, _, _) in pairwise(spans):
        if start < end:
            raise EditsDoNotFit("Two edits of one fix overlap.")
    for start, end, content in reversed(spans):
        body = body[:start] + _NEWLINE.sub(newline, content) + body[end:]
    return mark + body


def _line_spans(text: str) -> list[tuple[int, int]]:
    """Offsets of each line's beginning and of what follows its line end."""
    starts = [0, *(match.end() for match in _NEWLINE.finditer(text))]
    return list(zip(starts, [*starts[1:], len(text)], strict=True))


def _offset(spans: Sequence[tuple[int, int]], line: int, column: int) -> int:
    # one line past the end, first column: the end of the text
    if line == len(spans) + 1 and column == 1:
        return spans[-1][1]
    if not 1 <= line <= len(spans):
        raise EditsDoNotFit(f"Line {line} does not exist.")
    start, end = spans[line - 1]
    offset = start + column - 1
    if not start <= offset <= end:
        raise EditsDoNotFit(f"Line {line} has no column {column}.")
    return offset


def _newline_of(text: str) -> str:
    match = _NEWLINE.search(text)
    return match.group() if match else "\n"
