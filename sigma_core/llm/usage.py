"""From a call and what came of it to its usage row."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sigma_core.llm.model import Metered, ModelAnswer, Rendered
from sigma_core.llm.prices import PriceBook
from sigma_core.llm.tables import PromptUsage
from sigma_core.llm.tokens import Tokens
from sigma_core.redaction import redact
from sigma_core.text import cut, storable

_LONGEST_ERROR = 2000
_LONGEST_EXCERPT = 200


@dataclass(frozen=True)
class Call:
    """Who asks what, for whom."""

    prompt: Rendered
    worker: str
    run_id: int | None
    project_id: int | None
    degraded_from: str | None = None
    """The model that was to answer, where a budget gave the call to a cheaper one."""


@dataclass
class Tally:
    """What one call has used so far, over all its requests. Tokens stay None until a server reports some."""

    attempts: int = 0
    latency_ms: int = 0
    input_tokens: int | None = None
    output_tokens: int | None = None
    cached_tokens: int | None = None
    text: str = ""
    """The last answer, as it came."""

    def add(self, answer: ModelAnswer) -> None:
        """Count one answer in."""
        self.attempts += answer.attempts
        self.text = answer.text
        self.input_tokens = _sum(self.input_tokens, answer.input_tokens)
        self.output_tokens = _sum(self.output_tokens, answer.output_tokens)
        self.cached_tokens = _sum(self.cached_tokens, answer.cached_tokens)

    def of(self, answer: ModelAnswer) -> ModelAnswer:
        """The answer with the whole call's figures."""
        return replace(
            answer,
            attempts=self.attempts,
            latency_ms=self.latency_ms,
            input_tokens=self.input_tokens,
            output_tokens=self.output_tokens,
            cached_tokens=self.cached_tokens,
        )


def usage_row(
    call: Call,
    model: Metered,
    tally: Tally,
    error: BaseException | None,
    *,
    prices: PriceBook | None,
    call_id: str,
    at: datetime,
) -> PromptUsage:
    """The row that records the call."""
    return PromptUsage(
        call_id=call_id,
        prompt=call.prompt.prompt,
        template_id=call.prompt.template_id,
        version=call.prompt.version,
        version_number=call.prompt.version_number,
        label=call.prompt.label,
        worker=call.worker,
        run_id=call.run_id,
        project_id=call.project_id,
        model=model.name[:120],
        input_tokens=tally.input_tokens,
        output_tokens=tally.output_tokens,
        cached_tokens=tally.cached_tokens,
        cost_nano_usd=_cost(model, tally, prices, at),
        list_nano_usd=None if model.remote or prices is None else _list_cost(tally, prices, at),
        latency_ms=tally.latency_ms,
        attempts=tally.attempts,
        success=error is None,
        error_kind=type(error).__name__[:40] if error else None,
        error=_storable(f"{type(error).__name__}: {error}", _LONGEST_ERROR) if error else None,
        context=_context(call),
        day=at.date(),
        created_at=at,
    )


def _cost(model: Metered, tally: Tally, prices: PriceBook | None, at: datetime) -> int | None:
    """Nothing for rules and for what was never sent; None where tokens or prices are not known."""
    if not model.remote or not tally.attempts:
        return 0
    tokens = _tokens(tally)
    return prices.cost(model.name, tokens, at) if prices and tokens else None


def _list_cost(tally: Tally, prices: PriceBook, at: datetime) -> int | None:
    tokens = _tokens(tally)
    return prices.list_cost(tokens, at) if tokens else None


def _tokens(tally: Tally) -> Tokens | None:
    if tally.input_tokens is None or tally.output_tokens is None:
        return None
    return Tokens.of(tally.input_tokens, tally.output_tokens, tally.cached_tokens)


def _context(call: Call) -> dict[str, Any]:
    """Enough to recognise the call by, never the whole prompt."""
    prompt = call.prompt
    excerpts = {name: _storable(str(value), _LONGEST_EXCERPT) for name, value in prompt.variables.items()}
    degraded = {"degraded_from": call.degraded_from} if call.degraded_from else {}
    return {"view": prompt.view, "variables": excerpts, **degraded}


def _storable(text: str, longest: int) -> str:
    """Redacted before it is cut, so that no half of a secret stays; without what PostgreSQL cannot hold."""
    return cut(storable(redact(text)), longest)


def _sum(left: int | None, right: int | None) -> int | None:
    return right if left is None else left + (right or 0)
