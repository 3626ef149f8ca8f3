"""Modules of the project that act on the same thing when they are imported, and come in another order. Nothing runs."""

import ast
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import combinations

from sigma_core.proposals.verification.patch import ChangedFile
from sigma_core.proposals.verification.static.api import module_name
from sigma_core.proposals.verification.static.import_effects import (
    ImportEffects,
    beginnings,
    names_taken,
    statements_run,
)
from sigma_core.proposals.verification.static.modules import Modules
from sigma_core.proposals.verification.syntax import Unreadable, parse


class ImportOrder:
    """What happens when the modules of a tree are imported: read once for all changes."""

    def __init__(self, modules: Modules, effects: ImportEffects) -> None:
        self._modules, self._effects = modules, effects
        self._loaded: dict[str, Sequence[str]] = {}

    def swapped(self, file: ChangedFile) -> Iterator[str]:
        """A sentence for the first two that act on the same and that the change makes load in another order."""
        if not file.is_python or file.before is None or file.after is None:
            return
        try:
            before, after = (list(_imported(parse(text), file.path)) for text in (file.before, file.after))
        except Unreadable:
            return
        if before == after:
            return
        then, now = self._order(before, file.old_path), self._order(after, file.old_path)
        for one, two in combinations(then, 2):
            if one in now and two in now and now[one] > now[two] and self._effects.meet(one, two):
                yield (
                    f"{file.path}:{file.first_line} comes to import {module_name(two)} before {module_name(one)}, "
                    "and both do something when they are imported."
                )
                return

    def _order(self, imported: Sequence[str], path: str) -> Mapping[str, int]:
        """The files that act when they are loaded, with their places: each comes after those that it imports itself."""
        acting: dict[str, int] = {}
        seen, entered = {path}, [path]
        due = [iter(self._files_of(imported))]
        while due:
            file = next(due[-1], None)
            if file is None:
                due.pop()
                done = entered.pop()
                if due and self._effects.of(done):
                    acting[done] = len(acting)
            elif file not in seen:
                seen.add(file)
                entered.append(file)
                due.append(iter(self._loads(file)))
        return acting

    def _loads(self, path: str) -> Sequence[str]:
        if path not in self._loaded:
            self._loaded[path] = self._files_of(_imported(_tree(self._modules.texts[path]), path))
        return self._loaded[path]

    def _files_of(self, imported: Iterable[str]) -> list[str]:
        """A package before its modules."""
        found = (self._effects.file(each) for name in imported for each in reversed(list(beginnings(name))))
        return list(dict.fromkeys(filter(None, found)))


def _tree(text: str) -> ast.Module:
    try:
        return parse(text)
    except Unreadable:
        return ast.Module([], [])


def _imported(tree: ast.Module, path: str) -> Iterator[str]:
    """Names of modules, and of what may be modules, as loading the file asks for them."""
    return (full for _, full in names_taken(statements_run(tree), path))
