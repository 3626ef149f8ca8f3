"""Any model server that speaks OpenAI's chat completions."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from random import Random
from typing import TYPE_CHECKING, Any

from pydantic import SecretStr

from sigma_core.llm.completion import Completion
from sigma_core.llm.errors import ModelBusy
from sigma_core.llm.model import ModelAnswer, ModelRequest
from sigma_core.llm.server_capabilities import ServerCapabilities
from sigma_core.llm.server_client import ServerClient

if TYPE_CHECKING:
    from openai import AsyncOpenAI

    from sigma_core.llm.error_policy import RequestFailure

_FIRST_WAIT_S = 0.5
_LONGEST_WAIT_S = 20.0


class OpenAIModel:
    """Asks one model of one server, at most `concurrency` requests at a time, each at most `timeout_s` seconds.

    A request that fails for a passing reason is repeated up to `retries` times within the deadline. What the server
    does not understand (a schema, a parameter) is put in plainer words and remembered. `served_as` is what the server
    calls the model; unset: `name`.
    """

    remote = True

    def __init__(
        self,
        name: str,
        *,
        api_key: SecretStr | None,
        base_url: str | None,
        timeout_s: float,
        concurrency: int,
        served_as: str | None = None,
        retries: int = 2,
        random: Random | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.name = name
        self._served_as = served_as or name
        self._client = ServerClient(api_key=api_key, base_url=base_url)
        self._timeout_s = timeout_s
        self._retries = retries
        self._random = random or Random()  # noqa: S311 (jitter, not a secret)
        self._sleep = sleep
        self._slots = threading.BoundedSemaphore(concurrency)
        self._dialect = ServerCapabilities()

    def complete(self, request: ModelRequest) -> ModelAnswer:
        """The model's answer. Raises `CallFailed`: unavailable, busy or refused."""
        import openai  # noqa: F401 (loading it takes a second or more, which is not the server's)

        started = time.monotonic()
        ends = started + request.deadline_s
        with self._slot(ends):
            reply, attempts = self._ask(request, ends)
        return reply.answer(self.name, latency_ms=round((time.monotonic() - started) * 1000), attempts=attempts)

    def close(self) -> None:
        """Close the connections. The next call opens new ones."""
        self._client.close()

    @contextmanager
    def _slot(self, ends: float) -> Iterator[None]:
        if not self._slots.acquire(timeout=max(0.0, ends - time.monotonic())):
            raise ModelBusy("All model calls that may run at once are taken.", after_s=5, attempts=0)
        try:
            yield
        finally:
            self._slots.release()

    def _ask(self, request: ModelRequest, ends: float) -> tuple[Completion, int]:
        dialect, attempts, retried = self._dialect, 0, 0
        while True:
            attempts += 1
            outcome = self._request(dialect, request, ends)
            if isinstance(outcome, Completion):
                self._dialect = dialect
                return outcome, attempts
            plainer = dialect.conceding(outcome.complaint)
            if plainer is not None:
                dialect = plainer
                continue
            wait_s = self._wait_s(outcome, retried)
            if not outcome.transient or retried == self._retries or time.monotonic() + wait_s >= ends:
                raise outcome.error(attempts)
            retried += 1
            self._sleep(wait_s)

    def _request(
        self, dialect: ServerCapabilities, request: ModelRequest, ends: float
    ) -> "Completion | RequestFailure":
        import httpx2
        import openai

        from sigma_core.llm.error_policy import NO_COMPLETION, OUT_OF_TIME, TOO_SLOW, described

        remaining_s = min(self._timeout_s, ends - time.monotonic())
        if remaining_s <= 0:
            return OUT_OF_TIME
        body = dialect.body(self._served_as, request)
        try:
            return Completion.read(self._client.call(lambda client: _sent(client, body), remaining_s))
        except TimeoutError:
            return TOO_SLOW
        except (openai.OpenAIError, httpx2.InvalidURL) as error:
            return described(error)
        except ValueError:
            return NO_COMPLETION

    def _wait_s(self, failure: "RequestFailure", retried: int) -> float:
        if failure.asked_wait_s is not None:
            return failure.asked_wait_s
        longest = min(_LONGEST_WAIT_S, _FIRST_WAIT_S * 2**retried)
        return self._random.uniform(longest / 2, longest)


async def _sent(client: "AsyncOpenAI", body: Mapping[str, Any]) -> bytes:
    content: bytes = (await client.chat.completions.with_raw_response.create(**body)).content
    return content
