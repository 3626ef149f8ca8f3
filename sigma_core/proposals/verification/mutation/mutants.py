"""The mutants of one statement: a few small faults, always the same for the same change. Pure."""

import ast
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from itertools import islice
from random import Random

from sigma_core.proposals.verification.mutation.expressions import empty, faults, opposite
from sigma_core.proposals.verification.statements import Statement
from sigma_core.proposals.verification.syntax import DEFINITIONS, FUNCTIONS, docstring, nodes_of
from sigma_core.proposals.verification.variants import Position, Variant

_EXCERPT = 60
_IDLE = (*DEFINITIONS, ast.Import, ast.ImportFrom, ast.Pass, ast.Global, ast.Nonlocal)


@dataclass(frozen=True)
class Mutant:
    """One fault; `said` tells it to a person."""

    variant: Variant
    said: str


class _Rank(IntEnum):
    """In which order faults are tried."""

    WHOLE = 0
    """The statement does or gives something else."""
    PART = 1
    RISKY = 2
    """It may never end, or only break the code."""


@dataclass(frozen=True)
class _Fault:
    """Other text for a node."""

    node: ast.expr | ast.stmt
    text: str
    rank: _Rank = _Rank.WHOLE


def mutants(file: str, text: str, statement: Statement, known: Collection[str], seed: str, most: int) -> list[Mutant]:
    """At most so many faults in what the statement brings, to be tried in this order; none where it has no part that
    could be otherwise. `known` are dumps of what was there before. Raises `Unreadable`."""
    found = [fault for node in _nodes(text, statement) for fault in _faults(node)]
    new = [fault for fault in found if not _is_part(fault) or ast.dump(fault.node) not in known]
    chance = Random(seed)  # noqa: S311 (deterministic on purpose)
    order = chance.sample(new, len(new))
    order.sort(key=lambda fault: fault.rank)
    first: dict[tuple[int, int, str], _Fault] = {}
    for fault in order:
        first.setdefault((fault.node.lineno, fault.node.col_offset, fault.text), fault)
    return [_mutant(file, text, fault) for fault in [*first.values()][:most]]


def arms(file: str, text: str, statement: Statement, known: Collection[str], most: int) -> list[list[Mutant]]:
    """At most so many faults in each new arm of a conditional expression: tests that run the statement may never take
    one of them, which no recorded line tells. Raises `Unreadable`."""
    choices = {id(part): part for node in _nodes(text, statement) for part in _expressions(node)}.values()
    new = [
        arm
        for choice in choices
        if isinstance(choice, ast.IfExp)
        for arm in (choice.body, choice.orelse)
        if not isinstance(arm, ast.IfExp) and ast.dump(arm) not in known
    ]
    return [[_mutant(file, text, fault) for fault in islice(_of_arm(arm), most)] for arm in new]


def _of_arm(arm: ast.expr) -> Iterator[_Fault]:
    yield from (_Fault(arm, other) for other in _otherwise(arm))
    yield from (_Fault(arm, _written(other)) for other in faults(arm))


def _is_part(fault: _Fault) -> bool:
    return fault.rank is not _Rank.WHOLE and isinstance(fault.node, ast.expr)


def dumps(text: str, statements: Sequence[Statement]) -> set[str]:
    """The parts of statements, to be compared with."""
    found = (node for statement in statements for node in _nodes(text, statement))
    return {ast.dump(part) for node in found for part in [node, *_expressions(node)]}


def _nodes(text: str, statement: Statement) -> list[ast.stmt | ast.excepthandler]:
    """What begins on the lines of a statement, but for what only names something or does nothing."""
    return [each for each in _telling(text) if statement.line <= each.lineno <= statement.end]


@lru_cache(maxsize=32)
def _telling(text: str) -> tuple[ast.stmt | ast.excepthandler, ...]:
    """All of a text that does something, looked for once: it is asked of for every statement of every change."""
    every = nodes_of(text)
    silent = {id(found) for each in every if (found := docstring(each) or _last_return(each)) is not None}
    return tuple(
        each
        for each in every
        if isinstance(each, (ast.stmt, ast.excepthandler))
        and not isinstance(each, _IDLE)
        and id(each) not in silent
        and not (isinstance(each, ast.Expr) and isinstance(each.value, ast.Constant))
    )


def _last_return(node: ast.AST) -> ast.stmt | None:
    """The end of a function that would end there anyhow."""
    last = node.body[-1] if isinstance(node, FUNCTIONS) else None
    return last if isinstance(last, ast.Return) and last.value is None else None


def _faults(node: ast.stmt | ast.excepthandler) -> Iterator[_Fault]:
    yield from _of_statement(node)
    if isinstance(node, ast.Raise):
        return
    rank = _Rank.RISKY if isinstance(node, ast.While) else _Rank.PART
    for part in _expressions(node):
        for other in faults(part):
            yield _Fault(part, _written(other), rank)


def _of_statement(node: ast.stmt | ast.excepthandler) -> Iterator[_Fault]:
    match node:
        case ast.If(test=test) | ast.Assert(test=test):
            yield _Fault(test, _written(opposite(test)))
            yield from (_Fault(test, fixed, _Rank.PART) for fixed in ("True", "False"))
        case ast.While(test=test):
            yield _Fault(test, "False")
        case ast.For(iter=source):
            yield _Fault(source, "()")
        case ast.Expr(value=ast.YieldFrom(value=source)):
            yield _Fault(source, "()")
        case ast.ExceptHandler(type=ast.expr() as kind):
            yield _Fault(kind, "()")
        case ast.Return(value=ast.expr() as value) | ast.Expr(value=ast.Yield(value=ast.expr() as value)):
            yield from (_Fault(value, other) for other in _otherwise(value))
        case ast.Assign(value=value) | ast.AnnAssign(value=ast.expr() as value):
            yield from (_Fault(value, other) for other in _otherwise(value))
            named = all(
                isinstance(target, ast.Name) for target in getattr(node, "targets", [getattr(node, "target", None)])
            )
            yield _Fault(node, "pass", _Rank.RISKY if named else _Rank.WHOLE)
        case ast.AugAssign() | ast.Break():
            yield _Fault(node, "pass", _Rank.RISKY)
        case ast.Return() | ast.Expr() | ast.Raise() | ast.Delete() | ast.Continue():
            yield _Fault(node, "pass")


def _otherwise(value: ast.expr) -> Iterator[str]:
    """Values of the same type where the form shows it, else nothing at all."""
    if isinstance(value, ast.Compare) or (isinstance(value, ast.UnaryOp) and isinstance(value.op, ast.Not)):
        yield _written(opposite(value))
    elif (other := empty(value)) is not None:
        yield _written(other)
    elif not isinstance(value, ast.Constant):
        yield "None"
    elif value.value is None:
        yield "True"


def _written(expression: ast.expr) -> str:
    return ast.unparse(ast.fix_missing_locations(expression))


def _expressions(node: ast.AST) -> Iterator[ast.expr]:
    """Those that are worked out when the statement is, less annotations and what an f-string is made of."""
    for name, field in ast.iter_fields(node):
        if name in ("annotation", "returns", "decorator_list", "format_spec"):
            continue
        for part in field if isinstance(field, list) else [field]:
            if not isinstance(part, ast.AST) or isinstance(part, (ast.stmt, ast.excepthandler, ast.match_case)):
                continue
            if isinstance(part, ast.expr) and isinstance(getattr(part, "ctx", ast.Load()), ast.Load):
                yield part
            if not isinstance(part, (ast.JoinedStr, ast.pattern)):
                yield from _expressions(part)


def _mutant(file: str, text: str, fault: _Fault) -> Mutant:
    node = fault.node
    end = (node.end_lineno or node.lineno, node.end_col_offset or 0)
    put = f"({fault.text})" if isinstance(node, ast.expr) else fault.text
    was = _source(text, node, end)
    became = f"`{_short(fault.text)}`" if isinstance(node, ast.expr) else "nothing"
    return Mutant(Variant(file, (node.lineno, node.col_offset), end, put), f"{became} in place of `{_short(was)}`")


def _source(text: str, node: ast.expr | ast.stmt | ast.excepthandler, end: Position) -> str:
    lines = _lines(text)[node.lineno - 1 : end[0]]
    lines[-1] = lines[-1][: end[1]]
    lines[0] = lines[0][node.col_offset :]
    return b"".join(lines).decode("utf-8", "surrogateescape")


@lru_cache(maxsize=32)
def _lines(text: str) -> list[bytes]:
    return text.encode("utf-8", "surrogateescape").splitlines(keepends=True)


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _EXCERPT else f"{line[: _EXCERPT - 1]}…"
