"""Configuration files of a tree as TOML, each text parsed once: every file that is looked at asks for them."""

import tomllib
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

_KEPT = 64


class NoToml(ValueError):
    """The file is no TOML."""


def toml_of(file: Path) -> Mapping[str, Any]:
    """What a file holds; nothing where it is missing or a link. Raises `NoToml`."""
    if file.is_symlink() or not file.is_file():
        return {}
    return _parsed(file.read_bytes())


def table_in(content: Mapping[str, Any], *names: str) -> Mapping[str, Any]:
    """The table below these names; an empty one where there is none, or something else."""
    for name in names:
        inner = content.get(name)
        content = inner if isinstance(inner, dict) else {}
    return content


@lru_cache(maxsize=_KEPT)
def _parsed(content: bytes) -> Mapping[str, Any]:
    try:
        return tomllib.loads(content.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise NoToml(str(error)) from None
