"""From a call and what came of it to its usage row."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sigma_core.llm.model import Model, ModelAnswer, Rendered
from sigma_core.llm.tables import PromptUsage
from sigma_core.redaction import redact

_LONGEST_ERROR = 2000
_LONGEST_EXCERPT = 200


@dataclass(frozen=True)
class Call:
    """Who asks what, for whom."""

    prompt: Rendered
    worker: str
    run_id: int | None
    project_id: int | None


@dataclass
class Tally:
    """What one call has used so far, over all its requests. Tokens stay None until a server reports some."""

    attempts: int = 0
    latency_ms: int = 0
    input_tokens: int | None = None
    output_tokens: int | None = None
    cached_tokens: int | None = None

    def add(self, answer: ModelAnswer) -> None:
        """Count one answer in."""
        self.attempts += answer.attempts
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
    call: Call, model: Model, tally: Tally, error: BaseException | None, *, call_id: str, at: datetime
) -> PromptUsage:
    """The row that records the call. Rules cost nothing; what a server's tokens cost is unknown here: unpriced."""
    return PromptUsage(
        call_id=call_id,
        prompt=call.prompt.prompt,
        version=call.prompt.version,
        worker=call.worker,
        run_id=call.run_id,
        project_id=call.project_id,
        model=model.name[:120],
        input_tokens=tally.input_tokens,
        output_tokens=tally.output_tokens,
        cached_tokens=tally.cached_tokens,
        cost_nano_usd=None if model.remote else 0,
        latency_ms=tally.latency_ms,
        attempts=tally.attempts,
        success=error is None,
        error=_storable(f"{type(error).__name__}: {error}", _LONGEST_ERROR) if error else None,
        context=_context(call.prompt),
        day=at.date(),
        created_at=at,
    )


def _context(prompt: Rendered) -> dict[str, Any]:
    """Enough to recognise the call by, never the whole prompt."""
    excerpts = {name: _storable(str(value), _LONGEST_EXCERPT) for name, value in prompt.variables.items()}
    return {"view": prompt.view, "variables": excerpts}


def _storable(text: str, longest: int) -> str:
    """Redacted before it is cut, so that no half of a secret stays; without what PostgreSQL cannot hold."""
    clean = redact(text).encode("utf-8", "replace").decode().replace("\0", "\ufffd")
    return clean if len(clean) <= longest else clean[: longest - 1] + "…"


def _sum(left: int | None, right: int | None) -> int | None:
    return right if left is None else left + (right or 0)
