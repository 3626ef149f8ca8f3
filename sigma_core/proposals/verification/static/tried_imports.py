"""Imports that ask whether something is there: in a `try` whose failure the code handles."""

import ast
from collections.abc import Iterable

_CATCHING = frozenset({"ImportError", "ModuleNotFoundError", "Exception", "BaseException"})


def tried_imports(nodes: Iterable[ast.AST]) -> dict[str, int]:
    """What such among the nodes of a module name, with the line of each. What they give need not be used: that they
    work is the answer."""
    found: dict[str, int] = {}
    for node in nodes:
        if isinstance(node, ast.Try) and any(map(_catches, node.handlers)):
            for each in node.body:
                if isinstance(each, ast.Import):
                    found |= {alias.name: each.lineno for alias in each.names}
                elif isinstance(each, ast.ImportFrom):
                    module = "." * each.level + (each.module or "")
                    found |= {f"{module}:{alias.name}": each.lineno for alias in each.names}
    return found


def _catches(handler: ast.ExceptHandler) -> bool:
    if handler.type is None:
        return True
    return any(isinstance(node, ast.Name) and node.id in _CATCHING for node in ast.walk(handler.type))
