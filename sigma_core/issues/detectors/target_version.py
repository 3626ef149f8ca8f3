"""The oldest Python a project supports, from what it declares."""

import re
import tomllib
from collections.abc import Iterator
from configparser import ConfigParser
from configparser import Error as ConfigError
from pathlib import Path

from packaging.specifiers import InvalidSpecifier, SpecifierSet

MINORS = range(7, 16)
"""Minor versions of Python 3 that the linter knows."""
_SETUP_PY = re.compile(r"python_requires\s*=\s*[\"']([^\"']+)[\"']")


def target_version(root: Path) -> str | None:
    """As ruff writes it (``py39``), or None where the project does not say."""
    for declared in _declared(root):
        try:
            allowed = SpecifierSet(declared.replace("^", ">=").replace("~3", "~=3"))
        except InvalidSpecifier:
            continue
        # .99: "<3.12.1" or ">3.8" still admit the minor version
        for minor in MINORS:
            if any(allowed.contains(f"3.{minor}.{micro}") for micro in (0, 99)):
                return f"py3{minor}"
    return None


def _declared(root: Path) -> Iterator[str]:
    yield from _from_pyproject(_text(root / "pyproject.toml"))
    yield from _from_setup_cfg(_text(root / "setup.cfg"))
    yield from _SETUP_PY.findall(_text(root / "setup.py"))


def _text(file: Path) -> str:
    return "" if file.is_symlink() or not file.is_file() else file.read_text("utf-8", "replace")


def _from_pyproject(text: str) -> Iterator[str]:
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return
    poetry = content.get("tool", {}).get("poetry", {}).get("dependencies", {})
    for declared in (content.get("project", {}).get("requires-python"), poetry.get("python")):
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
