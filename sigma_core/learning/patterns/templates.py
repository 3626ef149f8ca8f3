"""Code with holes: what stands in it is Python, `$1`, `$2` … stand for whatever was there. Pure rules of values.

A hole in the place of a value stands for any expression, one in the place of a name for any name; the same hole stands
for the same thing wherever it occurs.
"""

import ast
import re
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from sigma_core.errors import Invalid
from sigma_core.parsing import syntax_tree

LONGEST = 1000
"""Characters of a template."""
MOST_NODES = 60
_SHOWN = re.compile(r"\$(\d{1,2})")
HELD = re.compile(r"__hole_(\d{1,2})__")

UNWRITABLE = (ValueError, RecursionError)
"""What a tree that cannot be written as text raises."""

Bindings = Mapping[str, str]
"""By hole, the code that it stands for."""


@dataclass(frozen=True)
class CodeTemplate:
    """One expression or one simple statement with holes, as it is shown, and its tree."""

    text: str
    tree: ast.AST

    @property
    def kind(self) -> str:
        """The node that it is, as `ast` calls it."""
        return type(self.tree).__name__

    @property
    def holes(self) -> frozenset[str]:
        """The numbers of its holes."""
        return frozenset(_SHOWN.findall(self.text))


def hole(number: int) -> str:
    """The identifier that stands for a hole in a tree."""
    return f"__hole_{number}__"


def hole_in(name: str) -> str | None:
    """The number of the hole that an identifier is; None for an ordinary one."""
    found = HELD.fullmatch(name)
    return found[1] if found else None


def template_of(tree: ast.AST, numbers: Mapping[str, str]) -> CodeTemplate:
    """The template that a tree with holes is, these numbered anew. Raises `Invalid` for what is none."""
    return template(HELD.sub(lambda held: f"${numbers[held[1]]}", ast.unparse(tree)))


def template(text: str) -> CodeTemplate:
    """Read a template strictly: one expression or simple statement of bounded size. Raises `Invalid`."""
    if not text.strip() or len(text) > LONGEST or "\n" in text.strip():
        raise Invalid({"template": f"is not one line of at most {LONGEST} characters"})
    if HELD.search(text):
        raise Invalid({"template": "holds a name that stands for a hole"})
    try:
        body = syntax_tree(_SHOWN.sub(r"__hole_\1__", text.strip())).body
    except SyntaxError:
        raise Invalid({"template": f"is not Python with holes: {text[:80]!r}"}) from None
    if len(body) != 1 or isinstance(body[0], _COMPOUND):
        raise Invalid({"template": "is not one expression or one simple statement"})
    tree: ast.AST = body[0].value if isinstance(body[0], ast.Expr) else body[0]
    if sum(1 for _ in ast.walk(tree)) > MOST_NODES:
        raise Invalid({"template": f"has more than {MOST_NODES} parts"})
    return CodeTemplate(text.strip(), tree)


_COMPOUND = (
    ast.FunctionDef,
    ast.AsyncFunctionDef,
    ast.ClassDef,
    ast.If,
    ast.For,
    ast.AsyncFor,
    ast.While,
    ast.With,
    ast.AsyncWith,
    ast.Try,
    ast.TryStar,
    ast.Match,
    ast.Import,
    ast.ImportFrom,
)


def match(wanted: CodeTemplate, node: ast.AST) -> Bindings | None:
    """What the holes stand for where a node is of the template's form; None where it is not, or cannot be written."""
    found: dict[str, str] = {}
    try:
        return found if _matches(wanted.tree, node, found) else None
    except UNWRITABLE:
        return None


def fill(wanted: CodeTemplate, bindings: Bindings) -> str | None:
    """The code with every hole filled in; None where it has one that nothing stands for."""
    if not wanted.holes <= bindings.keys():
        return None
    return ast.unparse(ast.fix_missing_locations(_Filling(bindings).visit(deepcopy(wanted.tree))))


def places(wanted: CodeTemplate, tree: ast.AST) -> Iterator[tuple[ast.expr | ast.stmt, Bindings]]:
    """Nodes of a tree that are of the template's form, each with what its holes stand for."""
    for node in ast.walk(tree):
        if isinstance(node, ast.expr | ast.stmt) and type(node) is type(wanted.tree):
            found = match(wanted, node)
            if found is not None:
                yield node, found


def _matches(wanted: Any, node: Any, found: dict[str, str]) -> bool:  # noqa: ANN401 (nodes, lists and constants)
    if isinstance(wanted, ast.Name) and (number := hole_in(wanted.id)) and isinstance(node, ast.expr):
        return _bind(number, ast.unparse(node), found)
    if isinstance(wanted, ast.AST):
        return type(wanted) is type(node) and all(
            _matches(getattr(wanted, name, None), getattr(node, name, None), found)
            for name in wanted._fields
            if name not in ("ctx", "kind", "type_comment")
        )
    if isinstance(wanted, list):
        same = isinstance(node, list) and len(wanted) == len(node)
        return same and all(_matches(one, other, found) for one, other in zip(wanted, node, strict=True))
    if isinstance(wanted, str) and (number := hole_in(wanted)) and isinstance(node, str):
        return _bind(number, node, found)
    return type(wanted) is type(node) and bool(wanted == node)


def _bind(number: str, code: str, found: dict[str, str]) -> bool:
    return found.setdefault(number, code) == code


class _Filling(ast.NodeTransformer):
    """Puts code in the place of holes."""

    def __init__(self, bindings: Bindings) -> None:
        self._bindings = bindings

    def visit_Name(self, node: ast.Name) -> ast.AST:
        number = hole_in(node.id)
        return node if number is None else syntax_tree(f"({self._bindings[number]}\n)").body[0].value  # type: ignore[attr-defined]

    def generic_visit(self, node: ast.AST) -> ast.AST:
        for name, value in ast.iter_fields(node):
            if isinstance(value, str) and (number := hole_in(value)):
                setattr(node, name, self._bindings[number])
        return super().generic_visit(node)
