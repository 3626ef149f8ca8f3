"""Attributes set on, or taken from, what another module owns."""

import ast
from collections.abc import Iterator

from sigma_core.proposals.verification.guard import watched
from sigma_core.proposals.verification.guard.names import Names
from sigma_core.proposals.verification.guard.watched import Way


class Ownership:
    """Tells writes to one's own objects from writes to those of others."""

    def __init__(self, names: Names) -> None:
        self._names = names

    def written(self, node: ast.AST) -> Iterator[tuple[str, Way]]:
        """What a node changes that is not its module's own."""
        if (owner := self._owner(node)) is not None:
            yield f"changes {owner}, which another module owns", Way.OTHERS

    def _owner(self, node: ast.AST) -> str | None:
        if isinstance(node, (ast.Attribute, ast.Subscript)):
            if isinstance(node.ctx, ast.Load) or (isinstance(node, ast.Subscript) and not _is_namespace(node.value)):
                return None
            return self._foreign(node.value)
        if not isinstance(node, ast.Call):
            return None
        if self._names.path(node.func) in watched.SETTERS:
            return self._foreign(node.args[0]) if node.args else None
        if isinstance(node.func, ast.Attribute) and node.func.attr in watched.CHANGING:
            target = node.func.value
            return self._foreign(target) if _is_namespace(target) or self._names.path(target) == "sys.path" else None
        return None

    def _foreign(self, node: ast.expr) -> str | None:
        return self._names.imported(_of_namespace(node) or node)


def _is_namespace(node: ast.expr) -> bool:
    return _of_namespace(node) is not None


def _of_namespace(node: ast.expr) -> ast.expr | None:
    """The object whose attributes ``x.__dict__`` and ``vars(x)`` are."""
    if isinstance(node, ast.Attribute):
        return node.value if node.attr == "__dict__" else None
    called = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "vars"
    return node.args[0] if called and isinstance(node, ast.Call) and node.args else None
