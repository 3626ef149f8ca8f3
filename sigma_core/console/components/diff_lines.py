"""Which line of a change answers which, and which words of it changed. Pure."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

from sigma_core.edit_script import opcodes
from sigma_core.proposals.diff import Hunk

ALIKE = 0.58
"""Lines more alike than this stand side by side."""
LARGEST_BLOCK = 4_000
"""Pairs compared in one changed block; beyond, lines are paired in order."""
LONGEST_COMPARED = 500
"""Characters by which two lines are compared: what is longer was made by a program."""

_WORD = re.compile(r"\w+|\s+|[^\w\s]")
Span = tuple[int, int]


@dataclass(frozen=True)
class DiffLine:
    """One side of a row: its number, what became of it, and the character spans that changed."""

    number: int
    mark: Literal[" ", "+", "-"]
    text: str
    changed: tuple[Span, ...] = ()


Row = tuple[DiffLine | None, DiffLine | None]


def rows(hunk: Hunk) -> Iterator[Row]:
    """The hunk as rows of before and after."""
    old, new = max(hunk.start, 1), max(hunk.new_start, 1)
    removed: list[DiffLine] = []
    added: list[DiffLine] = []
    for mark, raw in hunk.lines:
        shown = raw.rstrip("\r\n")
        if mark == " ":
            yield from _block(removed, added)
            removed, added = [], []
            yield DiffLine(old, " ", shown), DiffLine(new, " ", shown)
        elif mark == "-":
            removed.append(DiffLine(old, "-", shown))
        else:
            added.append(DiffLine(new, "+", shown))
        old += mark != "+"
        new += mark != "-"
    yield from _block(removed, added)


def pair(before: Sequence[str], after: Sequence[str]) -> list[tuple[int, int]]:
    """Indices of lines that answer each other, in order, most alike in all."""
    if len(before) * len(after) > LARGEST_BLOCK:
        return list(zip(range(len(before)), range(len(after)), strict=False))
    alike = [[_likeness(a, b) for b in after] for a in before]
    best = [[0.0] * (len(after) + 1) for _ in range(len(before) + 1)]
    for i in reversed(range(len(before))):
        for j in reversed(range(len(after))):
            best[i][j] = max(best[i + 1][j], best[i][j + 1], alike[i][j] + best[i + 1][j + 1] if alike[i][j] else 0)
    return list(_walk(alike, best))


def changed_words(before: str, after: str) -> tuple[tuple[Span, ...], tuple[Span, ...]]:
    """Character spans of `before` and of `after` that differ, by word; indentation is never marked."""
    old, new = _words(before), _words(after)
    removed: list[Span] = []
    added: list[Span] = []
    for tag, i1, i2, j1, j2 in opcodes([word for _, word in old], [word for _, word in new]):
        if tag != "equal":
            removed += _span(old[i1:i2])
            added += _span(new[j1:j2])
    return tuple(removed), tuple(added)


def _block(removed: list[DiffLine], added: list[DiffLine]) -> Iterator[Row]:
    i = j = 0
    for a, b in pair([line.text for line in removed], [line.text for line in added]):
        yield from ((line, None) for line in removed[i:a])
        yield from ((None, line) for line in added[j:b])
        old_spans, new_spans = changed_words(removed[a].text, added[b].text)
        yield (
            DiffLine(removed[a].number, "-", removed[a].text, old_spans),
            DiffLine(added[b].number, "+", added[b].text, new_spans),
        )
        i, j = a + 1, b + 1
    yield from ((line, None) for line in removed[i:])
    yield from ((None, line) for line in added[j:])


def _likeness(before: str, after: str) -> float:
    matcher = SequenceMatcher(None, before.strip()[:LONGEST_COMPARED], after.strip()[:LONGEST_COMPARED], autojunk=False)
    if matcher.real_quick_ratio() <= ALIKE or matcher.quick_ratio() <= ALIKE:
        return 0.0
    ratio = matcher.ratio()
    return ratio if ratio > ALIKE else 0.0


def _walk(alike: list[list[float]], best: list[list[float]]) -> Iterator[tuple[int, int]]:
    i = j = 0
    while i < len(alike) and j < len(alike[0]):
        if alike[i][j] and best[i][j] == alike[i][j] + best[i + 1][j + 1]:
            yield i, j
            i, j = i + 1, j + 1
        elif best[i + 1][j] >= best[i][j + 1]:
            i += 1
        else:
            j += 1


def _words(line: str) -> list[tuple[int, str]]:
    indent = len(line) - len(line.lstrip())
    return [(match.start() + indent, match[0]) for match in _WORD.finditer(line[indent:])]


def _span(found: list[tuple[int, str]]) -> list[Span]:
    return [(found[0][0], found[-1][0] + len(found[-1][1]))] if found else []
