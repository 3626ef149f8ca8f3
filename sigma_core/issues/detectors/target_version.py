"""The oldest Python that a file's project supports, from what it declares: the nearest folder that says so counts."""

import re
from collections.abc import Iterable, Iterator, Sequence
from configparser import ConfigParser
from configparser import Error as ConfigError
from pathlib import Path, PurePosixPath

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from sigma_core.issues.detectors.ruff_config import FileTarget, file_targets, target_of
from sigma_core.issues.detectors.toml_text import NoToml, table_in, toml_of

MINORS = range(7, 16)
"""Minor versions of Python 3 that the linter knows."""
_TARGET = re.compile(r"py3(\d{1,2})")
_CLASSIFIER = re.compile(r"Programming Language :: Python :: 3\.(\d{1,2})")
_SETUP_PY = re.compile(r"python_requires\s*=\s*[\"']([^\"']+)[\"']")


def target_version(root: Path, path: str = "") -> str | None:
    """As ruff writes it (``py39``) for a file below `root`, or None where nothing says."""
    return _written(oldest_minor(root, path))


def by_target(root: Path, files: Iterable[str]) -> dict[str | None, list[str]]:
    """The files that support the same Python together."""
    known: dict[PurePosixPath, tuple[int | None, Sequence[FileTarget]]] = {}
    groups: dict[str | None, list[str]] = {}
    for file in files:
        folder = PurePosixPath(file).parent
        if folder not in known:
            known[folder] = _shared_minor(root, file), file_targets(root, file)
        shared, own = known[folder]
        groups.setdefault(_written(_own_minor(own, file) or shared), []).append(file)
    return groups


def oldest_minor(root: Path, path: str = "") -> int | None:
    """The minor version of Python 3: the lower one of what packaging and the linter's settings declare, unless
    these name another for this file alone.
    """
    own = _own_minor(file_targets(root, path), path) if path else None
    return own or _shared_minor(root, path)


def _shared_minor(root: Path, path: str) -> int | None:
    folders = [root / folder for folder in PurePosixPath(path).parents] or [root]
    declared = next((minor for folder in folders if (minor := _oldest_of(folder)) is not None), None)
    said = [minor for minor in (declared, _minor(target_of(root, path or "setup.py"))) if minor is not None]
    return min(said, default=None)


def _own_minor(targets: Sequence[FileTarget], path: str) -> int | None:
    return next((_minor(each.target) for each in targets if each.is_of(path)), None)


def _minor(target: str | None) -> int | None:
    found = _TARGET.fullmatch(target or "")
    return int(found[1]) if found else None


def _written(minor: int | None) -> str | None:
    return None if minor is None else f"py3{minor}"


def _oldest_of(folder: Path) -> int | None:
    for declared in _declared(folder):
        try:
            allowed = SpecifierSet(declared.replace("^", ">=").replace("~3", "~=3"))
        except InvalidSpecifier:
            continue
        # .99: "<3.12.1" or ">3.8" still admit the minor version
        for minor in MINORS:
            if any(allowed.contains(f"3.{minor}.{micro}") for micro in (0, 99)):
                return minor
    return _oldest_classifier(_text(folder / "pyproject.toml"))


def _oldest_classifier(pyproject: str) -> int | None:
    return min((int(minor) for minor in _CLASSIFIER.findall(pyproject)), default=None)


def _declared(root: Path) -> Iterator[str]:
    yield from _from_pyproject(root / "pyproject.toml")
    yield from _from_setup_cfg(_text(root / "setup.cfg"))
    yield from _SETUP_PY.findall(_text(root / "setup.py"))


def _text(file: Path) -> str:
    return "" if file.is_symlink() or not file.is_file() else file.read_text("utf-8", "replace")


def _from_pyproject(file: Path) -> Iterator[str]:
    try:
        content = toml_of(file)
    except NoToml:
        return
    poetry = table_in(content, "tool", "poetry", "dependencies")
    for declared in (table_in(content, "project").get("requires-python"), poetry.get("python")):
        if isinstance(declared, str):
            yield declared


def _from_setup_cfg(text: str) -> Iterator[str]:
    parser = ConfigParser(interpolation=None, strict=False)
    try:
        parser.read_string(text)
    except ConfigError:
        return
    declared = parser.get("options", "python_requires", fallback=None)
    if declared:
        yield declared
