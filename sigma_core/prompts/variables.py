"""A value that a prompt takes: its kind, its limits, how it is written into the text."""

import json
import math
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

Kind = Literal["text", "number", "json", "list"]


class Variable(BaseModel):
    """A typed value.

    Unless `inline` it is fenced as data and may be any length: beyond `max_chars` it is cut, and the prompt says so.
    An inline value stands in a sentence: one line of at most `max_chars` characters, never text of a repository.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    description: str = Field("", max_length=500)
    type: Kind = "text"
    required: bool = True
    inline: bool = False
    max_chars: int = Field(200, ge=1, le=1_000_000)
    minimum: float | None = Field(None, allow_inf_nan=False, description="Least number.")
    maximum: float | None = Field(None, allow_inf_nan=False, description="Greatest number.")
    max_items: int | None = Field(None, ge=0, description="Longest list.")
    default: Any = Field(None, description="Stands in where no value is given.")

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.default is not None:
            if self.required:
                raise ValueError("what has a default is not required")
            if wrong := self.problem(self.default):
                raise ValueError(f"the default {wrong}")
        return self

    def problem(self, value: object) -> str | None:
        """Why the value does not fit; None where it does."""
        if wrong := _KINDS[self.type](value):
            return wrong
        if isinstance(value, int | float) and not _within(value, self.minimum, self.maximum):
            return f"is not in {_bound(self.minimum)} to {_bound(self.maximum)}"
        if self.max_items is not None and isinstance(value, list | tuple) and len(value) > self.max_items:
            return f"has more than {self.max_items} items"
        if self.inline:
            text = written(value)
            if len(text) > self.max_chars or len(text.splitlines()) > 1:
                return f"is more than one line of {self.max_chars} characters"
        return None


def written(value: object) -> str:
    """The value as it stands in a prompt: text as it is, anything else as JSON."""
    if isinstance(value, str):
        return str(value)
    return json.dumps(value, indent=None if isinstance(value, int | float) else 1, sort_keys=True, ensure_ascii=False)


def _text(value: object) -> str | None:
    return None if isinstance(value, str) else "is not text"


def _number(value: object) -> str | None:
    fits = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    return None if fits else "is not a number"


def _json(value: object) -> str | None:
    try:
        json.dumps(value, allow_nan=False, sort_keys=True)
    except (TypeError, ValueError, RecursionError):
        return "is not JSON"
    return None


def _list(value: object) -> str | None:
    return _json(value) if isinstance(value, list | tuple) else "is not a list"


_KINDS = {"text": _text, "number": _number, "json": _json, "list": _list}


def _within(value: float, low: float | None, high: float | None) -> bool:
    return (low is None or value >= low) and (high is None or value <= high)


def _bound(bound: float | None) -> str:
    return "any" if bound is None else f"{bound:g}"
