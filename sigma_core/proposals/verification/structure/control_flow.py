"""Branches and returns in one form: what follows a branch that leaves is no ``else``, nested conditions are one, a
condition returned as True or False is itself returned, None is returned without a word, at a function's end not at all.
"""

import ast
from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import pairwise

_LEAVING = (ast.Return, ast.Raise, ast.Continue, ast.Break)
_EXACT = (ast.Is, ast.IsNot, ast.In, ast.NotIn)
"""Comparisons whose result is always True or False, whatever is compared."""
_OPPOSITE: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
_TRUTH_VALUED = frozenset({"bool", "callable", "hasattr", "isinstance", "issubclass"})
_BUILTINS = _TRUTH_VALUED | {"len"}
_BLOCKS = ("body", "orelse", "finalbody")


def straighten(tree: ast.Module, whole: ast.Module) -> None:
    """Bring a tree to the form, in place. Each step keeps what is evaluated, in which order, and what comes of it.

    `whole` is the module that it is of, by which builtins are known.
    """
    _Straightener(whole).visit(tree)


def bound_names(tree: ast.Module) -> frozenset[str]:
    """Every name that a module gives a value, anywhere; with an import of all names these are unknown, and so all
    builtins count as bound."""
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            names.add(node.id)
        elif isinstance(node, ast.arg):
            names.add(node.arg)
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            names.add(node.name)
        elif isinstance(node, ast.alias):
            names.add((node.asname or node.name).split(".")[0])
        elif isinstance(node, (ast.ExceptHandler, ast.MatchAs, ast.MatchStar)) and node.name:
            names.add(node.name)
        elif isinstance(node, ast.MatchMapping) and node.rest:
            names.add(node.rest)
    return frozenset(names | _BUILTINS if "*" in names else names)


class _Straightener(ast.NodeTransformer):
    """Straightens the innermost statements first."""

    def __init__(self, whole: ast.Module) -> None:
        self._whole = whole

    @cached_property
    def _builtins(self) -> frozenset[str]:
        """The names of builtins that stand for these in the module."""
        return _BUILTINS - bound_names(self._whole)

    def generic_visit(self, node: ast.AST) -> ast.AST:
        """Visit what lies below, then each block of statements as a whole."""
        super().generic_visit(node)
        for name in _BLOCKS:
            block = getattr(node, name, None)
            if isinstance(block, list) and block and isinstance(block[0], ast.stmt):
                setattr(node, name, self._block(block))
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        self.generic_visit(node)
        _without_last_return(node.body)
        return node

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AsyncFunctionDef:
        self.generic_visit(node)
        _without_last_return(node.body)
        return node

    def visit_Return(self, node: ast.Return) -> ast.Return:
        self.generic_visit(node)
        return ast.Return(None) if _is_constant(node.value, None) else node

    def visit_If(self, node: ast.If) -> ast.If:
        self.generic_visit(node)
        test, orelse = _flat(node.test), node.orelse
        while len(orelse) == 1 and isinstance(other := orelse[0], ast.If):
            same = next((view for view in _views(other) if _same(node.body, view.body)), None)
            if same is None:
                break
            test, orelse = _joined(ast.Or(), [test, same.test]), same.orelse
        return ast.If(test, node.body, orelse)

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.expr:
        self.generic_visit(node)
        return self._negated(node.operand) if isinstance(node.op, ast.Not) else node

    def visit_IfExp(self, node: ast.IfExp) -> ast.expr:
        self.generic_visit(node)
        if _is_constant(node.body, True) and _is_constant(node.orelse, False):
            return self._truth(node.test)
        if _is_constant(node.body, False) and _is_constant(node.orelse, True):
            return self._negated(node.test)
        return node

    def visit_Call(self, node: ast.Call) -> ast.expr:
        self.generic_visit(node)
        plain = len(node.args) == 1 and not node.keywords and not isinstance(node.args[0], ast.Starred)
        return self._truth(node.args[0]) if plain and self._calls(node, {"bool"}) else node

    def _block(self, statements: Sequence[ast.stmt]) -> list[ast.stmt]:
        block = [each for statement in statements for each in _opened(statement)]
        # Not the first: what follows it could become a docstring
        block = [*block[:1], *(each for each in block[1:] if not isinstance(each, ast.Pass))]
        block = [[*_views(each)][-1] if isinstance(each, ast.If) else each for each in block]
        while (merged := self._merged_once(block)) is not None:
            block = merged
        return [_nested(each) if isinstance(each, ast.If) else each for each in block]

    def _merged_once(self, block: Sequence[ast.stmt]) -> list[ast.stmt] | None:
        """The block with its last two statements that can be one made one; None where there are none."""
        for at, (first, second) in reversed([*enumerate(pairwise(block))]):
            if isinstance(first, ast.If) and not first.orelse and (one := self._one(first, second)) is not None:
                return [*block[:at], one, *block[at + 2 :]]
        return None

    def _one(self, first: ast.If, second: ast.stmt) -> ast.stmt | None:
        if isinstance(second, ast.If) and not second.orelse and _leaves(first.body) and _same(first.body, second.body):
            return ast.If(_joined(ast.Or(), [first.test, second.test]), first.body, [])
        only = first.body[0] if len(first.body) == 1 else None
        if not isinstance(only, ast.Return) or not isinstance(second, ast.Return):
            return None
        value = second.value
        if value is None or not self._is_truth_value(value):
            return None
        if _is_constant(only.value, True):
            test = self._truth(first.test)
            return ast.Return(test if _is_constant(value, False) else _joined(ast.Or(), [test, value]))
        if _is_constant(only.value, False):
            test = self._negated(first.test)
            return ast.Return(test if _is_constant(value, True) else _joined(ast.And(), [test, value]))
        return None

    def _truth(self, value: ast.expr) -> ast.expr:
        """``bool(value)``: the value itself where it can be nothing else, else its double negation."""
        if self._is_truth_value(value):
            return _flat(value)
        if isinstance(value, ast.BoolOp):
            return _joined(value.op, [self._truth(each) for each in value.values])
        return ast.UnaryOp(ast.Not(), ast.UnaryOp(ast.Not(), value))

    def _negated(self, value: ast.expr) -> ast.expr:
        if isinstance(value, ast.UnaryOp) and isinstance(value.op, ast.Not):
            return self._truth(value.operand)
        if isinstance(value, ast.Compare) and len(value.ops) == 1 and isinstance(value.ops[0], _EXACT):
            return ast.Compare(value.left, [_OPPOSITE[type(value.ops[0])]()], value.comparators)
        if isinstance(value, ast.BoolOp):
            other = ast.And() if isinstance(value.op, ast.Or) else ast.Or()
            return _joined(other, [self._negated(each) for each in value.values])
        return ast.UnaryOp(ast.Not(), value)

    def _is_truth_value(self, value: ast.expr) -> bool:
        """Whether it can be nothing but True or False."""
        match value:
            case ast.Constant():
                return isinstance(value.value, bool)
            case ast.UnaryOp():
                return isinstance(value.op, ast.Not)
            case ast.BoolOp():
                return all(map(self._is_truth_value, value.values))
            case ast.Compare():
                numbers = all(map(self._is_number, [value.left, *value.comparators]))
                return numbers or all(isinstance(each, _EXACT) for each in value.ops)
            case ast.Call():
                return self._calls(value, _TRUTH_VALUED)
        return False

    def _is_number(self, value: ast.expr) -> bool:
        if isinstance(value, ast.Constant):
            return isinstance(value.value, int)
        return isinstance(value, ast.Call) and self._calls(value, {"len"})

    def _calls(self, node: ast.Call, names: set[str] | frozenset[str]) -> bool:
        return isinstance(node.func, ast.Name) and node.func.id in names and node.func.id in self._builtins


def _opened(statement: ast.stmt) -> list[ast.stmt]:
    """A branch that always leaves needs no ``else``: what stands there follows it."""
    if isinstance(statement, ast.If) and statement.orelse and _leaves(statement.body):
        return [ast.If(statement.test, statement.body, []), *statement.orelse]
    return [statement]


def _views(branch: ast.If) -> Iterator[ast.If]:
    """The branch, then the same with one nested condition after the other taken into its own."""
    yield branch
    inner = branch.body[0]
    if not branch.orelse and len(branch.body) == 1 and isinstance(inner, ast.If) and not inner.orelse:
        yield from _views(ast.If(_joined(ast.And(), [branch.test, inner.test]), inner.body, []))


def _nested(branch: ast.If) -> ast.If:
    """A branch for each part of its condition, one within the other."""
    test = branch.test
    if branch.orelse or not isinstance(test, ast.BoolOp) or not isinstance(test.op, ast.And):
        return branch
    body = branch.body
    for part in reversed(test.values[1:]):
        body = [ast.If(part, body, [])]
    return ast.If(test.values[0], body, [])


def _leaves(block: Sequence[ast.stmt]) -> bool:
    last = block[-1]
    if isinstance(last, ast.If):
        return bool(last.orelse) and _leaves(last.body) and _leaves(last.orelse)
    return isinstance(last, _LEAVING)


def _flat(test: ast.expr) -> ast.expr:
    """A condition in which ``and`` within ``and``, ``or`` within ``or`` are one: each part is asked once, in order."""
    return _joined(test.op, test.values) if isinstance(test, ast.BoolOp) else test


def _joined(op: ast.boolop, tests: Sequence[ast.expr]) -> ast.expr:
    values: list[ast.expr] = []
    for test in map(_flat, tests):
        values += test.values if isinstance(test, ast.BoolOp) and type(test.op) is type(op) else [test]
    return ast.BoolOp(op, values)


def _same(one: Sequence[ast.stmt], other: Sequence[ast.stmt]) -> bool:
    return [*map(ast.dump, one)] == [*map(ast.dump, other)]


def _without_last_return(body: list[ast.stmt]) -> None:
    while len(body) > 1 and isinstance(last := body[-1], ast.Return) and last.value is None:
        body.pop()


def _is_constant(value: ast.expr | None, wanted: bool | None) -> bool:
    return isinstance(value, ast.Constant) and value.value is wanted
