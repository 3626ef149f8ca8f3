"""Findings made to vanish with the code they are in."""

import ast
from collections.abc import Iterator

from sigma_core.proposals.verification.patch import ChangedFile
from sigma_core.proposals.verification.syntax import FUNCTIONS, Unreadable, definitions, docstring, parse

_WORK = (
    ast.Call, ast.Compare, ast.BinOp, ast.Attribute, ast.Subscript, ast.Raise, ast.For, ast.While, ast.With, ast.Try,
    ast.Await, ast.Yield, ast.YieldFrom,
)  # fmt: skip


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
    """Whether a function computes anything: more than a docstring, a constant and ``NotImplementedError``."""
    own = docstring(node)
    body = [statement for statement in getattr(node, "body", []) if statement is not own and not _refuses(statement)]
    return any(isinstance(part, _WORK) for statement in body for part in ast.walk(statement))


def _refuses(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Raise) and "NotImplemented" in ast.dump(statement)
