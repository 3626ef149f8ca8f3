"""Projects within a repository: each folder that says how it is built or tested, and has tests of its own."""

import tomllib
from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from typing import Any

_MARKS = ("pyproject.toml", "setup.py", "setup.cfg", "pytest.ini", "tox.ini", "manage.py")
_RUNNERS = ("pytest.ini", ".pytest.ini", "tox.ini", "setup.cfg")
_SECTIONS = ("[pytest]", "[tool:pytest]")
_TESTS = ("tests", "test")


def folder_of(tree: Path, paths: Iterable[str]) -> str:
    """The project that all these files of a tree belong to, as a folder relative to it; empty for the whole of it.

    The whole is meant, too, where it alone says how its tests are found.
    """
    shared = _shared_folder([PurePosixPath(path) for path in paths])
    for folder in (shared, *shared.parents):
        if folder.parts and _is_project(tree / folder):
            return "" if _is_tested_from(tree, tree / folder) else folder.as_posix()
    return ""


def registered_folder(top: Path, path: Path) -> str:
    """The folder that is meant where a person names one of the repository at `top`; empty for the whole of it.

    A folder is a project of its own where it says how it is built or tested; any other stands for the repository.
    """
    place, root = path.resolve(), top.resolve()
    if place == root or not place.is_relative_to(root) or not _is_marked(place):
        return ""
    return place.relative_to(root).as_posix()


def is_within(path: str, folder: str) -> bool:
    """Whether a path of the repository is this folder, or lies below it."""
    return PurePosixPath(path).is_relative_to(folder)


def _shared_folder(paths: list[PurePosixPath]) -> PurePosixPath:
    first, *rest = [path.parent for path in paths] or [PurePosixPath()]
    folders = (folder for folder in (first, *first.parents) if all(each.is_relative_to(folder) for each in rest))
    return next(folders, PurePosixPath())


def _is_project(folder: Path) -> bool:
    return _is_marked(folder) and not folder.is_symlink() and _has_tests(folder)


def _is_marked(folder: Path) -> bool:
    return any((folder / mark).is_file() for mark in _MARKS)


def _has_tests(folder: Path) -> bool:
    return any((folder / name).is_dir() for name in _TESTS) or any(
        path.name.startswith("test") or path.stem.endswith("_test") for path in folder.glob("**/*test*.py")
    )


def _is_tested_from(root: Path, folder: Path) -> bool:
    """Whether the tests of `folder` are configured above it, and not by itself."""
    return bool(_configures_pytest(root)) and not _configures_pytest(folder)


def _configures_pytest(folder: Path) -> bool:
    if any(section in _text(folder / name) for name in _RUNNERS for section in _SECTIONS):
        return True
    try:
        tool: Any = tomllib.loads(_text(folder / "pyproject.toml")).get("tool", {})
    except tomllib.TOMLDecodeError:
        return False
    return isinstance(tool, dict) and "pytest" in tool


def _text(file: Path) -> str:
    return file.read_text("utf-8", "replace") if file.is_file() and not file.is_symlink() else ""
