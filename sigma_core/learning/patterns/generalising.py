"""From one replacement to a pattern: what is of a language or library stays, what is the project's becomes holes."""

import ast
import builtins
import codecs
import re
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass

from sigma_core.errors import Invalid
from sigma_core.learning.patterns.syntax_changes import Replaced
from sigma_core.learning.patterns.templates import HELD, UNWRITABLE, CodeTemplate, hole, hole_in, template_of

_METHODS = frozenset(
    name
    for kind in (str, bytes, bytearray, list, dict, set, frozenset, tuple, int, float, complex, range, Exception)
    for name in dir(kind)
)
_NUMBERS = (0, 1, 2)
_MODE = re.compile(r"[rwaxbt+]{1,3}")
_TELLING = (ast.Raise, ast.Assert, ast.Delete)
"""Statements that say something by their kind alone."""
MOST_HOLES = 12

Imports = Mapping[str, str]
"""By the name that a file binds, what it imports: `os.path`, or `typing:List`."""


@dataclass(frozen=True)
class Rewrite:
    """What is put in the place of what. `imports`: what the code to be replaced takes from modules."""

    before: CodeTemplate
    after: CodeTemplate
    imports: tuple[str, ...]


def outside_imports(tree: ast.AST, own: frozenset[str]) -> dict[str, str]:
    """What a file takes from modules that are not its project's, under the names they have there.

    `own`: the project's top-level packages and modules.
    """
    found = dict[str, str]()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for each in node.names:
                if each.asname is None and _root(each.name) not in own:
                    found[_root(each.name)] = _root(each.name)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level and _root(node.module) not in own:
            found |= {each.name: f"{node.module}:{each.name}" for each in node.names if each.asname is None}
    return found


def _root(module: str) -> str:
    return module.split(".", maxsplit=1)[0]


def generalised(change: Replaced, imports: Imports) -> Rewrite | None:
    """The pattern that one replacement is an instance of; None where nothing of it would be anybody else's."""
    if _formats_text(change):
        return None
    maker = _Holes(imports, _shared(change))
    before = maker.of(change.before)
    needed = tuple(sorted(maker.used))
    after = maker.of(change.after)
    if maker.count > MOST_HOLES or ast.dump(before) == ast.dump(after):
        return None
    try:
        numbers = _in_order(ast.unparse(before), ast.unparse(after))
        made = Rewrite(template_of(before, numbers), template_of(after, numbers), needed)
    except (Invalid, *UNWRITABLE):
        return None
    related = made.before.holes & made.after.holes or not made.before.holes
    return made if related and _is_telling(made.before) else None


def _shared(change: Replaced) -> frozenset[str]:
    """Expressions that stand on both sides."""
    sides = [
        {ast.dump(node) for node in ast.walk(side) if isinstance(node, ast.expr) and node is not side}
        for side in change
    ]
    return frozenset(sides[0] & sides[1])


class _Holes(ast.NodeTransformer):
    """Puts holes in the place of what is the project's own; the same hole for the same thing."""

    def __init__(self, imports: Imports, shared: frozenset[str]) -> None:
        self._imports, self._shared = imports, shared
        self._numbers: dict[str, int] = {}
        self.used: set[str] = set()

    @property
    def count(self) -> int:
        return len(self._numbers)

    def of(self, tree: ast.AST) -> ast.AST:
        copied = deepcopy(tree)
        return ast.fix_missing_locations(self._inside(copied))

    def visit(self, node: ast.AST) -> ast.AST:
        if isinstance(node, ast.expr) and ast.dump(node) in self._shared and not self._is_known(node):
            return self._hole(ast.dump(node))
        return self._inside(node)

    def _inside(self, node: ast.AST) -> ast.AST:
        if isinstance(node, ast.Name):
            return self._name(node)
        if isinstance(node, ast.Constant):
            return node if _is_plain(node.value) else self._hole(ast.dump(node))
        if isinstance(node, ast.Call):
            self._keywords(node)
        elif isinstance(node, ast.Attribute) and not self._is_known(node):
            node.attr = hole(self._number(f"attribute {node.attr}"))
        return self.generic_visit(node)

    def _name(self, node: ast.Name) -> ast.AST:
        if hole_in(node.id) or not self._is_known(node):
            return self._hole(ast.dump(ast.Name(node.id, ast.Load())))
        if node.id in self._imports:
            self.used.add(self._imports[node.id])
        return node

    def _keywords(self, node: ast.Call) -> None:
        if not self._is_known(node.func):
            for each in node.keywords:
                if each.arg is not None:
                    each.arg = hole(self._number(f"keyword {each.arg}"))

    def _is_known(self, node: ast.AST) -> bool:
        """Whether an expression holds nothing of the project's own."""
        if isinstance(node, ast.Name):
            return node.id in self._imports or hasattr(builtins, node.id)
        if isinstance(node, ast.Attribute):
            return node.attr in _METHODS or (self._is_known(node.value) and not isinstance(node.value, ast.Constant))
        if isinstance(node, ast.Constant):
            return _is_plain(node.value)
        return False

    def _hole(self, key: str) -> ast.Name:
        return ast.Name(hole(self._number(key)), ast.Load())

    def _number(self, key: str) -> int:
        return self._numbers.setdefault(key, len(self._numbers) + 1)


def _is_plain(value: object) -> bool:
    """A constant that is of the language, not of the project: no text but names of encodings and modes of files."""
    if value is None or value is ... or isinstance(value, bool):
        return True
    if isinstance(value, int | float):
        return value in _NUMBERS
    if isinstance(value, bytes):
        return not value
    return isinstance(value, str) and (not value or bool(_MODE.fullmatch(value)) or _is_encoding(value))


def _is_encoding(text: str) -> bool:
    try:
        return len(text) <= 12 and text.isascii() and text.isprintable() and codecs.lookup(text) is not None
    except (LookupError, ValueError):
        return False


def _in_order(*texts: str) -> dict[str, str]:
    """New numbers of the holes, as they come in the text."""
    met = dict.fromkeys(HELD.findall(" ".join(texts)))
    return {old: str(new) for new, old in enumerate(met, 1)}


def _is_telling(template: CodeTemplate) -> bool:
    """Whether it is of more than the form that any code has: something known in it, or one form within another."""
    forms = [each for each in ast.walk(template.tree) if isinstance(each, ast.expr | ast.stmt) and not _is_hole(each)]
    return len(forms) > 1 or isinstance(template.tree, _TELLING) or any(_known_leaves(template.tree))


def _known_leaves(tree: ast.AST) -> Iterator[bool]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            yield hole_in(node.attr) is None
        if isinstance(node, ast.Call):
            yield from (each.arg is not None and hole_in(each.arg) is None for each in node.keywords)


def _is_hole(node: ast.AST) -> bool:
    return isinstance(node, ast.Name) and hole_in(node.id) is not None


def _formats_text(change: Replaced) -> bool:
    """Whether a formatted string is part of it: no hole can stand for the project's text between its values."""
    return any(isinstance(each, ast.JoinedStr) for side in change for each in ast.walk(side))
