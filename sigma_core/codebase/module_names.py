"""Which file is which module: from paths alone, as the import system would find them."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

ROOTS = ("src", "lib", "python")
"""Folders that are put on the import path and are no part of a module's name."""


@dataclass(frozen=True)
class ModuleNames:
    """The modules of a tree."""

    by_path: Mapping[str, str]
    """The full dotted name of each Python file."""
    paths: Mapping[str, str]
    """The file of each full name."""

    def is_package(self, folder: str) -> bool:
        """Whether a folder is one that Python imports as a package."""
        return f"{folder}/__init__.py" in self.by_path or f"{folder}/__init__.pyi" in self.by_path

    def changed(self, other: "ModuleNames") -> set[str]:
        """Names and paths of modules that are found elsewhere, or not at all, in the other tree."""
        names = {name for name in {*self.paths, *other.paths} if self.paths.get(name) != other.paths.get(name)}
        return names | (self.by_path.keys() ^ other.by_path.keys())


def module_names(paths: Iterable[str]) -> ModuleNames:
    """Names of all Python files of a tree, given by their paths in it."""
    files = {path for path in paths if path.endswith((".py", ".pyi"))}
    by_path = {path: _name(path, files) for path in sorted(files)}
    found = dict[str, str]()
    # A stub only speaks for a module that has no source
    for path in sorted(files, key=lambda path: (path.endswith(".pyi"), path.count("/"), path)):
        found.setdefault(by_path[path], path)
    return ModuleNames(by_path, found)


def _name(path: str, files: Collection[str]) -> str:
    parts = list(PurePosixPath(path).with_suffix("").parts)
    top = len(parts) - 1
    while top > 0 and _is_package(parts[:top], files):
        top -= 1
    # Outside of packages the folders are part of the name, so that two scripts of one name stay two
    kept = parts[top:] if top < len(parts) - 1 else parts
    if kept is parts and len(parts) > 1 and parts[0] in ROOTS:
        kept = parts[1:]
    if kept[-1] == "__init__" and len(kept) > 1:
        kept = kept[:-1]
    return ".".join(kept)


def _is_package(folder: list[str], files: Collection[str]) -> bool:
    inside = "/".join([*folder, "__init__"])
    return f"{inside}.py" in files or f"{inside}.pyi" in files
