"""Lists, tuples, sets and dictionaries by whichever way they are written: as displays, by a call, as a sum."""

import ast
from collections.abc import Callable, Mapping

from sigma_core.proposals.verification.structure.control_flow import bound_names

_MAKERS = frozenset({"dict", "list", "set", "tuple"})
_CALM = (
    ast.Name,
    ast.expr_context,
    ast.Constant,
    ast.Attribute,
    ast.Subscript,
    ast.Slice,
    ast.Tuple,
    ast.Compare,
    ast.cmpop,
    ast.BoolOp,
    ast.boolop,
    ast.UnaryOp,
    ast.unaryop,
    ast.IfExp,
)
"""What stands in a comprehension without calling anything: no call ends the generator that it might be written as, and
none notices when the elements of a set meet."""


def as_displays(tree: ast.Module, whole: ast.Module) -> None:
    """Write what makes a list, tuple, set or dictionary as a display or comprehension, in place.

    `whole` is the module that it is of, by which builtins are known.
    """
    _Displays(_MAKERS - bound_names(whole)).visit(tree)


class _Displays(ast.NodeTransformer):
    def __init__(self, makers: frozenset[str]) -> None:
        self._makers = makers

    def visit_Call(self, node: ast.Call) -> ast.expr:
        self.generic_visit(node)
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        if name not in self._makers:
            return node
        if not node.args:
            return _of_keywords(node) if name == "dict" else _empty(name, node)
        (only, *more) = node.args
        return node if more or node.keywords else _MADE_OF[name](only) or node

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        self.generic_visit(node)
        left, right = self._known(node.left), self._known(node.right)
        if not isinstance(node.op, ast.Add) or left is None or type(left) is not type(right):
            return node
        return type(left)(left.elts + right.elts, ast.Load())

    def visit_Starred(self, node: ast.Starred) -> ast.Starred:
        """A copy that is unpacked is as good as what it copies."""
        self.generic_visit(node)
        if isinstance(node.ctx, ast.Load) and (copied := self._copied(node.value, ("list", "tuple"))) is not None:
            node.value = copied
        return node

    def _known(self, node: ast.expr) -> ast.List | ast.Tuple | None:
        """An operand of a sum as a display, where it surely is a list or a tuple."""
        if isinstance(node, (ast.List, ast.Tuple)):
            return node
        for name, kind in (("list", ast.List), ("tuple", ast.Tuple)):
            if (copied := self._copied(node, (name,))) is not None:
                return kind([ast.Starred(copied, ast.Load())], ast.Load())
        return None

    def _copied(self, node: ast.expr, names: tuple[str, ...]) -> ast.expr | None:
        """What a call of one of these builtins copies."""
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
            return None
        if node.func.id not in names or node.func.id not in self._makers:
            return None
        plain = len(node.args) == 1 and not node.keywords and not isinstance(node.args[0], ast.Starred)
        return node.args[0] if plain else None


def _empty(name: str, node: ast.Call) -> ast.expr:
    if node.keywords or name == "set":
        return node
    return ast.List([], ast.Load()) if name == "list" else ast.Tuple([], ast.Load())


def _of_keywords(node: ast.Call) -> ast.expr:
    if any(each.arg is None for each in node.keywords):
        return node
    return ast.Dict([ast.Constant(each.arg) for each in node.keywords], [each.value for each in node.keywords])


def _list_of(made: ast.expr) -> ast.expr | None:
    if isinstance(made, (ast.List, ast.Tuple)):
        return ast.List(made.elts, ast.Load())
    if isinstance(made, ast.ListComp):
        return made
    return ast.ListComp(made.elt, made.generators) if isinstance(made, ast.GeneratorExp) and _is_calm(made) else None


def _tuple_of(made: ast.expr) -> ast.expr | None:
    return ast.Tuple(made.elts, ast.Load()) if isinstance(made, (ast.List, ast.Tuple)) else None


def _set_of(made: ast.expr) -> ast.expr | None:
    if isinstance(made, (ast.List, ast.Tuple)):
        return ast.Set(made.elts) if made.elts else ast.Call(ast.Name("set", ast.Load()), [], [])
    if isinstance(made, (ast.GeneratorExp, ast.ListComp)) and _is_calm(made):
        return ast.SetComp(made.elt, made.generators)
    return None


def _dict_of(made: ast.expr) -> ast.expr | None:
    """Of pairs that are written as such."""
    if isinstance(made, (ast.GeneratorExp, ast.ListComp)) and _is_calm(made):
        pair = _pair(made.elt)
        return ast.DictComp(pair[0], pair[1], made.generators) if pair else None
    if isinstance(made, (ast.List, ast.Tuple)):
        pairs = [_pair(each) for each in made.elts]
        known = [each for each in pairs if each is not None and isinstance(each[0], ast.Constant)]
        return ast.Dict([key for key, _ in known], [value for _, value in known]) if len(known) == len(pairs) else None
    return None


def _pair(node: ast.expr) -> tuple[ast.expr, ast.expr] | None:
    if not isinstance(node, ast.Tuple) or len(node.elts) != 2 or any(isinstance(e, ast.Starred) for e in node.elts):
        return None
    return node.elts[0], node.elts[1]


def _is_calm(made: ast.GeneratorExp | ast.ListComp) -> bool:
    """Whether nothing is called in it but by the first thing it goes over."""
    first, *more = made.generators
    parts = [made.elt, first.target, *first.ifs]
    parts += [part for each in more for part in (each.target, each.iter, *each.ifs)]
    still = not any(each.is_async for each in made.generators)
    return still and all(isinstance(node, _CALM) for part in parts for node in ast.walk(part))


_MADE_OF: Mapping[str, Callable[[ast.expr], ast.expr | None]] = {
    "dict": _dict_of,
    "list": _list_of,
    "set": _set_of,
    "tuple": _tuple_of,
}
