"""Chooses the files of a tree that detectors look at."""

import os
import re
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath

from sigma_core.issues.source import Skip, SourceFile, Sources
from sigma_core.text import is_storable, storable

MAX_BYTES = 1024 * 1024
SUFFIXES = (".py", ".pyi")
NOTEBOOK = ".ipynb"
LFS_POINTER = "version https://git-lfs.github.com/spec/"
VENDORED = frozenset(
    {
        ".direnv",
        ".eggs",
        ".git",
        ".hg",
        ".mypy_cache",
        ".nox",
        ".pytest_cache",
        ".ruff_cache",
        ".svn",
        ".tox",
        ".venv",
        "__pycache__",
        "__pypackages__",
        "_build",
        "_vendor",
        "_vendored",
        "bower_components",
        "buck-out",
        "build",
        "dist",
        "extern",
        "external",
        "node_modules",
        "site-packages",
        "third_party",
        "thirdparty",
        "vendor",
        "vendored",
        "venv",
    }
)
_GENERATED_NAME = re.compile(r"_pb2(_grpc)?\.pyi?$")
_GENERATED_MARK = re.compile(
    r"^#\W*(this (file|code|module) (is|was|has been) )?(automatically )?"
    r"(auto-?generated|generated (by|from|using)|@generated|do not edit)",
    re.IGNORECASE | re.MULTILINE,
)
_HEAD_CHARS = 1000
_SUBMODULE_PATH = re.compile(r"^\s*path\s*=\s*(.+?)\s*$", re.MULTILINE)


def collect(
    tree: Path, files: Sequence[str] | None = None, leave_alone: Sequence[str] = (), folder: str = ""
) -> tuple[Sources, dict[str, Skip]]:
    """The Python files in `folder` of `tree` (or those of `files` among them), and why others are skipped.

    `leave_alone` are globs over paths relative to the tree; a folder's name means all below it. Symbolic links are
    never followed, so nothing outside the tree is read.
    """
    root = tree.resolve()
    sources: dict[str, SourceFile] = {}
    skipped: dict[str, Skip] = dict.fromkeys(_submodules(root, folder), Skip.SUBMODULE)
    for path in _python_files(root, folder) if files is None else _existing(root, files):
        outcome = _left_out(path, leave_alone) or _read(root, path)
        if isinstance(outcome, SourceFile):
            sources[path] = outcome
        else:
            skipped[storable(path)] = outcome
    return Sources(root, sources, whole=files is None and not folder), skipped


def is_left_alone(path: str, globs: Sequence[str]) -> bool:
    """Does a glob cover this path or a folder above it?"""
    places = [path, *(str(folder) for folder in PurePosixPath(path).parents)]
    return any(fnmatchcase(place, pattern) for glob in globs for pattern in _patterns(glob) for place in places)


def _patterns(glob: str) -> list[str]:
    pattern = glob.rstrip("/").removesuffix("/**")
    # fnmatch's * crosses folders, but **/ shall also mean none
    return [pattern, pattern.removeprefix("**/")]


def _python_files(root: Path, folder: str) -> Iterator[str]:
    for place, folders, names in os.walk(root / folder, followlinks=False):
        folders[:] = sorted(f for f in folders if f not in {".git", "node_modules", "__pycache__"})
        relative = PurePosixPath(Path(place).relative_to(root).as_posix())
        yield from (str(relative / name) for name in sorted(names) if name.endswith((*SUFFIXES, NOTEBOOK)))


def _existing(root: Path, files: Sequence[str]) -> Iterator[str]:
    for path in sorted({str(PurePosixPath(file)) for file in files}):
        if path.endswith(SUFFIXES) and os.path.lexists(root / path):
            yield path


def _left_out(path: str, leave_alone: Sequence[str]) -> Skip | None:
    if is_left_alone(path, leave_alone):
        return Skip.LEFT_ALONE
    if VENDORED.intersection(PurePosixPath(path).parts[:-1]):
        return Skip.VENDORED
    if path.endswith(NOTEBOOK):
        return Skip.NOTEBOOK
    return Skip.GENERATED if _GENERATED_NAME.search(path) else None


def _read(root: Path, path: str) -> SourceFile | Skip:
    place = root / path
    if place.is_symlink() or place.resolve() != place:
        return Skip.SYMLINK
    if place.stat().st_size > MAX_BYTES:
        return Skip.TOO_LARGE
    try:
        path.encode()
        text = place.read_bytes().decode("utf-8-sig")
    except UnicodeError:
        return Skip.ENCODING
    if not is_storable(text):
        return Skip.ENCODING
    if text.startswith(LFS_POINTER):
        return Skip.LFS
    return Skip.GENERATED if _GENERATED_MARK.search(text, 0, _HEAD_CHARS) else SourceFile(path, text)


def _submodules(root: Path, folder: str) -> list[str]:
    declared = root / ".gitmodules"
    if declared.is_symlink() or not declared.is_file():
        return []
    found = _SUBMODULE_PATH.findall(declared.read_text("utf-8", "replace"))
    return [path for path in found if PurePosixPath(path).is_relative_to(folder)]
