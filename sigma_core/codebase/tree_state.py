"""The facts of one commit's tree, moved from commit to commit by what changed: in either direction."""

from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from sigma_core.codebase.code_facts import CodeFact, Keys, facts_of
from sigma_core.codebase.commits import TreeChange
from sigma_core.codebase.module_names import ModuleNames, module_names
from sigma_core.codebase.module_source import ModuleSource
from sigma_core.codebase.python_reader import parse
from sigma_core.codebase.resolution import Asked, SourceTree
from sigma_core.text import is_storable

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


class ParsedFiles:
    """What files say, by their blobs: the same content is read once."""

    def __init__(self, content: Callable[[str], bytes | None]) -> None:
        self._content = content
        self._kept: OrderedDict[str, ModuleSource | None] = OrderedDict()

    def __getitem__(self, blob: str) -> ModuleSource | None:
        if blob in self._kept:
            self._kept.move_to_end(blob)
            return self._kept[blob]
        content = self._content(blob)
        made = None if content is None else parse(content)
        self._kept[blob] = made
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
        left = [each for each in moves if is_read(each.before) or is_read(each.after)]
        older_sources = {path: self._source(path) for each in left if (path := each.before) in self.blobs}
        gone, come = list[CodeFact](), list[CodeFact]()
        changed = set[Asked]()
        for path in older_sources:
            gone += self.facts.pop(path, ())
            self._asked.pop(path, None)
        self._rearrange(left, name)
        names = module_names(self.blobs) if self.names.by_path.keys() != self.blobs.keys() else self.names
        changed |= {("", each) for each in self.names.changed(names)} if names is not self.names else set()
        renamed = {path for path, full in names.by_path.items() if self.names.by_path.get(path, full) != full}
        self.names = names
        again = {each.after for each in left if each.after in self.blobs}
        for path in older_sources.keys() | again:
            older, newer = older_sources.get(path) or _NOTHING, self._source(path) or _NOTHING
            changed |= {(path, each) for each in older.changed(newer)}
        told = {path for path, asked in self._asked.items() if not changed.isdisjoint(asked)}
        tree = SourceTree(names, self._source)
        for path in sorted((again | told | renamed) & self.blobs.keys()):
            gone += self.facts.get(path, ())
            come += self._read(tree, path)
        before, after = set(gone), set(come)
        return before - after, after - before

    def _rearrange(self, moves: Collection[Move], name: Callable[[str], str]) -> None:
        """Take all files away that move, then put them where they come to lie: two may change places."""
        keys = {path: self.keys.pop(path) for each in moves if (path := each.before) in self.keys and path}
        for each in moves:
            self.blobs.pop(each.before or "", None)
        used = set(self.keys.values())
        for each in moves:
            if each.after is None or not is_read(each.after):
                continue
            self.blobs[each.after] = each.blob
            key = keys.get(each.before or "") or self.keys.get(each.after) or each.after
            self.keys[each.after] = key if key not in used or self.keys.get(each.after) == key else name(each.after)
            used.add(self.keys[each.after])

    def _read(self, tree: SourceTree, path: str) -> frozenset[CodeFact]:
        with tree.asking() as asked:
            self.facts[path] = frozenset(facts_of(tree, path, self.keys))
        self._asked[path] = frozenset(asked)
        return self.facts[path]

    def _source(self, path: str) -> ModuleSource | None:
        blob = self.blobs.get(path)
        return None if blob is None else self.sources[blob]


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
