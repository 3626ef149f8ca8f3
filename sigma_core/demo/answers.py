"""The demonstration's model: the offline rules in a model's place; calls cost something and fail now and then."""

from collections.abc import Mapping
from dataclasses import replace
from random import Random
from typing import Any

from sigma_core.llm.errors import ModelBusy
from sigma_core.llm.model import ModelAnswer, ModelRequest
from sigma_core.llm.offline import OfflineRules, Rule
from sigma_core.prompts.rules.values import Variables, records

NAME = "demo-model"
"""What usage rows call it: nobody is to take it for a model server's."""
BUSY = 0.015
"""Share of calls that fail."""


class DemoModel:
    """Answers by the offline rules; which calls fail is drawn."""

    name = NAME
    remote = True

    def __init__(self, rules: Mapping[str, Rule]) -> None:
        self._rules = OfflineRules({**rules, "prompts/path": _told})
        self._chance = Random("demo/answers")  # noqa: S311 (plausible, not secret)

    def complete(self, request: ModelRequest) -> ModelAnswer:
        """Raises `ModelBusy` now and then, `RequestRefused` where no rule can answer."""
        if self._chance.random() < BUSY:
            raise ModelBusy("The demo's model is overloaded.", after_s=20)
        return replace(self._rules.complete(request), model=self.name)


def _told(variables: Variables, view: str | None) -> dict[str, Any]:  # noqa: ARG001 (a rule's shape)
    """A path in the words of its facts, which a strategy tells by itself where there is no model."""
    return {"explanation": " ".join(f"{each['sentence']}." for each in records(variables, "steps"))}
