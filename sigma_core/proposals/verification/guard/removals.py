"""Findings made to vanish with the code they are in."""

import ast
from collections.abc import Iterator

from sigma_core.proposals.verification.patch import ChangedFile
from sigma_core.proposals.verification.syntax import FUNCTIONS, Unreadable, definitions, docstring, parse

_STEPS = (
    ast.Raise,
    ast.For,
    ast.AsyncFor,
    ast.While,
    ast.With,
    ast.AsyncWith,
    ast.Try,
    ast.AugAssign,
    ast.Delete,
    ast.Await,
    ast.Yield,
    ast.YieldFrom,
)
_EXPRESSIONS = (
    ast.Call,
    ast.Compare,
    ast.BinOp,
    ast.BoolOp,
    ast.UnaryOp,
    ast.IfExp,
    ast.Attribute,
    ast.Subscript,
    ast.Starred,
    ast.JoinedStr,
    ast.Dict,
    ast.List,
    ast.Set,
    ast.Tuple,
    ast.DictComp,
    ast.ListComp,
    ast.SetComp,
    ast.GeneratorExp,
    ast.NamedExpr,
    ast.Lambda,
)
_CHOICES = (ast.If, ast.Match, ast.Assert)
"""They work where what they decide by is worked out, or is something that was given."""
_LITERALS = frozenset({"bool", "bytes", "complex", "dict", "float", "frozenset", "int", "list", "set", "str", "tuple"})
"""Called with constants only, each says what a literal says."""


def removals(file: ChangedFile) -> Iterator[str]:
    """Files and definitions that are gone, functions that do nothing any more."""
    if file.before is not None and (file.after is None or file.path != file.old_path):
        yield f"{file.old_path}:1 is removed as a file."
    if not file.is_python or file.before is None or file.after is None:
        return
    try:
        before, after = dict(definitions(parse(file.before))), dict(definitions(parse(file.after)))
    except Unreadable:
        return
    for name, node in before.items():
        if name not in after:
            yield f"{file.path}:{node.lineno} removes the definition of {name}."
        elif isinstance(node, FUNCTIONS) and _works(node) and not _works(after[name]):
            yield f"{file.path}:{after[name].lineno} empties {name}: it does nothing any more."


def _works(node: ast.AST) -> bool:
    """Whether a function computes anything: more than a docstring, constants and ``NotImplementedError``."""
    own = docstring(node)
    body = [statement for statement in getattr(node, "body", []) if statement is not own and not _refuses(statement)]
    return any(_is_work(part) for statement in body for part in ast.walk(statement))


def _is_work(part: ast.AST) -> bool:
    if isinstance(part, _STEPS):
        return True
    if isinstance(part, _CHOICES):
        return _reads(part.subject if isinstance(part, ast.Match) else part.test)
    return isinstance(part, _EXPRESSIONS) and _reads(part)


def _reads(expression: ast.AST) -> bool:
    """Whether its value rests on anything that has a name: else it is as constant as a literal."""
    return any(isinstance(each, ast.Name) and each.id not in _LITERALS for each in ast.walk(expression))


def _refuses(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Raise) and "NotImplemented" in ast.dump(statement)
