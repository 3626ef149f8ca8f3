"""The offline model: deterministic rules that read a prompt's variables. Never canned text, never an LLM."""

import json
import time
from collections.abc import Callable, Mapping
from typing import Any

from sigma_core.llm.errors import RequestRefused
from sigma_core.llm.model import ModelAnswer, ModelRequest
from sigma_core.llm.tokens import estimated_tokens

OFFLINE_NAME = "offline-rules"

Rule = Callable[[Mapping[str, object], str | None], dict[str, Any]]
"""Makes the answer from a prompt's variables and the view it was rendered for.

Raises `RequestRefused` when the variables do not hold the facts that it judges by.
"""


class OfflineRules:
    """Answers each prompt with the rule registered for it, at no cost and without leaving the process."""

    name = OFFLINE_NAME
    remote = False

    def __init__(self, rules: Mapping[str, Rule]) -> None:
        self._rules = dict(rules)

    def complete(self, request: ModelRequest) -> ModelAnswer:
        """The rule's answer, its tokens estimated. Raises `RequestRefused` where no rule can give one."""
        rule = self._rules.get(request.prompt)
        if rule is None:
            raise RequestRefused(f"The offline rules have no answer for {request.prompt}; it needs a model.")
        started = time.monotonic()
        text = json.dumps(rule(request.variables, request.view), sort_keys=True)
        return ModelAnswer(
            text=text,
            model=self.name,
            input_tokens=sum(estimated_tokens(message.content) for message in request.messages),
            output_tokens=estimated_tokens(text),
            latency_ms=round((time.monotonic() - started) * 1000),
        )
