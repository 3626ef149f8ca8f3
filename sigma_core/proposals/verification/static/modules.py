"""The modules of a tree: by which names they are imported, and what each takes from others. Nothing here runs."""

import ast
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path, PurePosixPath

from sigma_core.proposals.verification.guard.guarded_paths import is_test
from sigma_core.proposals.verification.syntax import Unreadable, nodes_of, passing_nodes

_LARGEST = 1024 * 1024
"""Bytes of a file that is read: what is longer was made by a program."""


@dataclass(frozen=True)
class TakenName:
    """A name that a module takes from another; no name where it imports the whole module."""

    module: str
    name: str | None = None


_KNOWN: dict[tuple[bytes, str], frozenset[TakenName]] = {}
"""By a text's digest: the texts themselves would take a project's whole room for as long as a scheduler lives."""
_MOST_KNOWN = 4096


class Modules:
    """The Python files below `root`, read when first asked for."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._taken: dict[str, frozenset[TakenName]] = {}

    @cached_property
    def texts(self) -> dict[str, str]:
        """Every file of an ordinary size, by its path."""
        files = (path for path in self._root.rglob("*.py") if path.is_file() and not path.is_symlink())
        return {
            path.relative_to(self._root).as_posix(): path.read_text("utf-8", "surrogateescape")
            for path in sorted(files)
            if path.stat().st_size <= _LARGEST
        }

    def names_of(self, path: str) -> list[str]:
        """The dotted names by which a file may be imported: from its top folder, and from each that is no package."""
        parts = PurePosixPath(path).with_suffix("").parts
        parts = parts[:-1] if parts[-1] == "__init__" else parts
        starts = [at for at in range(len(parts)) if not self._is_package(parts[:at])]
        return [".".join(parts[at:]) for at in starts]

    def file_of(self, module: str) -> str | None:
        """The file that an import of this name may load."""
        tail = module.replace(".", "/")
        ends = (f"{tail}.py", f"{tail}/__init__.py")
        found = (path for path in self.texts if path.endswith(ends))
        return next((path for path in found if module in self.names_of(path)), None)

    def taking(self, path: str, name: str) -> str | None:
        """Another file that takes `name` from the module at `path`.

        A test that imports all names takes those that it says: nobody takes any from a test.
        """
        modules, public = set(self.names_of(path)), exports(self.texts.get(path, ""), name)
        for other, text in self.texts.items():
            said = re.search(rf"\b{re.escape(name)}\b", text) is not None
            by_star = public and "*" in text and (said or not is_test(other))
            if other != path and (said or by_star) and self._takes(other, modules, {name, "*"} if by_star else {name}):
                return other
        return None

    def importing(self, path: str) -> list[str]:
        """The other files that import the module at `path`, whole or a name of it."""
        modules, last = set(self.names_of(path)), PurePosixPath(path).stem
        last = PurePosixPath(path).parent.name if last == "__init__" else last
        return [
            other
            for other, text in self.texts.items()
            if other != path and last in text and any(_whole(each) & modules for each in self.taken_by(other))
        ]

    def taken_by(self, path: str) -> frozenset[TakenName]:
        """What a file takes from modules; nothing where it cannot be read."""
        if path not in self._taken:
            self._taken[path] = _known(self.texts.get(path, ""), path)
        return self._taken[path]

    def _takes(self, other: str, modules: set[str], names: set[str]) -> bool:
        taken = self.taken_by(other)
        return any(each.module in modules and each.name in names for each in taken)

    def _is_package(self, parts: tuple[str, ...]) -> bool:
        return bool(parts) and "/".join((*parts, "__init__.py")) in self.texts


def _known(text: str, path: str) -> frozenset[TakenName]:
    """What is taken by a text at this place, kept from one round on a base to the next."""
    key = sha256(text.encode("utf-8", "surrogateescape")).digest(), path
    if key not in _KNOWN:
        if len(_KNOWN) >= _MOST_KNOWN:
            _KNOWN.clear()
        _KNOWN[key] = frozenset(_taken(text, path, passing_nodes))
    return _KNOWN[key]


def taken_in(text: str, path: str) -> Iterator[TakenName]:
    """What a text takes from modules: by import, as an attribute of an imported module, by its full name in a string
    (as mocks and plug-in settings have it)."""
    return _taken(text, path, nodes_of)


def exports(text: str, name: str) -> bool:
    """Whether an import of all names of a text may give this one: one that `__all__` lists where that is plain to read,
    else one without an underscore."""
    try:
        nodes = nodes_of(text)
    except Unreadable:
        return True
    listed = [each for each in nodes if isinstance(each, ast.Name) and each.id == "__all__"]
    given = [
        each.value
        for each in nodes
        if isinstance(each, ast.Assign) and any(target in listed for target in each.targets)
    ]
    if not listed:
        return not name.startswith("_")
    if len(listed) > 1 or len(given) != 1 or not isinstance(given[0], (ast.List, ast.Tuple)):
        return True
    plain = [each.value for each in given[0].elts if isinstance(each, ast.Constant)]
    return len(plain) < len(given[0].elts) or name in plain


def _taken(text: str, path: str, read: Callable[[str], Sequence[ast.AST]]) -> Iterator[TakenName]:
    try:
        nodes = read(text)
    except Unreadable:
        return
    known: dict[str, str] = {}
    attributes = []
    for node in nodes:
        if isinstance(node, ast.Import):
            for each in node.names:
                yield TakenName(each.name)
                known[each.asname or each.name] = each.name
        elif isinstance(node, ast.ImportFrom):
            module = absolute(node, path)
            for each in node.names:
                yield TakenName(module, each.name)
                known[each.asname or each.name] = f"{module}.{each.name}"
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and _is_dotted(node.value):
            module, _, name = node.value.replace(":", ".").rpartition(".")
            yield TakenName(module, name)
        elif isinstance(node, ast.Attribute):
            attributes.append(node)
    for node in attributes:
        if owner := known.get(dotted(node.value)):
            yield TakenName(owner, node.attr)


def _whole(taken: TakenName) -> set[str]:
    """The modules that an import loads: what follows ``import`` after ``from`` may be one, too."""
    return {taken.module} | ({f"{taken.module}.{taken.name}"} if taken.name else set())


def dotted(node: ast.expr) -> str:
    """A chain of names as it is written; empty where it begins with anything else."""
    parts = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return ".".join([node.id, *reversed(parts)]) if isinstance(node, ast.Name) else ""


def absolute(node: ast.ImportFrom, path: str) -> str:
    """The full name of the module that the file at `path` imports from."""
    if not node.level:
        return node.module or ""
    folder = PurePosixPath(path).parent.parts
    up = folder[: len(folder) - (node.level - 1)]
    return ".".join([*up, *([node.module] if node.module else [])])


def _is_dotted(text: str) -> bool:
    return len(text) < 200 and "." in text and all(part.isidentifier() for part in text.replace(":", ".").split("."))
