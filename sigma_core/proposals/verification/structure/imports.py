"""Imports in one order, where no import has effects: modules of the standard library."""

import ast
import sys
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from sigma_core.proposals.verification.syntax import blocks

_WITH_EFFECTS = frozenset({"antigravity", "idlelib", "rlcompleter", "readline", "site", "this", "tkinter", "turtle"})
"""Modules of the standard library that do more than define things."""


@dataclass(frozen=True, order=True)
class _Import:
    """One name that is imported: ``import module as alias``, or ``from module import name as alias``."""

    level: int
    module: str
    name: str
    alias: str

    @property
    def bound(self) -> str:
        """The name that it gives a value."""
        return self.alias or self.name or self.module.split(".")[0]

    @property
    def value(self) -> tuple[str, str]:
        """What that name stands for then."""
        return (self.module if self.name or self.alias else self.bound, self.name)


def local_modules(root: Path, path: str) -> frozenset[str]:
    """Top-level names that the project's own files may stand for when the file at `path` imports them."""
    folders = {root, root / "src", root / PurePosixPath(path).parent}
    return frozenset(each.stem for folder in folders if folder.is_dir() for each in folder.iterdir())


def sort_imports(tree: ast.Module, local: Collection[str]) -> None:
    """Put neighbouring imports without effects in one order, one name each, in place.

    Those within ``try`` stay: which one fails first may matter there.
    """
    due: list[ast.AST] = [tree]
    while due:
        node = due.pop()
        for name in ("body", "orelse"):
            block = getattr(node, name, None)
            if isinstance(block, list):
                setattr(node, name, _sorted(block, local))
        due += [each for each in blocks(node) if not isinstance(each, (ast.Try, ast.TryStar))]


def _sorted(block: Sequence[ast.stmt], local: Collection[str]) -> list[ast.stmt]:
    result: list[ast.stmt] = []
    run: list[_Import] = []
    for statement in block:
        imports = _imports(statement)
        if imports is not None and all(_has_no_effect(each, local) for each in imports):
            run += imports
            continue
        result += [*_in_order(run), statement]
        run = []
    return [*result, *_in_order(run)]


def _imports(statement: ast.stmt) -> list[_Import] | None:
    if isinstance(statement, ast.Import):
        return [_Import(0, each.name, "", each.asname or "") for each in statement.names]
    if isinstance(statement, ast.ImportFrom):
        module = statement.module or ""
        return [_Import(statement.level, module, each.name, each.asname or "") for each in statement.names]
    return None


def _has_no_effect(each: _Import, local: Collection[str]) -> bool:
    top = each.module.split(".")[0]
    known = top in sys.stdlib_module_names and top not in _WITH_EFFECTS and top not in local
    return not each.level and known and each.name != "*"


def _in_order(run: Sequence[_Import]) -> list[ast.stmt]:
    """As they stand where one name gets two values."""
    meant: dict[str, tuple[str, str]] = {}
    clash = any(meant.setdefault(each.bound, each.value) != each.value for each in run)
    return [_statement(each) for each in (run if clash else sorted({*run}))]


def _statement(each: _Import) -> ast.stmt:
    if each.name:
        return ast.ImportFrom(each.module, [ast.alias(each.name, each.alias or None)], each.level)
    return ast.Import([ast.alias(each.module, each.alias or None)])
