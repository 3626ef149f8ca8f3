"""What a failed request means: worth another try, worth plainer words, or the end."""

import math
from dataclasses import dataclass, replace
from email.utils import parsedate_to_datetime
from typing import Literal

import httpx2
import openai

from sigma_core.llm.errors import CallFailed, ModelBusy, ModelUnavailable, RequestRefused
from sigma_core.llm.transport import MAX_ANSWER_BYTES, AnswerTooLarge
from sigma_core.redaction import redact

_LONGEST_COMPLAINT = 2000
_DEFAULT_WAIT_S = 5.0
LONGEST_WAIT_S = 86_400.0
"""A day, in which the longest quotas begin anew: a server that asks for more is not believed."""


@dataclass(frozen=True)
class RequestFailure:
    """One failed request. `asked_wait_s` is the wait the server asked for."""

    kind: Literal["unavailable", "busy", "refused"]
    message: str
    transient: bool
    asked_wait_s: float | None = None
    complaint: str = ""
    """The server's own words when it refused the request."""

    def error(self, attempts: int) -> CallFailed:
        """What to raise when no further request is made."""
        if self.kind == "busy":
            return ModelBusy(self.message, self.asked_wait_s or _DEFAULT_WAIT_S, attempts)
        if self.kind == "refused":
            return RequestRefused(self.message, attempts)
        return ModelUnavailable(self.message, attempts)


NO_COMPLETION = RequestFailure("unavailable", "The model server's answer is not a chat completion.", transient=True)
OUT_OF_TIME = RequestFailure("unavailable", "The model server did not answer in time.", transient=False)
TOO_SLOW = replace(OUT_OF_TIME, transient=True)
"""One request took too long; another may be made while there is time."""


def described(error: openai.OpenAIError | httpx2.InvalidURL) -> RequestFailure:
    """The failure behind what the client raised."""
    if isinstance(error, openai.APITimeoutError):
        return TOO_SLOW
    if isinstance(error, openai.APIStatusError):
        return _refusal(error)
    if isinstance(error.__cause__, AnswerTooLarge):
        message = f"The model server's answer is larger than {MAX_ANSWER_BYTES} bytes."
        return RequestFailure("unavailable", message, transient=False)
    return RequestFailure(
        "unavailable", f"The model server cannot be reached: {_bounded(str(error.__cause__ or error))}", transient=True
    )


def _refusal(error: openai.APIStatusError) -> RequestFailure:
    status, words = error.status_code, _bounded(error.response.text)
    if status == 429:
        message = "The model server is busy or its quota is used up (429)."
        return RequestFailure("busy", message, transient=True, asked_wait_s=_retry_after(error))
    if status >= 500:
        message = f"The model server failed ({status}): {words}"
        return RequestFailure("busy", message, transient=True, asked_wait_s=_retry_after(error), complaint=words)
    if status in {401, 403}:
        return RequestFailure("unavailable", f"The model server refused the key ({status}).", transient=False)
    if status == 404:
        message = f"The model server has no such model or address (404): {words}"
        return RequestFailure("unavailable", message, transient=False)
    message = f"The model server refused the request ({status}): {words}"
    return RequestFailure("refused", message, transient=status in {408, 409}, complaint=words)


def _retry_after(error: openai.APIStatusError) -> float | None:
    """Seconds from the Retry-After header, `LONGEST_WAIT_S` at most; a date counts from the answer's own date."""
    headers = error.response.headers
    asked = headers.get("retry-after", "")
    try:
        wait_s = float(asked)
    except ValueError:
        wait_s = _seconds_until(asked, headers.get("date", ""))
    return None if math.isnan(wait_s) else min(max(0.0, wait_s), LONGEST_WAIT_S)


def _seconds_until(date: str, now: str) -> float:
    """Not a number where one of the dates is none, or lies beyond all time."""
    try:
        return (parsedate_to_datetime(date) - parsedate_to_datetime(now)).total_seconds()
    except (ValueError, TypeError, OverflowError):
        return math.nan


def _bounded(text: str) -> str:
    return redact(text[:_LONGEST_COMPLAINT]).strip()
