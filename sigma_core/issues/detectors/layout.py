"""How a project lays out its code: by its ruff configuration, by black's, or as both do where neither is set."""

import tomllib
from pathlib import Path
from typing import Any

from sigma_core.issues.detectors.ruff_config import NAMES, usable_configuration


def layout_options(root: Path, path: str) -> tuple[str, ...]:
    """Options that make `ruff format` lay out the file `path` below `root` as its project does."""
    if usable_configuration(root, path):
        return ("--force-exclude",)
    return ("--isolated", *_as_black(_black(root)))


def _black(root: Path) -> dict[str, Any]:
    pyproject = root / NAMES[-1]
    if pyproject.is_symlink() or not pyproject.is_file():
        return {}
    try:
        tool = tomllib.loads(pyproject.read_text("utf-8")).get("tool", {})
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):
        return {}
    black = tool.get("black", {}) if isinstance(tool, dict) else {}
    return black if isinstance(black, dict) else {}


def _as_black(black: dict[str, Any]) -> list[str]:
    length = black.get("line-length", black.get("line_length"))
    options = ["--config", f"line-length = {length}"] if type(length) is int and 1 <= length <= 320 else []
    keeps_quotes = black.get("skip-string-normalization", black.get("skip_string_normalization")) is True
    return options + (["--config", 'format.quote-style = "preserve"'] if keeps_quotes else [])
