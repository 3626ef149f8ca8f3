"""Functions made by chance of branches, loops and returns, rewritings of them, and faults put into them."""

import ast
import copy
from collections.abc import Callable, Iterator, Sequence
from itertools import product
from random import Random

CONDITIONS = 4
_LEAVING = (ast.Return, ast.Raise, ast.Continue, ast.Break)


def function(random: Random) -> ast.Module:
    """A module with one function ``f``: what it asks (``t``) and does (``s``) can be listened to."""
    body = _block(random, 3, in_loop=False)
    return ast.parse(f"def f():\n{_indented(body)}")


def behaviour(tree: ast.Module) -> list[object]:
    """What the function asks, does and returns, for all answers that it can get."""
    code = compile(ast.unparse(tree), "<made>", "exec")
    return [_run(code, answers) for answers in product((0, "x"), repeat=CONDITIONS)]


def rewritten(tree: ast.Module, random: Random) -> ast.Module:
    """The same in other words: the inverse of what linters do to branches, at some places."""
    new = copy.deepcopy(tree)
    for _ in range(4):
        rewritings = [act for block in _blocks(new) for act in _rewritings(block)]
        if rewritings:
            random.choice(rewritings)()
    return ast.parse(ast.unparse(new))


def spoiled(tree: ast.Module, random: Random) -> ast.Module:
    """With one fault, of the kinds that a wrong rewriting makes."""
    new = copy.deepcopy(tree)
    faults = [act for block in _blocks(new) for act in _faults(block)]
    if faults:
        random.choice(faults)()
    return ast.parse(ast.unparse(ast.fix_missing_locations(new)))


def _run(code: object, answers: Sequence[object]) -> object:
    heard: list[object] = []

    def t(number: int) -> object:
        heard.append(("asked", number))
        return answers[number]

    names: dict[str, object] = {"t": t, "s": lambda number: heard.append(("did", number))}
    exec(code, names)  # type: ignore[call-overload]
    f = names["f"]
    assert callable(f)
    try:
        result = f()
    except KeyError as error:
        return heard, "raised", error.args
    return heard, type(result), result


def _indented(block: str) -> str:
    return "".join(f"    {line}\n" for line in block.splitlines())


def _test(random: Random, depth: int = 2) -> str:
    asked = f"t({random.randrange(CONDITIONS)})"
    kinds = ["{0}", "not {0}", "{0} is None", "{0} in ('x',)"]
    if depth and random.random() < 0.5:
        word = random.choice(["and", "or"])
        return f"({_test(random, depth - 1)} {word} {_test(random, depth - 1)})"
    return random.choice(kinds).format(asked)


def _block(random: Random, depth: int, *, in_loop: bool) -> str:
    lines = [_statement(random, depth, in_loop=in_loop) for _ in range(random.randint(1, 3))]
    return "\n".join(lines)


def _statement(random: Random, depth: int, *, in_loop: bool) -> str:
    leaving = ["return True", "return False", f"return {_test(random)}", f"return {random.randrange(3)}"]
    leaving += ["raise KeyError(1)", *(["continue", "break"] if in_loop else [])]
    kind = random.choice(["act", "leave", "if", "if", "if", "loop"] if depth else ["act", "leave"])
    if kind == "act":
        return f"s({random.randrange(3)})"
    if kind == "leave":
        return random.choice(leaving)
    if kind == "loop":
        return f"for _ in range(2):\n{_indented(_block(random, depth - 1, in_loop=True))}"
    text = f"if {_test(random)}:\n{_indented(_block(random, depth - 1, in_loop=in_loop))}"
    if random.random() < 0.4:
        text += f"elif {_test(random)}:\n{_indented(_block(random, depth - 1, in_loop=in_loop))}"
    if random.random() < 0.4:
        text += f"else:\n{_indented(_block(random, depth - 1, in_loop=in_loop))}"
    return text


def _blocks(tree: ast.AST) -> Iterator[list[ast.stmt]]:
    for node in ast.walk(tree):
        for name in ("body", "orelse"):
            block = getattr(node, name, None)
            if isinstance(block, list) and block and not isinstance(node, ast.Module):
                yield block


def _rewritings(block: list[ast.stmt]) -> Iterator[Callable[[], None]]:
    for at, node in enumerate(block):
        if isinstance(node, ast.If):
            if not node.orelse and isinstance(node.body[-1], _LEAVING) and block[at + 1 :]:
                yield lambda at=at, node=node: _into_else(block, at, node)  # type: ignore[misc]
            if isinstance(node.test, ast.BoolOp) and len(node.test.values) == 2:
                yield lambda node=node: _apart(node)  # type: ignore[misc]
        elif isinstance(node, ast.Return) and isinstance(node.value, ast.UnaryOp):
            yield lambda at=at, node=node: _spelled_out(block, at, node)  # type: ignore[misc]
        elif not isinstance(node, _LEAVING):
            yield lambda at=at: block.insert(at + 1, ast.Pass())  # type: ignore[misc]


def _into_else(block: list[ast.stmt], at: int, node: ast.If) -> None:
    node.orelse, block[at + 1 :] = block[at + 1 :], []


def _apart(node: ast.If) -> None:
    assert isinstance(node.test, ast.BoolOp)
    first, second = node.test.values
    if isinstance(node.test.op, ast.Or):
        inner = ast.If(second, copy.deepcopy(node.body), node.orelse)
        node.test, node.orelse = first, [inner]
    elif not node.orelse:
        node.test, node.body = first, [ast.If(second, node.body, [])]


def _spelled_out(block: list[ast.stmt], at: int, node: ast.Return) -> None:
    assert node.value is not None
    branch = ast.If(node.value, [ast.Return(ast.Constant(True))], [])
    block[at : at + 1] = [branch, ast.Return(ast.Constant(False))]


def _faults(block: list[ast.stmt]) -> Iterator[Callable[[], None]]:
    for at, node in enumerate(block):
        if len(block) > 1:
            yield lambda at=at: block.__delitem__(at)  # type: ignore[misc]
        if isinstance(node, ast.If):
            yield lambda node=node: setattr(node, "test", ast.UnaryOp(ast.Not(), node.test))  # type: ignore[misc]
            yield lambda node=node: setattr(node, "test", _other_word(node.test))  # type: ignore[misc]
            if node.orelse:
                yield lambda node=node: _swapped(node)  # type: ignore[misc]
                yield lambda at=at, node=node: _out_of_else(block, at, node)  # type: ignore[misc]
            elif block[at + 1 :]:
                yield lambda at=at, node=node: _into_else(block, at, node)  # type: ignore[misc]
        if isinstance(node, ast.Return) and node.value is not None:
            yield lambda node=node: setattr(node, "value", ast.UnaryOp(ast.Not(), node.value))  # type: ignore[misc]
            yield lambda node=node: setattr(  # type: ignore[misc]
                node, "value", ast.Call(ast.Name("bool", ast.Load()), [node.value], [])
            )


def _other_word(test: ast.expr) -> ast.expr:
    if not isinstance(test, ast.BoolOp):
        return ast.Constant(True)
    return ast.BoolOp(ast.And() if isinstance(test.op, ast.Or) else ast.Or(), test.values)


def _swapped(node: ast.If) -> None:
    node.body, node.orelse = node.orelse, node.body


def _out_of_else(block: list[ast.stmt], at: int, node: ast.If) -> None:
    block[at + 1 : at + 1], node.orelse = node.orelse, []
