"""What a change takes away from other modules of the project: names they take from here, effects of imports."""

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from sigma_core.proposals.verification.patch import ChangedFile
from sigma_core.proposals.verification.static.api import module_name
from sigma_core.proposals.verification.static.import_effects import ImportEffects
from sigma_core.proposals.verification.static.modules import Modules, taken_in
from sigma_core.proposals.verification.static.tried_imports import tried_imports
from sigma_core.proposals.verification.syntax import DEFINITIONS, Unreadable, blocks, nodes_of, parse

_KEPT = 64
"""Texts whose imports are kept: the changes of a file share what it was before."""


@dataclass
class LostNames:
    """Full names that are gone though others take them, and a sentence for each such name and each lost effect."""

    names: list[str] = field(default_factory=list)
    sentences: list[str] = field(default_factory=list)


def lost_names(files: Iterable[ChangedFile], modules: Modules, effects: ImportEffects) -> LostNames:
    """What the changed files no longer give to the others of the base's `modules`."""
    lost = LostNames()
    for file in files:
        if not file.path.endswith(".py") or file.before is None or file.after is None:
            continue
        try:
            before, after = parse(file.before), parse(file.after)
        except Unreadable:
            continue
        kept = {name for name, _ in _bound(after)}
        gone = {name: line for name, line in _bound(before) if name not in kept}
        handed_on = _handed_on(file, before, modules) if gone else frozenset()
        for name, line in gone.items():
            if user := modules.taking(file.old_path, name):
                lost.names.append(f"{module_name(file.old_path)}.{name}")
                lost.sentences.append(f"{file.path}:{line} takes {name} away, which {user} takes from here.")
            elif name in handed_on:
                lost.sentences.append(
                    f"{file.path}:{line} takes {name} away: what this module imports others take from here, code "
                    "elsewhere perhaps this too."
                )
        lost.sentences += _lost_effects(file, modules, effects)
        lost.sentences += _lost_trials(file, nodes_of(file.before), nodes_of(file.after))
    return lost


def _handed_on(file: ChangedFile, before: ast.Module, modules: Modules) -> frozenset[str]:
    """What a module imports and does not use, if it is there to hand such names on: some of them others take, or it is
    called after that."""
    parts = module_name(file.old_path).split(".")
    if any(part.startswith("_") for part in parts):
        return frozenset()
    used = {node.id for node in nodes_of(file.before or "") if isinstance(node, ast.Name)}
    imports = ast.Module([each for each in ast.walk(before) if isinstance(each, (ast.Import, ast.ImportFrom))], [])
    unused = frozenset(name for name, _ in _bound(imports)) - used
    return (
        unused if "compat" in parts[-1] or any(modules.taking(file.old_path, name) for name in unused) else frozenset()
    )


def _lost_effects(file: ChangedFile, modules: Modules, effects: ImportEffects) -> Iterator[str]:
    """Modules of the project that do something when they are imported, and that nothing else imports."""
    before, after = (_loaded(text or "", file.old_path) for text in (file.before, file.after))
    for name in sorted(before - after):
        path = modules.file_of(name)
        if path is None or not effects.of(path):
            continue
        if set(modules.importing(path)) <= {file.old_path}:
            yield f"{file.path}:{file.first_line} no longer imports {name}, which does something when it is imported."


def _lost_trials(file: ChangedFile, before: Iterable[ast.AST], after: Iterable[ast.AST]) -> Iterator[str]:
    """Imports that told whether something is there."""
    left = tried_imports(after)
    for name, line in tried_imports(before).items():
        if name not in left:
            what = name.replace(":", ".").lstrip(".")
            yield f"{file.path}:{line} no longer tries to import {what}, though what follows from a failure stays."


@lru_cache(maxsize=_KEPT)
def _loaded(text: str, path: str) -> frozenset[str]:
    taken = list(taken_in(text, path))
    return frozenset({each.module for each in taken} | {f"{each.module}.{each.name}" for each in taken if each.name})


def _bound(node: ast.AST) -> Iterator[tuple[str, int]]:
    """Names that a module has once it is loaded, with the lines that give them."""
    for each in blocks(node):
        if isinstance(each, DEFINITIONS):
            yield each.name, each.lineno
        elif isinstance(each, ast.Import):
            yield from ((alias.asname or alias.name.split(".")[0], each.lineno) for alias in each.names)
        elif isinstance(each, ast.ImportFrom):
            yield from ((alias.asname or alias.name, alias.lineno) for alias in each.names)
        elif isinstance(each, (ast.Assign, ast.AnnAssign, ast.AugAssign, ast.For, ast.With)):
            stored = (name for name in ast.walk(each) if isinstance(name, ast.Name) and isinstance(name.ctx, ast.Store))
            yield from ((name.id, name.lineno) for name in stored)
            yield from _bound(each)
        else:
            yield from _bound(each)
