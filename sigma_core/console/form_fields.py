"""A form's fields, from a model's JSON schema; and back, from what was entered to raw values. Pure."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from sigma_core.console import words
from sigma_core.errors import Invalid

Kind = Literal["label", "text", "fraction", "number", "bool", "choice", "names", "detail"]
LONG_TEXT = 1000
"""Text that may be longer than this gets an area instead of a line."""


@dataclass(frozen=True)
class FormField:
    """One field of a form. `whole`: its number has no fraction; `least` and `most` bound it."""

    name: str
    kind: Kind
    required: bool
    choices: tuple[str, ...] = ()
    help: str | None = None
    default: Any = None
    least: float | None = None
    most: float | None = None
    whole: bool = False

    @property
    def label(self) -> str:
        """Its name as a person reads it."""
        return words.field(self.name) + ("" if self.required or self.default not in (None, []) else " (optional)")


def fields_of(schema: Mapping[str, Any]) -> list[FormField]:
    """The fields in which what this JSON schema describes is entered."""
    required = schema.get("required", ())
    return [_field(name, plain, required=name in required) for name, plain in schema.get("properties", {}).items()]


def values_of(fields: Iterable[FormField], entered: Mapping[str, object]) -> dict[str, Any]:
    """The raw values; fields left empty are left out. Raises `Invalid` naming each field whose JSON is none."""
    raw: dict[str, Any] = {}
    wrong = {}
    for one in fields:
        given = entered.get(one.name)
        if given is None or given == "":
            continue
        try:
            raw[one.name] = _read(one, given)
        except ValueError as error:
            wrong[one.name] = str(error)
    if wrong:
        raise Invalid(wrong)
    return raw


def _field(name: str, schema: Mapping[str, Any], *, required: bool) -> FormField:
    plain = _without_null(schema)
    kind, choices = _kind(plain)
    return FormField(
        name,
        kind,
        required,
        choices,
        schema.get("description"),
        schema.get("default"),
        plain.get("minimum"),
        plain.get("maximum"),
        plain.get("type") == "integer",
    )


def _read(one: FormField, given: object) -> object:
    if one.kind == "names":
        return [name for part in str(given).split(",") if (name := part.strip())]
    return _detail(str(given)) if one.kind == "detail" else given


def _without_null(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    found = [one for one in schema.get("anyOf", ()) if one.get("type") != "null"]
    return found[0] if len(found) == 1 else schema


def _kind(schema: Mapping[str, Any]) -> tuple[Kind, tuple[str, ...]]:
    choices = schema.get("enum") or ([schema["const"]] if "const" in schema else [])
    if choices:
        return "choice", tuple(map(str, choices))
    match schema.get("type"):
        case "boolean":
            return "bool", ()
        case "number" | "integer":
            bounded = (schema.get("minimum"), schema.get("maximum")) == (0, 1)
            return ("fraction" if bounded else "number"), ()
        case "string":
            return ("text" if schema.get("maxLength", LONG_TEXT + 1) > LONG_TEXT else "label"), ()
        case "array" if schema.get("items", {}).get("type") == "string":
            return "names", ()
        case _:
            return "detail", ()


def _detail(text: str) -> object:
    """JSON where it looks like JSON, else the text itself. Raises `ValueError` in words."""
    if text.lstrip()[:1] not in ("{", "["):
        return text
    try:
        return json.loads(text)
    except RecursionError:
        message = "is nested too deep"
        raise ValueError(message) from None
    except json.JSONDecodeError as error:
        message = f"is not JSON: {error.msg}, line {error.lineno}, column {error.colno}"
        raise ValueError(message) from None
