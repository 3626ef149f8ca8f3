"""Configuration files as sections of values, whatever their format."""

import configparser
import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

Values = Mapping[str, frozenset[str]]


def toml_tables(text: str) -> dict[str, Any]:
    """Dotted table name (``tool.ruff``, ``build-system``) → its content. Raises `ValueError`."""
    parsed = tomllib.loads(text)
    tool = parsed.pop("tool", {})
    named = {f"tool.{name}": content for name, content in tool.items()} if isinstance(tool, dict) else {}
    return named | parsed


def ini_sections(text: str) -> dict[str, Any]:
    """Section name → option → text. Raises `ValueError`."""
    parser = configparser.RawConfigParser(strict=False, allow_no_value=True)
    try:
        parser.read_string(text)
    except configparser.Error as error:
        raise ValueError(str(error)) from None
    return {name: dict(parser.items(name)) for name in parser.sections()}


def flat(content: object, name: str = "") -> dict[str, frozenset[str]]:
    """Dotted option → its entries, lists and comma or line separated text alike."""
    return dict(_flat(content, name))


def _flat(content: object, name: str) -> Iterator[tuple[str, frozenset[str]]]:
    if isinstance(content, Mapping):
        for key, value in content.items():
            yield from _flat(value, f"{name}.{key}" if name else str(key))
    elif isinstance(content, list):
        yield name, frozenset(map(str, content))
    else:
        parts = str(content).replace("\n", ",").split(",")
        yield name, frozenset(part.strip() for part in parts if part.strip())
