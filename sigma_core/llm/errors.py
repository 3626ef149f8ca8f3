"""How a model call can fail. Each knows how many requests were made before it gave up."""

from typing import Literal

from sigma_core.errors import BudgetExceeded, Invalid, Retryable, SigmaError, Unavailable


class CallFailed(SigmaError):
    """The root of what a model raises."""

    attempts: int = 1


class ModelUnavailable(CallFailed, Unavailable):
    """The model server cannot be reached, is too slow, refuses the key or does not know the model."""

    def __init__(self, message: str, attempts: int = 1) -> None:
        self.attempts = attempts
        super().__init__(message)


class ModelBusy(CallFailed, Retryable):
    """The model server is overloaded or failing; asking again later may work."""

    def __init__(self, message: str, after_s: float, attempts: int = 1) -> None:
        self.attempts = attempts
        super().__init__(message, after_s)


class RequestRefused(CallFailed, Invalid):
    """The model server will not answer this request, however often it is asked."""

    def __init__(self, message: str, attempts: int = 1) -> None:
        self.attempts = attempts
        super().__init__({"prompt": message}, message)


class BadAnswer(SigmaError):
    """The model answered, but not with what was asked for."""


Figure = Literal["skipped", "model_failures"]
SKIPPED: Figure = "skipped"
FAILURES: Figure = "model_failures"


def figure_of(error: SigmaError) -> Figure | None:
    """What a cycle counts a question without an answer as: left out for a budget's sake, or failed.

    None where nobody was to answer, as where a project keeps its text.
    """
    if isinstance(error, BudgetExceeded):
        return SKIPPED
    return FAILURES if isinstance(error, CallFailed | BadAnswer) else None
