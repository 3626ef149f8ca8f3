"""What a test may demand of an answer. A new kind is one class more in `KINDS`."""

import json
import re
from abc import abstractmethod
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, Protocol

from pydantic import BaseModel, ConfigDict, Field, field_validator

from sigma_core.prompts.jsonpath import JSONPath, values_at

LONGEST_SEARCHED = 20_000
"""Characters of an answer that a pattern is tried on."""


class Judge(Protocol):
    """Asks a model whether an answer meets a demand."""

    def __call__(self, demand: str, answer: str) -> tuple[bool, str]:
        """Does it, and why."""
        ...


@dataclass(frozen=True)
class Reply:
    """What one run of a test gave: an answer, or the error instead of it."""

    text: str = ""
    data: Any = None
    error: str | None = None
    latency_ms: int = 0
    cost_nano_usd: int | None = None
    judge: Judge | None = None


class Assertion(BaseModel):
    """One demand."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: str
    needs_model: ClassVar[bool] = False
    wants_error: ClassVar[bool] = False

    @abstractmethod
    def check(self, reply: Reply) -> str | None:
        """What is wrong with the reply; None when the demand holds."""

    def stored(self) -> dict[str, Any]:
        """As plain JSON."""
        return {"kind": self.kind, **self.model_dump(mode="json", exclude_defaults=True)}


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
        return None if _same(found, [self.value]) else f"{self.path} is {_shown(found)}, not {_shown([self.value])}"


class Contains(Assertion):
    """The answer's text holds another, whatever the case of its letters."""

    kind: Literal["contains"] = "contains"
    text: str = Field(min_length=1)
    absent: bool = Field(False, description="It must not.")

    def check(self, reply: Reply) -> str | None:
        held = self.text.casefold() in _text(reply).casefold()
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
        return None if re.search(self.pattern, _text(reply)[:LONGEST_SEARCHED]) else f"does not match {self.pattern!r}"


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
        others = [] if self.one_of is None else [each for each in found if not any(_same(each, o) for o in self.one_of)]
        return f"{self.path} is {_shown(others)}, none of {_shown(self.one_of or [])}" if others else None


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
                f"{self.path} is {_shown(outside) if found else 'not there'}, not in {self.minimum} to {self.maximum}"
            )
        return None

    def _within(self, value: Any) -> bool:  # noqa: ANN401 (any JSON)
        if isinstance(value, bool) or not isinstance(value, int | float):
            return False
        return (self.minimum is None or value >= self.minimum) and (self.maximum is None or value <= self.maximum)


class Fails(Assertion):
    """There is no answer but an error whose sentence holds a text."""

    kind: Literal["error"] = "error"
    text: str = ""
    wants_error: ClassVar[bool] = True

    def check(self, reply: Reply) -> str | None:
        if reply.error is None:
            return "was answered, where an error was expected"
        return None if self.text.casefold() in reply.error.casefold() else f"failed otherwise: {reply.error[:200]}"


class Faster(Assertion):
    """The answer came within a time."""

    kind: Literal["latency"] = "latency"
    at_most_ms: int = Field(gt=0)

    def check(self, reply: Reply) -> str | None:
        return None if reply.latency_ms <= self.at_most_ms else f"took {reply.latency_ms} ms, over {self.at_most_ms}"


class Cheaper(Assertion):
    """The answer cost at most so much. What has no known price does not pass."""

    kind: Literal["cost"] = "cost"
    at_most_nano_usd: int = Field(ge=0)

    def check(self, reply: Reply) -> str | None:
        if reply.cost_nano_usd is None:
            return "has no known price"
        over = reply.cost_nano_usd > self.at_most_nano_usd
        return f"cost {reply.cost_nano_usd} nano-USD, over {self.at_most_nano_usd}" if over else None


class Graded(Assertion):
    """A model finds that the answer meets a demand. Skipped where no model server is configured."""

    kind: Literal["graded"] = "graded"
    demand: str = Field(min_length=1, max_length=2000)
    needs_model: ClassVar[bool] = True

    def check(self, reply: Reply) -> str | None:
        if reply.judge is None:
            return "needs a model to grade it"
        met, why = reply.judge(self.demand, _text(reply))
        return None if met else f"was graded as not meeting {self.demand[:80]!r}: {why}"


KINDS: tuple[type[Assertion], ...] = (
    FitsSchema, Equals, Contains, Matches, HasPath, InRange, Fails, Faster, Cheaper, Graded,
)  # fmt: skip

if TYPE_CHECKING:
    AnyAssertion = Assertion
else:
    AnyAssertion = Annotated[reduce(or_, KINDS), Field(discriminator="kind")]


def _text(reply: Reply) -> str:
    return reply.text if reply.error is None else ""


def _same(left: Any, right: Any) -> bool:  # noqa: ANN401 (any JSON)
    """JSON's equality: true is not 1."""
    return json.dumps(left, sort_keys=True) == json.dumps(right, sort_keys=True) or (
        _is_number(left) and _is_number(right) and left == right
    )


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _shown(values: list[Any]) -> str:
    return json.dumps(values[0] if len(values) == 1 else values, ensure_ascii=False)[:200]
