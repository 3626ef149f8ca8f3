"""Demands on how a call went: its error, time and price, and what another model thinks of it."""

from typing import ClassVar, Literal

from pydantic import Field

from sigma_core.prompts.assertions.base import Assertion
from sigma_core.prompts.test_result import Reply, text_of


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
        met, why = reply.judge(self.demand, text_of(reply))
        return None if met else f"was graded as not meeting {self.demand[:80]!r}: {why}"
