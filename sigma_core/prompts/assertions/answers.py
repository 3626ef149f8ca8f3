"""Demands on what an answer says."""

import re
from typing import Any, Literal

from pydantic import ConfigDict, Field, field_validator

from sigma_core.prompts.assertions.base import Assertion
from sigma_core.prompts.jsonpath import JSONPath, values_at
from sigma_core.prompts.test_result import Reply, as_text, is_same_json, text_of

LONGEST_SEARCHED = 20_000
"""Characters of an answer that a pattern is tried on."""


class FitsSchema(Assertion):
    """The answer fits a JSON schema, beside the prompt's own."""

    kind: Literal["schema"] = "schema"
    schema_: dict[str, Any] = Field(alias="schema")

    model_config = ConfigDict(extra="forbid", frozen=True, serialize_by_alias=True)

    def check(self, reply: Reply) -> str | None:
        from jsonschema import Draft202012Validator

        wrong = next(Draft202012Validator(self.schema_).iter_errors(reply.data), None)
        return f"does not fit the schema: {wrong.message[:200]}" if wrong else None


class Equals(Assertion):
    """The answer, or the one value at a path of it, is exactly this."""

    kind: Literal["equals"] = "equals"
    value: Any
    path: JSONPath = "$"

    def check(self, reply: Reply) -> str | None:
        found = values_at(self.path, reply.data)
        return (
            None
            if is_same_json(found, [self.value])
            else f"{self.path} is {as_text(found)}, not {as_text([self.value])}"
        )


class Contains(Assertion):
    """The answer's text holds another, whatever the case of its letters."""

    kind: Literal["contains"] = "contains"
    text: str = Field(min_length=1)
    absent: bool = Field(False, description="It must not.")

    def check(self, reply: Reply) -> str | None:
        held = self.text.casefold() in text_of(reply).casefold()
        return None if held != self.absent else f"{'holds' if held else 'does not hold'} {self.text!r}"


class Matches(Assertion):
    """A regular expression is found in the answer's text."""

    kind: Literal["regex"] = "regex"
    pattern: str = Field(max_length=500)

    @field_validator("pattern")
    @classmethod
    def _compiles(cls, pattern: str) -> str:
        try:
            re.compile(pattern)
        except re.error as error:
            raise ValueError(f"is not a regular expression: {error}") from None
        return pattern

    def check(self, reply: Reply) -> str | None:
        return (
            None if re.search(self.pattern, text_of(reply)[:LONGEST_SEARCHED]) else f"does not match {self.pattern!r}"
        )


class HasPath(Assertion):
    """A path leads to something; with `one_of`, to nothing but these values; with `length`, to so many values."""

    kind: Literal["json_path"] = "json_path"
    path: JSONPath
    one_of: list[Any] | None = None
    length: int | None = Field(None, ge=0)

    def check(self, reply: Reply) -> str | None:
        found = values_at(self.path, reply.data)
        if self.length is not None and len(found) != self.length:
            return f"{self.path} leads to {len(found)} values, not {self.length}"
        if self.length is None and not found:
            return f"{self.path} leads nowhere"
        others = (
            []
            if self.one_of is None
            else [each for each in found if not any(is_same_json(each, o) for o in self.one_of)]
        )
        return f"{self.path} is {as_text(others)}, none of {as_text(self.one_of or [])}" if others else None


class InRange(Assertion):
    """Every number at a path is within bounds, both included."""

    kind: Literal["range"] = "range"
    path: JSONPath
    minimum: float | None = None
    maximum: float | None = None

    def check(self, reply: Reply) -> str | None:
        found = values_at(self.path, reply.data)
        outside = [each for each in found if not self._within(each)]
        if not found or outside:
            return (
                f"{self.path} is {as_text(outside) if found else 'not there'}, not in {self.minimum} to {self.maximum}"
            )
        return None

    def _within(self, value: Any) -> bool:  # noqa: ANN401 (any JSON)
        if isinstance(value, bool) or not isinstance(value, int | float):
            return False
        return (self.minimum is None or value >= self.minimum) and (self.maximum is None or value <= self.maximum)
