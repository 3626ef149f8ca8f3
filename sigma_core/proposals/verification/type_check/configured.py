"""Which type checker a project uses, and on which of its files; read as text."""

import configparser
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path, PurePosixPath

from sigma_core.proposals.verification.declared_files import table_in, text_in, toml_in

CHECKERS = ("mypy", "basedpyright", "pyright")
_OWN_FILES = {"mypy.ini": "mypy", ".mypy.ini": "mypy", "pyrightconfig.json": "pyright"}
_SECTION = re.compile(r"^\s*\[(?:tool\.)?(mypy|basedpyright|pyright)\b", re.MULTILINE)
_SECTIONS_IN = ("pyproject.toml", "setup.cfg", "tox.ini")
_STARTED = re.compile(r"(?<![\w.-])(mypy|basedpyright|pyright)\b(?![\w-]*[=\]])([^\n#;&|)]*)")
_STARTED_IN = ("tox.ini", "tox.toml", "noxfile.py", "Makefile")
_HOOKS = re.compile(r"^\s*-?\s*id:\s*['\"]?(mypy|basedpyright|pyright)\b", re.MULTILINE)
_HOOKS_IN = ".pre-commit-config.yaml"


def configured_checker(root: Path) -> str:
    """The type checker that the project in a folder configures or starts; empty where none is known."""
    found = next((name for file, name in _OWN_FILES.items() if (root / file).is_file()), "")
    if found:
        return found
    said = [match[1] for file in _SECTIONS_IN for match in _SECTION.finditer(text_in(root / file))]
    said += [name for name, _ in _started(root)]
    said += [match[1] for match in _HOOKS.finditer(text_in(root / _HOOKS_IN))]
    return next((name for name in CHECKERS if name in said), "")


def checked_places(root: Path, changed: Sequence[str]) -> list[str]:
    """Files and folders to be checked for a change of these files: what the project says, else the packages that they
    are of; and always they themselves."""
    said = list(dict.fromkeys(place for place in _arguments(root) if (root / place).exists()))
    places = said or list(dict.fromkeys(_package_of(root, path) for path in changed))
    return places + [path for path in changed if not any(_lies_in(path, place) for place in places)]


def _arguments(root: Path) -> Iterator[str]:
    yield from _listed(table_in(table_in(toml_in(root / "pyproject.toml").get("tool")).get("mypy")).get("files"))
    for file in ("mypy.ini", ".mypy.ini", "setup.cfg"):
        yield from _listed(_section(root / file, "mypy").get("files"))
    for _, words in _started(root):
        yield from (word for word in words if not word.startswith("-"))


def _started(root: Path) -> Iterator[tuple[str, list[str]]]:
    """Commands that start a checker, with what stands after it."""
    for file in _STARTED_IN:
        for match in _STARTED.finditer(text_in(root / file)):
            yield match[1], re.findall(r"[\w./*-]+", match[2])


def _listed(said: object) -> Iterable[str]:
    words = said.split(",") if isinstance(said, str) else said if isinstance(said, list) else ()
    return [word.strip().rstrip("/") for word in words if isinstance(word, str) and word.strip()]


def _package_of(root: Path, path: str) -> str:
    """The outermost package that a file lies in; the file itself where it lies in none."""
    folders = [each for each in PurePosixPath(path).parents if each.parts]
    packages = [each for each in folders if (root / each / "__init__.py").is_file()]
    return packages[-1].as_posix() if packages else path


def _lies_in(path: str, place: str) -> bool:
    return PurePosixPath(path).is_relative_to(place)


def _section(file: Path, name: str) -> dict[str, str | None]:
    parser = configparser.RawConfigParser(strict=False, allow_no_value=True)
    try:
        parser.read_string(text_in(file))
    except configparser.Error:
        return {}
    return dict(parser[name]) if parser.has_section(name) else {}
