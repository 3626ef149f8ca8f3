"""The facts of one commit's tree, moved from commit to commit by what changed: in either direction."""

from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

from sigma_core.codebase.code_facts import CodeFact, Keys, facts_of
from sigma_core.codebase.commits import TreeChange
from sigma_core.codebase.metadata import Dependency, dependencies, is_metadata
from sigma_core.codebase.module_names import ModuleNames, module_names
from sigma_core.codebase.module_source import ModuleSource
from sigma_core.codebase.other_facts import dependency_facts, is_other, other_facts
from sigma_core.codebase.other_languages import Language
from sigma_core.codebase.python_reader import parse
from sigma_core.codebase.resolution import Asked, SourceTree
from sigma_core.text import is_storable

Read = TypeVar("Read")
KEPT_SOURCES = 20_000
SUFFIXES = (".py", ".pyi")
"""Files that are read."""


@dataclass(frozen=True, slots=True)
class Move:
    """A file on the side that is left and on the one that is gone to; None where it is not there."""

    before: str | None
    after: str | None
    blob: str
    """Its content on the side that is gone to."""


def backward(changes: Iterable[TreeChange]) -> list[Move]:
    """From a commit to its first parent."""
    return [Move(each.new_path, each.old_path, each.old_blob) for each in changes]


def forward(changes: Iterable[TreeChange]) -> list[Move]:
    """From a commit's first parent to itself."""
    return [Move(each.old_path, each.new_path, each.new_blob) for each in changes]


Parsed = OrderedDict[tuple[str, str], Any]
"""What files say, by how they are read and their blobs; what was used last comes last."""


class ParsedFiles:
    """What files say, by their blobs: the same content is read once."""

    def __init__(self, content: Callable[[str], bytes | None], kept: Parsed | None = None) -> None:
        """`kept`: what was read before, of whatever commit; what is read now is added."""
        self._content = content
        self._kept: Parsed = OrderedDict() if kept is None else kept

    def module(self, blob: str) -> ModuleSource | None:
        """What a Python file says; None where it cannot be read."""
        return self._read("python", blob, lambda content: None if content is None else parse(content))

    def imports(self, blob: str, language: Language) -> tuple[str, ...]:
        """What a file in another language imports, as it says it."""
        return self._read(language.scan.__name__, blob, language.imports)

    def dependencies(self, blob: str, path: str) -> tuple[Dependency, ...]:
        """What the project depends on by a file of its metadata."""
        return self._read(path.rpartition("/")[2], blob, lambda content: dependencies(path, content))

    def _read(self, how: str, blob: str, read: Callable[[bytes | None], Read]) -> Read:
        if (how, blob) in self._kept:
            self._kept.move_to_end((how, blob))
            kept: Read = self._kept[how, blob]
            return kept
        made = self._kept[how, blob] = read(self._content(blob))
        if len(self._kept) > KEPT_SOURCES:
            self._kept.popitem(last=False)
        return made


@dataclass
class TreeState:
    """Of one commit. Facts lie with the file that says them."""

    sources: ParsedFiles
    blobs: dict[str, str] = field(default_factory=dict)
    keys: Keys = field(default_factory=Keys)
    facts: dict[str, frozenset[CodeFact]] = field(default_factory=dict)
    _asked: dict[str, frozenset[Asked]] = field(default_factory=dict)
    names: ModuleNames = field(default_factory=lambda: module_names(()))

    def move(self, moves: Sequence[Move], name: Callable[[str], str]) -> tuple[set[CodeFact], set[CodeFact]]:
        """Go to another commit's tree; the facts that are only in the one that is left, and only in the new one.

        `name` makes the key of a file that was not there, of its path.
        """
        left = [part for each in moves for part in _parted(each) if is_known(part.before) or is_known(part.after)]
        touched = {path for each in left for path in (each.before, each.after) if path is not None}
        there = touched & self.blobs.keys()
        older_sources = {path: self.source(path) for each in left if (path := each.before) in self.blobs}
        gone, come = list[CodeFact](), list[CodeFact]()
        changed = set[Asked]()
        for path in older_sources:
            gone += self.facts.pop(path, ())
            self._asked.pop(path, None)
        self._rearrange(left, name)
        moved = there ^ (touched & self.blobs.keys())
        changed |= {("", path) for path in moved}
        renamed = self._name_modules() if any(map(is_read, moved)) else set()
        changed |= {("", each) for each in renamed}
        again = {each.after for each in left if each.after in self.blobs}
        for path in older_sources.keys() | again:
            older, newer = older_sources.get(path) or _NOTHING, self.source(path) or _NOTHING
            changed |= {(path, each) for each in older.changed(newer)}
        told = {path for path, asked in self._asked.items() if not changed.isdisjoint(asked)}
        tree = SourceTree(self.names, self.source)
        for path in sorted((again | told | renamed) & self.blobs.keys()):
            gone += self.facts.get(path, ())
            come += self._read(tree, path)
        before, after = set(gone), set(come)
        return before - after, after - before

    def _name_modules(self) -> set[str]:
        """Name the modules anew; names and paths that mean something else now."""
        before, self.names = self.names, module_names(self.blobs)
        known = before.by_path
        renamed = {path for path, full in self.names.by_path.items() if known.get(path, full) != full}
        return renamed | before.changed(self.names)

    def _rearrange(self, moves: Collection[Move], name: Callable[[str], str]) -> None:
        """Take all files away that move, then put them where they come to lie: two may change places."""
        keys = {path: self.keys.pop(path) for each in moves if (path := each.before) in self.keys and path}
        for each in moves:
            self.blobs.pop(each.before or "", None)
        used = set(self.keys.values())
        for each in moves:
            if each.after is None or not is_known(each.after):
                continue
            self.blobs[each.after] = each.blob
            key = keys.get(each.before or "") or self.keys.get(each.after) or each.after
            self.keys[each.after] = key if key not in used or self.keys.get(each.after) == key else name(each.after)
            used.add(self.keys[each.after])

    def _read(self, tree: SourceTree, path: str) -> frozenset[CodeFact]:
        with tree.asking() as asked:
            self.facts[path] = frozenset(self._facts_in(tree, path, asked))
        self._asked[path] = frozenset(asked)
        return self.facts[path]

    def _facts_in(self, tree: SourceTree, path: str, asked: set[Asked]) -> Iterator[CodeFact]:
        if is_read(path):
            yield from facts_of(tree, path, self.keys)
        elif is_metadata(path):
            yield from dependency_facts(path, self.sources.dependencies(self.blobs[path], path))
        else:
            imported = partial(self.sources.imports, self.blobs[path])
            yield from other_facts(path, imported, self.keys, asked)

    def source(self, path: str) -> ModuleSource | None:
        """What a Python file says; None where it cannot be read."""
        blob = self.blobs.get(path)
        return None if blob is None or not is_read(path) else self.sources.module(blob)


_NOTHING = ModuleSource()


def read_afresh(files: Mapping[str, str], sources: ParsedFiles, keys: Mapping[str, str]) -> TreeState:
    """The state of a tree: blobs by path, and the keys of files that have another than their path."""
    state = TreeState(sources)
    state.keys.update(keys)
    state.move([Move(None, path, blob) for path, blob in files.items()], lambda path: path)
    return state


def is_read(path: str | None) -> bool:
    """Whether a file is Python code, of a name that can be stored."""
    return path is not None and path.endswith(SUFFIXES) and is_storable(path)


def is_known(path: str | None) -> bool:
    """Whether a file tells anything: Python, code in another language, or the project's metadata."""
    return path is not None and is_storable(path) and (path.endswith(SUFFIXES) or is_other(path))


def _parted(move: Move) -> Iterable[Move]:
    """What becomes Python code, or ceases to be, is another file."""
    if move.before is None or move.after is None or is_read(move.before) == is_read(move.after):
        return (move,)
    return Move(move.before, None, ""), Move(None, move.after, move.blob)
