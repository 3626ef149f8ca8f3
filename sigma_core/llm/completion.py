"""The part of a chat completion that is read."""

from typing import Annotated

from pydantic import BaseModel, Field

from sigma_core.llm.model import ModelAnswer

_Tokens = Annotated[int, Field(ge=0, lt=2**31)]


class _Details(BaseModel):
    cached_tokens: _Tokens | None = None


class _Usage(BaseModel):
    prompt_tokens: _Tokens | None = None
    completion_tokens: _Tokens | None = None
    prompt_tokens_details: _Details | None = None


class _Reply(BaseModel):
    content: str | None = None
    refusal: str | None = None


class _Choice(BaseModel):
    message: _Reply
    finish_reason: str | None = None

    @property
    def problem(self) -> str | None:
        """Why its text is not a whole answer."""
        if self.message.refusal or self.finish_reason == "content_filter":
            return "the model declined to answer"
        return "it was cut off at the output limit" if self.finish_reason == "length" else None


class Completion(BaseModel):
    """A server's answer."""

    choices: list[_Choice] = Field(min_length=1)
    usage: _Usage | None = None

    def answer(self, model: str, *, latency_ms: int, attempts: int) -> ModelAnswer:
        """The first choice, with the server's own token figures."""
        choice, usage = self.choices[0], self.usage or _Usage()
        details = usage.prompt_tokens_details or _Details()
        return ModelAnswer(
            # PostgreSQL stores no NUL
            text=(choice.message.content or "").replace("\0", "\ufffd"),
            model=model,
            latency_ms=latency_ms,
            attempts=attempts,
            input_tokens=usage.prompt_tokens,
            output_tokens=usage.completion_tokens,
            cached_tokens=details.cached_tokens,
            problem=choice.problem,
        )
