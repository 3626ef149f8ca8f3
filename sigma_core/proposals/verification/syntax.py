"""Reading Python text without running it."""

import ast
import io
import tokenize
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from types import CodeType

from sigma_core.parsing import quietly, syntax_tree

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
DEFINITIONS = (*FUNCTIONS, ast.ClassDef)
_BLOCKS = ("body", "handlers", "orelse", "finalbody", "cases")
_BLANK = {
    tokenize.COMMENT,
    tokenize.NL,
    tokenize.NEWLINE,
    tokenize.INDENT,
    tokenize.DEDENT,
    tokenize.ENCODING,
    tokenize.ENDMARKER,
}

DEEPEST = 250
"""Levels of a tree; written by hand it has some thirty."""
_KEPT_TREES = 8
"""A tree takes some hundred times the room of its text; the changes of a file come one after the other."""
_KEPT_FACTS = 256


class Unreadable(ValueError):
    """The text is not Python to the interpreter SIGMA runs on; the message is one sentence."""


@dataclass(frozen=True)
class Function:
    """A function by its qualified name (``Class.method``); lines are 1-based, the first is that of its decorators."""

    name: str
    line: int
    end: int
    defined: int
    """Line of its name."""
    body: int
    """First line of its body."""

    @property
    def body_mask(self) -> int:
        """Lines of its body as bits; the header of a one-liner is one of them."""
        return ((1 << (self.end - self.body + 1)) - 1) << self.body


def parse(text: str) -> ast.Module:
    """The syntax tree, one for all who ask: it is only read. Raises `Unreadable`."""
    return _kept(text)[0]


def nodes_of(text: str) -> Sequence[ast.AST]:
    """All nodes of that tree, level by level as `ast.walk` has them. Raises `Unreadable`."""
    return _kept(text)[1]


@lru_cache(maxsize=_KEPT_TREES)
def _kept(text: str) -> tuple[ast.Module, Sequence[ast.AST]]:
    return _read(text)


def passing_nodes(text: str) -> Sequence[ast.AST]:
    """The same for one who asks for many texts, each once: nothing is kept. Raises `Unreadable`."""
    return _read(text)[1]


def _read(text: str) -> tuple[ast.Module, Sequence[ast.AST]]:
    """A tree with its nodes. One in which those who go down could run out of stack cannot be read."""
    with _reading():
        tree = syntax_tree(_encoded(text))
    nodes: list[ast.AST] = []
    level: list[ast.AST] = [tree]
    for _ in range(DEEPEST):
        nodes += level
        level = [child for node in level for child in _children(node)]
        if not level:
            return tree, nodes
    raise Unreadable(f"it is nested more than {DEEPEST} levels deep")


def _children(node: ast.AST) -> Iterator[ast.AST]:
    """As `ast.iter_child_nodes`, in a third of its time."""
    for value in vars(node).values():
        if isinstance(value, ast.AST):
            yield value
        elif isinstance(value, list):
            yield from (each for each in value if isinstance(each, ast.AST))


def why_unreadable(text: str) -> str:
    """Why the text cannot be followed line by line here; empty if it can."""
    try:
        lines_with_code(text)
        lines_with_tokens(text)
    except Unreadable as error:
        return str(error)
    return ""


def same_code(before: str, after: str) -> bool:
    """Whether both texts mean the same to the compiler: comments, blank lines, quotes and brackets aside."""
    return statement_digests(before) == statement_digests(after)


@lru_cache(maxsize=_KEPT_FACTS)
def statement_digests(text: str) -> tuple[bytes, ...]:
    """Of what each statement of a module means to the compiler. Raises `Unreadable`."""
    return tuple(sha256(ast.dump(each).encode("utf-8", "surrogatepass")).digest() for each in parse(text).body)


@lru_cache(maxsize=_KEPT_FACTS)
def lines_with_code(text: str) -> frozenset[int]:
    """Lines for which the compiler makes instructions. Raises `Unreadable`."""
    return frozenset(line for each in _nested(_compiled(text)) for _, _, line in each.co_lines() if line)


def same_instructions(before: str, after: str) -> bool:
    """Whether the compiler makes the same of both texts, lines aside. Raises `Unreadable`."""
    return _instructions(_compiled(before)) == _instructions(_compiled(after))


def _compiled(text: str) -> CodeType:
    with _reading():
        return compile(_encoded(text), "<project>", "exec", dont_inherit=True, optimize=0)


def _instructions(code: CodeType) -> tuple[object, ...]:
    """All that running it depends on."""
    said = (code.co_name, code.co_qualname, code.co_flags, code.co_code, code.co_exceptiontable)
    names = (code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars)
    taken = (code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount)
    return (*said, *names, *taken, *map(_constant, code.co_consts))


def _constant(value: object) -> object:
    """1, 1.0 and True are three; so are the two zeros."""
    if isinstance(value, CodeType):
        return _instructions(value)
    if isinstance(value, (tuple, frozenset)):
        return type(value), type(value)(map(_constant, value))
    return type(value), repr(value)


@lru_cache(maxsize=_KEPT_FACTS)
def lines_with_tokens(text: str) -> frozenset[int]:
    """Lines with more than a comment on them. Raises `Unreadable`."""
    lines: set[int] = set()
    with _reading():
        for token in tokenize.tokenize(io.BytesIO(_encoded(text)).readline):
            if token.type not in _BLANK:
                lines.update(range(token.start[0], token.end[0] + 1))
    return frozenset(lines)


@contextmanager
def _reading() -> Iterator[None]:
    try:
        with quietly():
            yield
    except SyntaxError as error:
        raise Unreadable(f"{error.msg} (line {error.lineno})" if error.lineno else error.msg) from None
    except (ValueError, RecursionError, MemoryError, SystemError, tokenize.TokenError) as error:
        raise Unreadable(str(error)) from None


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _nested(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _nested(constant)


def definitions(tree: ast.AST, prefix: str = "") -> Iterator[tuple[str, Definition]]:
    """Every function and class with its qualified name, outer ones first."""
    for node in blocks(tree):
        if isinstance(node, DEFINITIONS):
            name = f"{prefix}{node.name}"
            yield name, node
            yield from definitions(node, f"{name}.")
        else:
            yield from definitions(node, prefix)


def blocks(node: ast.AST) -> Iterator[ast.AST]:
    """The statements directly below, with the clauses (``except``, ``case``) that hold some; no expression does."""
    for name in _BLOCKS:
        yield from getattr(node, name, ())


def functions(tree: ast.Module) -> list[Function]:
    """Every function, outer ones first."""
    return [
        Function(name, first_line(node), node.end_lineno or node.lineno, node.lineno, node.body[0].lineno)
        for name, node in definitions(tree)
        if isinstance(node, FUNCTIONS)
    ]


def first_line(node: Definition) -> int:
    """The line a definition begins at, decorators included."""
    return min([node.lineno, *(each.lineno for each in node.decorator_list)])


def innermost(found: list[Function], line: int) -> Function | None:
    """The function a line belongs to; the last match is the innermost, as outer ones come first."""
    around = [function for function in found if function.line <= line <= function.end]
    return around[-1] if around else None


def docstring(node: ast.AST) -> ast.stmt | None:
    """The statement that is the docstring of a module, class or function."""
    body: list[ast.stmt] = getattr(node, "body", [])
    if not isinstance(node, (ast.Module, *DEFINITIONS)) or not body or not isinstance(body[0], ast.Expr):
        return None
    value = body[0].value
    return body[0] if isinstance(value, ast.Constant) and isinstance(value.value, str) else None
