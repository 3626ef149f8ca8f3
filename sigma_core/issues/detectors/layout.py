"""How a project lays out its code: by its ruff configuration, by black's, or as both do where neither is set."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sigma_core.issues.detectors.ruff_config import NAMES, usable_configuration
from sigma_core.issues.detectors.toml_text import NoToml, table_in, toml_of


def layout_options(root: Path, path: str) -> tuple[str, ...]:
    """Options that make `ruff format` lay out the file `path` below `root` as its project does."""
    if usable_configuration(root, path):
        return ("--force-exclude",)
    return ("--isolated", *_as_black(_black(root)))


def _black(root: Path) -> Mapping[str, Any]:
    try:
        return table_in(toml_of(root / NAMES[-1]), "tool", "black")
    except NoToml:
        return {}


def _as_black(black: Mapping[str, Any]) -> list[str]:
    length = black.get("line-length", black.get("line_length"))
    options = ["--config", f"line-length = {length}"] if type(length) is int and 1 <= length <= 320 else []
    keeps_quotes = black.get("skip-string-normalization", black.get("skip_string_normalization")) is True
    return options + (["--config", 'format.quote-style = "preserve"'] if keeps_quotes else [])
