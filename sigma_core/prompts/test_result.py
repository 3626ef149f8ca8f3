"""What one run of a prompt's test gave, and how it is compared and told."""

import json
from dataclasses import dataclass
from typing import Any, Protocol


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


def text_of(reply: Reply) -> str:
    """The answer's text; nothing where there was an error instead."""
    return reply.text if reply.error is None else ""


def is_same_json(left: Any, right: Any) -> bool:  # noqa: ANN401 (any JSON)
    """JSON's equality: true is not 1."""
    return json.dumps(left, sort_keys=True) == json.dumps(right, sort_keys=True) or (
        is_number(left) and is_number(right) and left == right
    )


def is_number(value: object) -> bool:
    """Whether it is a number; true and false are none."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def as_text(values: list[Any]) -> str:
    """Values as they are told, cut."""
    return json.dumps(values[0] if len(values) == 1 else values, ensure_ascii=False)[:200]
