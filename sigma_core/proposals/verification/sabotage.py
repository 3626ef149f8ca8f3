"""Ordinary defects: a function that returns something else or raises, as it would by somebody's mistake.

Nothing marks them. Code that is made to fail for a moment must look like code that is wrong.
"""

import ast
import builtins
from collections.abc import Iterator, Sequence
from enum import StrEnum
from random import Random

from sigma_core.proposals.verification.patched_tree import Site
from sigma_core.proposals.verification.syntax import DEFINITIONS, FUNCTIONS, docstring, first_line, parse
from sigma_core.proposals.verification.variants import Position, Variant

_Function = ast.FunctionDef | ast.AsyncFunctionDef


class DefectKind(StrEnum):
    """What a defect is."""

    VALUE = "value"
    """It returns something else, or does nothing."""
    ERROR = "error"
    """It raises."""


_FALSY = ("None", "0", '""', "()", "False")
_TRUTHY = ("1", "True", '"x"', "[0]")
_ERRORS = (
    'raise ValueError("invalid value")',
    'raise TypeError("unsupported operand")',
    'raise KeyError("name")',
    'raise IndexError("list index out of range")',
    'raise AttributeError("no such attribute")',
    'raise RuntimeError("not possible here")',
    'raise ZeroDivisionError("division by zero")',
    'raise OSError("no such file")',
    'raise NameError("name is not defined")',
)


def defects(text: str, site: Site, kind: DefectKind, chance: Random) -> list[Variant]:
    """Ways to spoil a place, to be tried in this order. Raises `Unreadable`."""
    if site.function is None:
        return (
            [_inserted(text, site, raising) for raising in _shuffled(_ERRORS, chance)]
            if kind is DefectKind.ERROR
            else []
        )
    line = site.function.defined
    node = next(each for each in ast.walk(parse(text)) if isinstance(each, FUNCTIONS) and each.lineno == line)
    found = _values(node, chance) if kind is DefectKind.VALUE else _errors(node, text, chance)
    ending = "; yield" if _generates(node) else ""
    return [_in_place_of_body(site.file, node, f"{statement}{ending}") for statement in found]


def _values(node: _Function, chance: Random) -> list[str]:
    """Nothing done, where nothing is returned; else values that it does not return itself, true and false ones."""
    returned = {ast.unparse(each.value) for each in _own_nodes(node) if isinstance(each, ast.Return) and each.value}
    if _generates(node):
        return ["return", "yield None"]
    if not returned - {"None"} or node.name == "__init__":
        return ["return"]
    falsy, truthy = (
        [value for value in _shuffled(pool, chance) if value not in returned] for pool in (_FALSY, _TRUTHY)
    )
    parameters = [each.arg for each in node.args.args if each.arg not in ("self", "cls", *returned)]
    order = [truthy, falsy] if returned <= set(_FALSY) else [falsy, truthy]
    return [f"return {value}" for value in (*(value for pool in order for value in pool[:1]), *parameters[:1])]


def _errors(node: _Function, text: str, chance: Random) -> list[str]:
    """First such as nothing in the module expects; then what it raises itself."""
    mentioned = set(text.replace("(", " ").replace(")", " ").replace(":", " ").replace(",", " ").split())
    foreign = [each for each in _shuffled(_ERRORS, chance) if _class_of(each) not in mentioned]
    own = [ast.unparse(each) for each in _own_nodes(node) if isinstance(each, ast.Raise) and _stands_alone(each)]
    rest = [each for each in _ERRORS if each not in foreign]
    return [*foreign[:2], *(each for each in own if "\n" not in each), *foreign[2:], *rest]


def _class_of(statement: str) -> str:
    return statement.removeprefix("raise ").split("(", 1)[0]


def _stands_alone(node: ast.Raise) -> bool:
    """Whether it means the same at the beginning of the body."""
    names = {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}
    return node.exc is not None and node.cause is None and all(hasattr(builtins, name) for name in names)


def _in_place_of_body(file: str, node: _Function, statement: str) -> Variant:
    own = docstring(node)
    last = node.body[-1]
    end = (last.end_lineno or last.lineno, last.end_col_offset or 0)
    if own is last:
        return Variant(file, end, end, f"; {statement}")
    first = node.body[1] if own else node.body[0]
    start: Position = (_first_line(first), first.col_offset)
    # What follows keeps its line numbers
    return Variant(file, start, end, statement + "\n" * (end[0] - start[0]))


def _inserted(text: str, site: Site, statement: str) -> Variant:
    """Before the statement at or after the line, in the innermost class or block that holds it."""
    holder: ast.AST = parse(text)
    body = parse(text).body
    while (inner := _block_around(body, site.line)) is not None:
        holder, body = inner, inner.body
    own = docstring(holder)
    following = (each for each in body if _first_line(each) >= site.line and not _must_lead(each, own))
    if (after := next(following, None)) is not None:
        at = (_first_line(after), after.col_offset)
        return Variant(site.file, at, at, f"{statement}\n{_indent(text, at)}")
    if not body:
        return Variant(site.file, (1, 0), (1, 0), f"{statement}\n")
    end = (body[-1].end_lineno or body[-1].lineno, body[-1].end_col_offset or 0)
    return Variant(site.file, end, end, f"\n{_indent(text, (body[-1].lineno, body[-1].col_offset))}{statement}")


def _indent(text: str, place: Position) -> str:
    line = text.encode("utf-8", "surrogateescape").splitlines()[place[0] - 1][: place[1]].decode()
    return line if line.isspace() else ""


def _block_around(body: Sequence[ast.stmt], line: int) -> ast.ClassDef | ast.If | ast.With | ast.Try | None:
    for each in body:
        if isinstance(each, (ast.ClassDef, ast.If, ast.With, ast.Try)):
            last = each.body[-1].end_lineno or each.body[-1].lineno
            if each.body[0].lineno <= line <= last:
                return each
    return None


def _first_line(node: ast.stmt) -> int:
    return first_line(node) if isinstance(node, DEFINITIONS) else node.lineno


def _must_lead(node: ast.stmt, own: ast.stmt | None) -> bool:
    return node is own or (isinstance(node, ast.ImportFrom) and node.module == "__future__")


def _generates(node: _Function) -> bool:
    return any(isinstance(each, (ast.Yield, ast.YieldFrom)) for each in _own_nodes(node))


def _own_nodes(node: ast.AST) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, (*FUNCTIONS, ast.Lambda, ast.ClassDef)):
            yield child
            yield from _own_nodes(child)


def _shuffled(pool: Sequence[str], chance: Random) -> list[str]:
    return chance.sample(pool, len(pool))
