"""Scopes of a Python file, and what their names hold."""

import ast
from collections import Counter
from collections.abc import Iterator

from sigma_core.parsing import expression_tree

Function = ast.FunctionDef | ast.AsyncFunctionDef


class Scope:
    """A file, class, function, lambda or comprehension: what its names hold, and what is called in it."""

    def __init__(self, node: ast.AST, name: str, around: "Scope | None", owner: str = "") -> None:
        self.node, self.name, self.around = node, name, around
        self.owner = owner
        """The class whose method this is; else empty."""
        self.stores: Counter[str] = Counter()
        """How often each name is bound in it; a parameter counts as once."""
        self.outer: set[str] = set()
        self.calls: list[ast.Call] = []
        self._made: dict[str, ast.expr] = {}
        self.self_name = ""
        if isinstance(node, Function | ast.Lambda):
            self._parameters(node)

    def _parameters(self, node: Function | ast.Lambda) -> None:
        given = node.args
        positional = [*given.posonlyargs, *given.args]
        for each in (*positional, *given.kwonlyargs):
            self.stores[each.arg] += 1
            if each.annotation is not None:
                self._made[each.arg] = each.annotation
        for starred in (given.vararg, given.kwarg):
            if starred is not None:
                self.stores[starred.arg] += 1
        if self.owner and positional and not isinstance(node, ast.Lambda):
            is_static = any(dotted(each) == "staticmethod" for each in node.decorator_list)
            self.self_name = "" if is_static else positional[0].arg

    def note(self, node: ast.AST) -> None:
        """Take in what a node of this scope binds."""
        if isinstance(node, ast.Name):
            self.stores[node.id] += 1
        elif isinstance(node, ast.ExceptHandler | ast.MatchAs | ast.MatchStar):
            if node.name:
                self.stores[node.name] += 1
        elif isinstance(node, ast.Global | ast.Nonlocal):
            self.outer.update(node.names)
        elif isinstance(node, ast.AnnAssign):
            if isinstance(node.target, ast.Name):
                self._made[node.target.id] = node.annotation
        elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
            target = node.targets[0]
            if len(node.targets) == 1 and isinstance(target, ast.Name):
                self._made[target.id] = node.value.func

    def binds(self, name: str) -> bool:
        """Whether the name is one of its own."""
        return name in self.stores and name not in self.outer

    def class_of(self, name: str) -> ast.expr | None:
        """The class of a variable's object, where it is assigned once and plainly, or annotated."""
        made = self._made.get(name)
        return hinted(made) if made is not None and self.stores[name] == 1 else None

    def visible(self) -> "Iterator[Scope]":
        """Scopes whose names are seen here, the innermost first: those of a class only in its own body."""
        scope: Scope | None = self
        while scope is not None:
            if scope is self or not isinstance(scope.node, ast.ClassDef):
                yield scope
            scope = scope.around

    @property
    def caller(self) -> str:
        """The function that runs this; of a class's body, whatever defines the class."""
        scope = self
        while isinstance(scope.node, ast.ClassDef) and scope.around is not None:
            scope = scope.around
        return scope.name


def dotted(node: ast.expr | None) -> str | None:
    """``a.b.c`` of such an expression; None of any other."""
    parts = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return ".".join([node.id, *reversed(parts)]) if isinstance(node, ast.Name) else None


def hinted(node: ast.expr) -> ast.expr | None:
    """The class that an annotation names: also one in quotes, and one that may be None."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        try:
            return hinted(expression_tree(node.value))
        except SyntaxError:
            return None
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        sides = [each for each in (node.left, node.right) if not (isinstance(each, ast.Constant) and not each.value)]
        return hinted(sides[0]) if len(sides) == 1 else None
    if isinstance(node, ast.Subscript) and (dotted(node.value) or "").rpartition(".")[2] == "Optional":
        return hinted(node.slice)
    return node if dotted(node) else None
