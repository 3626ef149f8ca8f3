"""Which statements a change adds and removes, in lines a tracer can report."""

import ast
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from sigma_core.proposals.verification.patch import ChangedFile
from sigma_core.proposals.verification.syntax import (
    DEFINITIONS,
    FUNCTIONS,
    Function,
    Unreadable,
    blocks,
    docstring,
    first_line,
    functions,
    innermost,
    lines_with_code,
    lines_with_tokens,
    parse,
)


@dataclass(frozen=True)
class Statement:
    """One statement. It ran if any of its lines ran; of a compound one only the header counts."""

    line: int
    end: int
    function: Function | None

    @property
    def mask(self) -> int:
        """Its lines as bits: bit n is line n."""
        return ((1 << (self.end - self.line + 1)) - 1) << self.line


def statements_at(text: str, lines: Iterable[int]) -> list[Statement]:
    """The statements with instructions that the given 1-based lines belong to, each once, in order.

    Raises `Unreadable`.
    """
    module = _module(text)
    found = {module.owners.of(line) for line in module.significant.intersection(lines)}
    return [
        Statement(start, end, innermost(module.functions, start))
        for start, end in sorted(span for span in found if span is not None)
        if any(line in module.coded for line in range(start, end + 1))
    ]


@dataclass(frozen=True)
class _Module:
    """A text with all that is asked of it again and again, once for every change of the file."""

    owners: "_Owners"
    functions: list[Function]
    coded: frozenset[int]
    significant: frozenset[int]


@lru_cache(maxsize=128)
def _module(text: str) -> _Module:
    tree = parse(text)
    return _Module(_Owners(tree), functions(tree), lines_with_code(text), lines_with_tokens(text))


def changed_functions(file: ChangedFile) -> tuple[set[int], set[int]]:
    """The functions that a change touches, by the line of their name: before it and after it.

    A side that cannot be read has none.
    """
    before, after = functions_of(file.before), functions_of(file.after)
    names = {found.name for line in file.removed_lines if (found := innermost(before, line))}
    names |= {found.name for line in file.added_lines if (found := innermost(after, line))}
    touched_before, touched_after = ({each.defined for each in side if each.name in names} for side in (before, after))
    return touched_before, touched_after


def functions_of(text: str | None) -> list[Function]:
    """The functions of a text, outer ones first; none where there is no text or it cannot be read."""
    try:
        return [] if text is None else _module(text).functions
    except Unreadable:
        return []


class _Owners:
    """Line → the line span of the innermost statement it belongs to."""

    def __init__(self, tree: ast.Module) -> None:
        self._spans: dict[int, tuple[int, int] | None] = {}
        self._fill(tree)

    def of(self, line: int) -> tuple[int, int] | None:
        return self._spans.get(line)

    def _fill(self, node: ast.AST) -> None:
        for child in blocks(node):
            span = self._stand_in(node, child) or _header(child)
            for line in range(_start(child), _end(child) + 1):
                self._spans[line] = span
            self._fill(child)

    @staticmethod
    def _stand_in(owner: ast.AST, node: ast.AST) -> tuple[int, int] | None:
        """Where the effect of a statement without instructions of its own shows."""
        if isinstance(owner, FUNCTIONS) and docstring(owner) is node:
            return _header(owner)
        if isinstance(node, (ast.Global, ast.Nonlocal)):
            working = [each for each in owner.body if not isinstance(each, (ast.Global, ast.Nonlocal))]  # type: ignore[attr-defined]
            return _header(working[0]) if working else None
        return None


def _start(node: ast.AST) -> int:
    if isinstance(node, DEFINITIONS):
        return first_line(node)
    where = node.pattern if isinstance(node, ast.match_case) else node
    return int(where.lineno)  # type: ignore[attr-defined]


def _end(node: ast.AST) -> int:
    where = node.body[-1] if isinstance(node, ast.match_case) else node
    return int(where.end_lineno)  # type: ignore[attr-defined]


def _header(node: ast.AST) -> tuple[int, int]:
    start = _start(node)
    below = [_start(part) for part in blocks(node)]
    return start, max(start, min(below) - 1) if below else _end(node)
