"""Faults in expressions: each turns one node into others that mean something else and keep its type where that shows.

A fault that only breaks the code shows nothing but that it ran. So nothing becomes what it cannot be.
"""

import ast
from collections.abc import Callable, Iterator, Mapping

from sigma_core.parsing import expression_tree

_OPPOSITES: Mapping[type[ast.cmpop], ast.cmpop] = {
    ast.Eq: ast.NotEq(),
    ast.NotEq: ast.Eq(),
    ast.Lt: ast.GtE(),
    ast.GtE: ast.Lt(),
    ast.Gt: ast.LtE(),
    ast.LtE: ast.Gt(),
    ast.Is: ast.IsNot(),
    ast.IsNot: ast.Is(),
    ast.In: ast.NotIn(),
    ast.NotIn: ast.In(),
}
_OTHER_OPERATORS: Mapping[type[ast.operator], ast.operator] = {
    ast.Add: ast.Sub(),
    ast.Sub: ast.Add(),
    ast.Mult: ast.Add(),
    ast.Div: ast.Mult(),
    ast.FloorDiv: ast.Mult(),
    ast.BitAnd: ast.BitOr(),
    ast.BitOr: ast.BitAnd(),
    ast.LShift: ast.RShift(),
    ast.RShift: ast.LShift(),
}
_OTHER_NAMES = {
    "any": "all",
    "all": "any",
    "min": "max",
    "max": "min",
    "startswith": "endswith",
    "endswith": "startswith",
    "lower": "upper",
    "upper": "lower",
    "lstrip": "rstrip",
    "rstrip": "lstrip",
    "add": "discard",
}
_EMPTY: Mapping[tuple[type[ast.expr], ...], str] = {
    (ast.List, ast.ListComp): "[]",
    (ast.Tuple,): "()",
    (ast.Dict, ast.DictComp): "{}",
    (ast.Set, ast.SetComp): "set()",
    (ast.GeneratorExp,): "iter(())",
}
_MADE = {"sorted": "list"}
_MAKERS = ("sorted", "list", "tuple", "set", "frozenset", "dict")
_LIKE: Mapping[str, tuple[type[ast.expr], ...]] = {
    "tuple": (ast.Tuple,),
    "list": (ast.List, ast.ListComp),
    "set": (ast.Set, ast.SetComp),
    "dict": (ast.Dict, ast.DictComp),
    "str": (ast.JoinedStr,),
}
_TEXTUAL = ("join", "format", "strip", "lower", "upper", "replace", "decode", "title", "removeprefix", "removesuffix")

Faults = Iterator[ast.expr]


def faults(node: ast.expr) -> Faults:
    """What may stand in its place, the most telling first."""
    make = _BY_TYPE.get(type(node))
    if make is not None:
        yield from make(node)


def opposite(test: ast.expr) -> ast.expr:
    """What is true where a condition is false."""
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        return test.operand
    if isinstance(test, ast.Compare) and len(test.ops) == 1:
        return ast.Compare(test.left, [_OPPOSITES[type(test.ops[0])]], test.comparators)
    return ast.UnaryOp(ast.Not(), test)


def empty(value: ast.expr) -> ast.expr | None:
    """An empty value of the same type, where its form shows the type and it is not empty."""
    if _is_text(value):
        return ast.Constant("")
    source = next((text for kinds, text in _EMPTY.items() if isinstance(value, kinds) and _holds_some(value)), None)
    if source is None and isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.args:
        source = f"{_MADE.get(value.func.id, value.func.id)}()" if value.func.id in _MAKERS else None
    return None if source is None else expression_tree(source)


def _holds_some(value: ast.expr) -> bool:
    return bool(getattr(value, "elts", True) and getattr(value, "keys", True))


def _is_text(value: ast.expr) -> bool:
    if isinstance(value, ast.JoinedStr):
        return True
    if isinstance(value, ast.BinOp):
        return isinstance(value.op, ast.Mod) and _is_text_constant(value.left)
    textual = isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute) and value.func.attr in _TEXTUAL
    return textual and not getattr(value, "keywords", None)


def _is_text_constant(value: ast.expr) -> bool:
    return isinstance(value, ast.Constant) and isinstance(value.value, str)


def _constant(node: ast.Constant) -> Faults:
    value = node.value
    if isinstance(value, bool):
        yield ast.Constant(not value)
    elif isinstance(value, (int, float)):
        yield ast.Constant(value + 1)
    elif isinstance(value, str):
        yield ast.Constant(f"{value}x" if value.strip() else "x")
    elif isinstance(value, bytes):
        yield ast.Constant(value + b"x")


def _comparison(node: ast.Compare) -> Faults:
    for place, operator in enumerate(node.ops):
        others = [*node.ops]
        others[place] = _OPPOSITES[type(operator)]
        yield ast.Compare(node.left, others, node.comparators)


def _boolean(node: ast.BoolOp) -> Faults:
    yield ast.BoolOp(ast.Or() if isinstance(node.op, ast.And) else ast.And(), node.values)
    yield node.values[0]


def _binary(node: ast.BinOp) -> Faults:
    if isinstance(node.op, ast.Mod) and _is_text_constant(node.left):
        yield ast.Constant("")
        return
    yield node.left
    if (other := _OTHER_OPERATORS.get(type(node.op))) is not None:
        yield ast.BinOp(node.left, other, node.right)


def _unary(node: ast.UnaryOp) -> Faults:
    yield node.operand


def _choice(node: ast.IfExp) -> Faults:
    yield ast.IfExp(opposite(node.test), node.body, node.orelse)


def _emptied(node: ast.expr) -> Faults:
    if (value := empty(node)) is not None:
        yield value
    generators: list[ast.comprehension] = getattr(node, "generators", [])
    for place, each in enumerate(generators):
        if each.ifs:
            others = [*generators]
            without = [opposite(each.ifs[0]), *each.ifs[1:]]
            others[place] = ast.comprehension(each.target, each.iter, without, each.is_async)
            fields = {name: getattr(node, name) for name in node._fields}
            yield type(node)(**{**fields, "generators": others})


def _text(node: ast.JoinedStr) -> Faults:
    yield ast.Constant("")
    if len(node.values) > 1:
        yield ast.JoinedStr(node.values[:-1])


def _call(node: ast.Call) -> Faults:
    if (value := empty(node)) is not None:
        yield value
    called = node.func
    if isinstance(called, ast.Name) and called.id in _OTHER_NAMES:
        yield ast.Call(ast.Name(_OTHER_NAMES[called.id], ast.Load()), node.args, node.keywords)
    if isinstance(called, ast.Attribute):
        if called.attr in _OTHER_NAMES:
            other = ast.Attribute(called.value, _OTHER_NAMES[called.attr], ast.Load())
            yield ast.Call(other, node.args, node.keywords)
        if not isinstance(called.value, ast.Name) or called.attr in _TEXTUAL:
            yield called.value
    positional = [each for each in node.args if not isinstance(each, ast.Starred)]
    if len(positional) == len(node.args) == 2:
        yield ast.Call(called, [node.args[1], node.args[0]], node.keywords)
    if len(positional) == len(node.args) > 0 and not _is_made_of_its_like(node):
        yield positional[0]


def _is_made_of_its_like(node: ast.Call) -> bool:
    """Whether the call gives what its one argument is already: no test can tell them apart."""
    like = _LIKE.get(node.func.id, ()) if isinstance(node.func, ast.Name) else ()
    return len(node.args) == 1 and not node.keywords and isinstance(node.args[0], like)


_BY_TYPE: Mapping[type[ast.expr], Callable[..., Faults]] = {
    ast.Constant: _constant,
    ast.Compare: _comparison,
    ast.BoolOp: _boolean,
    ast.BinOp: _binary,
    ast.UnaryOp: _unary,
    ast.IfExp: _choice,
    ast.Call: _call,
    ast.JoinedStr: _text,
    ast.List: _emptied,
    ast.Tuple: _emptied,
    ast.Dict: _emptied,
    ast.Set: _emptied,
    ast.ListComp: _emptied,
    ast.SetComp: _emptied,
    ast.DictComp: _emptied,
    ast.GeneratorExp: _emptied,
}
