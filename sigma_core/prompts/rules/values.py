"""Reading a prompt's variables as the rules need them."""

from collections.abc import Mapping
from typing import Any

from sigma_core.llm.errors import RequestRefused

Variables = Mapping[str, object]


def records(variables: Variables, name: str) -> list[Mapping[str, Any]]:
    """A list of JSON objects. Raises `RequestRefused` for anything else."""
    value = variables.get(name)
    if not isinstance(value, list | tuple) or not all(isinstance(each, Mapping) for each in value):
        raise RequestRefused(f"The offline rules read {name} as a list of objects.")
    return list(value)


def facts(variables: Variables, name: str) -> Mapping[str, Any]:
    """A JSON object with something in it. Raises `RequestRefused` for anything else."""
    value = variables.get(name)
    if not isinstance(value, Mapping) or not value:
        raise RequestRefused(f"The offline rules find nothing measured in {name}.")
    return value


def number(value: object, otherwise: float = 0.0) -> float:
    """A number, or `otherwise` where there is none."""
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else otherwise


def cut(text: str, most: int) -> str:
    """At most so many characters."""
    return text if len(text) <= most else f"{text[: most - 1]}…"
