"""A call of a model as a span, by OpenTelemetry's conventions for generative AI. Of its texts nothing is told."""

from collections.abc import Iterator
from contextlib import contextmanager

from sigma_core import tracing
from sigma_core.llm.model import Metered
from sigma_core.llm.usage import Call, Tally

OWN_RULES = "sigma"
LIKE_OPENAI = "openai"
"""Whose protocol it is: who answers by it is not known."""


@contextmanager
def call_span(operation: str, call: Call, model: Metered, tally: Tally, call_id: str) -> Iterator[None]:
    """Around one call; `tally` holds at its end what it has used."""
    asked: dict[str, tracing.Attribute] = {
        "gen_ai.operation.name": operation,
        "gen_ai.provider.name": LIKE_OPENAI if model.remote else OWN_RULES,
        "gen_ai.request.model": model.name,
        "gen_ai.request.max_tokens": call.prompt.max_output_tokens or None,
        "gen_ai.request.temperature": call.prompt.temperature,
        "sigma.call.id": call_id,
        "sigma.prompt": call.prompt.prompt,
        "sigma.prompt.version": call.prompt.version,
        "sigma.worker": call.worker,
        "sigma.run.id": call.run_id,
        "sigma.project.id": call.project_id,
    }
    with tracing.span(f"{operation} {model.name}", asked, calls_out=model.remote) as told:
        try:
            yield
        finally:
            told["gen_ai.usage.input_tokens"] = tally.input_tokens
            told["gen_ai.usage.output_tokens"] = tally.output_tokens
            told["sigma.call.attempts"] = tally.attempts
