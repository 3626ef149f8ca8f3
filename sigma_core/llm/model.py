"""What is asked of a model and what it answers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

Schema = Mapping[str, Any]
"""A JSON schema (2020-12)."""
Check = Callable[[Any], object]
"""Looks at an answer's data, which fit the schema. Raises `BadAnswer` where they cannot be used all the same."""


@dataclass(frozen=True)
class ChatMessage:
    """One turn of a conversation."""

    role: Literal["system", "user", "assistant"]
    content: str


@dataclass(frozen=True)
class Rendered:
    """A prompt with its values filled in, ready to be asked.

    `variables` are the values as given: the offline rules read them instead of the text. `view` names the role a
    prompt with several views was rendered for.
    """

    prompt: str
    version: str
    messages: tuple[ChatMessage, ...]
    schema: Schema
    variables: Mapping[str, object]
    view: str | None = None
    max_output_tokens: int = 1000
    temperature: float = 0.0
    template_id: int | None = None
    """Together with `version_number` the stored version it was made from; None for a file's."""
    version_number: int | None = None
    label: str | None = None
    """What it was looked up by."""


@dataclass(frozen=True)
class ModelRequest:
    """One question. `deadline_s` bounds the whole answer in seconds, waiting and retries included."""

    prompt: str
    messages: tuple[ChatMessage, ...]
    schema: Schema
    max_output_tokens: int
    temperature: float
    deadline_s: float
    variables: Mapping[str, object] = field(default_factory=dict)
    view: str | None = None


@dataclass(frozen=True)
class ModelAnswer:
    """What came back. Tokens are the server's own figures, None where it gave none.

    `data` is the parsed text, set once it fits the schema. `attempts` counts the requests made for it.
    """

    text: str
    model: str
    latency_ms: int
    attempts: int = 1
    input_tokens: int | None = None
    output_tokens: int | None = None
    cached_tokens: int | None = None
    problem: str | None = None
    """Why the text is not a whole answer: cut off, or declined."""
    data: Any = None


class Metered(Protocol):
    """Whatever leaves usage rows behind."""

    @property
    def name(self) -> str:
        """What usage rows call it."""
        ...

    @property
    def remote(self) -> bool:
        """Does the text leave this process for a server?"""
        ...


class Model(Metered, Protocol):
    """Answers requests. Raises `sigma_core.llm.errors.CallFailed` (one of its kinds) when it cannot."""

    def complete(self, request: ModelRequest) -> ModelAnswer: ...


class UnderCare(Protocol):
    """What is needed of a project: whether its text may leave for a model server."""

    id: int | None
    name: str
    model_allowed: bool
