"""What replaced what between two texts, at the syntax tree: the smallest parts that differ. Pure rules of values."""

import ast
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from typing import NamedTuple

_BLOCKS = ("body", "orelse", "finalbody", "handlers", "cases")


class Replaced(NamedTuple):
    """A part that stood there, and the one that stands there now."""

    before: ast.expr | ast.stmt
    after: ast.expr | ast.stmt


def replaced(before: ast.AST, after: ast.AST) -> Iterator[Replaced]:
    """The smallest pairs of expressions or simple statements. What only came or went is none of them."""
    if _text(before) == _text(after):
        return
    if type(before) is not type(after):
        yield from _pair(before, after)
        return
    if any(hasattr(before, name) for name in _BLOCKS) and not isinstance(before, ast.Lambda | ast.IfExp):
        for name in before._fields:
            yield from _in_field(getattr(before, name), getattr(after, name))
        return
    inner = _only_difference(before, after)
    if inner is None:
        yield from _pair(before, after)
        return
    found = list(replaced(*inner))
    yield from found or _pair(before, after)


def _in_field(before: object, after: object) -> Iterator[Replaced]:
    """Differences in one field of a statement that holds others."""
    if isinstance(before, list) and isinstance(after, list):
        yield from _in_block(before, after)
    elif isinstance(before, ast.AST) and isinstance(after, ast.AST):
        yield from replaced(before, after)


def _in_block(before: Sequence[object], after: Sequence[object]) -> Iterator[Replaced]:
    """Statements of one block side by side: those that stayed hold the others in their places."""
    old, new = ([_text(each) for each in side] for side in (before, after))
    for what, start, end, new_start, new_end in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if what == "replace" and end - start == new_end - new_start:
            for one, other in zip(before[start:end], after[new_start:new_end], strict=True):
                yield from _in_field(one, other)


def _only_difference(before: ast.AST, after: ast.AST) -> tuple[ast.AST, ast.AST] | None:
    """The one pair of parts in which two nodes of one kind differ; None where it is more than one, or none that is
    a part by itself."""
    differing = list[tuple[object, object]]()
    for name in before._fields:
        one, other = getattr(before, name, None), getattr(after, name, None)
        if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
            differing += [pair for pair in zip(one, other, strict=True) if _text(pair[0]) != _text(pair[1])]
        elif _text(one) != _text(other):
            differing.append((one, other))
    if len(differing) != 1:
        return None
    ((left, right),) = differing
    whole = isinstance(left, ast.expr | ast.keyword | ast.comprehension) and isinstance(right, ast.AST)
    return (left, right) if whole and isinstance(left, ast.AST) and isinstance(right, ast.AST) else None


def _pair(before: ast.AST, after: ast.AST) -> Iterator[Replaced]:
    simple = ast.expr | ast.stmt
    blocks = any(hasattr(each, "body") and isinstance(each, ast.stmt) for each in (before, after))
    imports = any(isinstance(each, ast.Import | ast.ImportFrom) for each in (before, after))
    if isinstance(before, simple) and isinstance(after, simple) and not blocks and not imports:
        yield Replaced(before, after)


def _text(part: object) -> str:
    if isinstance(part, ast.AST):
        return ast.dump(part)
    if isinstance(part, list):
        return repr([_text(each) for each in part])
    return repr(part)
