"""The part of a chat completion that is read: its text, and what else there is."""

from typing import Annotated

from pydantic import BaseModel, Field

from sigma_core.llm.model import ModelAnswer
from sigma_core.llm.server_json import Optional, Text, Tokens, document
from sigma_core.text import storable


class _Details(BaseModel):
    cached_tokens: Tokens = None


class _Usage(BaseModel):
    prompt_tokens: Tokens = None
    completion_tokens: Tokens = None
    prompt_tokens_details: Annotated[_Details | None, Optional] = None


class _Reply(BaseModel):
    content: Text = None
    reasoning_content: Text = None
    reasoning: Text = None
    refusal: Text = None

    @property
    def text(self) -> str:
        """Some servers put all of a reasoning model's answer beside the content."""
        return self.content or self.reasoning_content or self.reasoning or ""


class _Choice(BaseModel):
    message: _Reply
    finish_reason: Text = None

    @property
    def problem(self) -> str | None:
        """Why its text is not a whole answer."""
        if self.message.refusal or self.finish_reason == "content_filter":
            return "the model declined to answer"
        return "it was cut off at the output limit" if self.finish_reason == "length" else None


class Completion(BaseModel):
    """A server's answer."""

    choices: list[_Choice] = Field(min_length=1)
    usage: Annotated[_Usage | None, Optional] = None

    @classmethod
    def read(cls, body: bytes) -> "Completion":
        """The answer in a response's body. Raises `ValueError` for what is no chat completion."""
        return cls.model_validate(document(body))

    def answer(self, model: str, *, latency_ms: int, attempts: int) -> ModelAnswer:
        """The first choice, with the server's own token figures."""
        choice, usage = self.choices[0], self.usage or _Usage()
        details = usage.prompt_tokens_details or _Details()
        return ModelAnswer(
            # PostgreSQL stores no NUL
            text=storable(choice.message.text),
            model=model,
            latency_ms=latency_ms,
            attempts=attempts,
            input_tokens=usage.prompt_tokens,
            output_tokens=usage.completion_tokens,
            cached_tokens=details.cached_tokens,
            problem=choice.problem,
        )
