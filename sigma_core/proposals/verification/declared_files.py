"""Files in which a project says how it is tested and checked, read as text: nothing large, no links."""

import tomllib
from pathlib import Path
from typing import Any

_LARGEST = 1024 * 1024


def text_in(file: Path) -> str:
    """Empty where there is no such plain file."""
    plain = file.is_file() and not file.is_symlink() and file.stat().st_size <= _LARGEST
    return file.read_text("utf-8", "replace") if plain else ""


def toml_in(file: Path) -> dict[str, Any]:
    """Empty where it is no TOML."""
    try:
        return tomllib.loads(text_in(file))
    except tomllib.TOMLDecodeError:
        return {}


def table_in(value: object) -> dict[str, Any]:
    """A table; empty where something else stands in its place."""
    return value if isinstance(value, dict) else {}
