"""Any model server that speaks OpenAI's chat completions."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from random import Random
from typing import TYPE_CHECKING

from pydantic import SecretStr, ValidationError

from sigma_core.llm.completion import Completion
from sigma_core.llm.dialect import Dialect
from sigma_core.llm.errors import ModelBusy
from sigma_core.llm.model import ModelAnswer, ModelRequest

if TYPE_CHECKING:
    from openai import OpenAI

    from sigma_core.llm.failures import Failure

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
        self._api_key = api_key
        self._base_url = base_url
        self._timeout_s = timeout_s
        self._retries = retries
        self._random = random or Random()  # noqa: S311 (jitter, not a secret)
        self._sleep = sleep
        self._slots = threading.BoundedSemaphore(concurrency)
        self._dialect = Dialect()
        self._opening = threading.Lock()
        self._client: OpenAI | None = None

    def complete(self, request: ModelRequest) -> ModelAnswer:
        """The model's answer. Raises `CallFailed`: unavailable, busy or refused."""
        started = time.monotonic()
        ends = started + request.deadline_s
        with self._slot(ends):
            reply, attempts = self._ask(request, ends)
        return reply.answer(self.name, latency_ms=round((time.monotonic() - started) * 1000), attempts=attempts)

    def close(self) -> None:
        """Close the connections. The next call opens new ones."""
        with self._opening:
            if self._client is not None:
                self._client.close()
                self._client = None

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

    def _request(self, dialect: Dialect, request: ModelRequest, ends: float) -> "Completion | Failure":
        import httpx2
        import openai

        from sigma_core.llm.failures import NO_COMPLETION, OUT_OF_TIME, described
        from sigma_core.llm.transport import timeout

        remaining_s = min(self._timeout_s, ends - time.monotonic())
        if remaining_s <= 0:
            return OUT_OF_TIME
        try:
            response = self._opened().chat.completions.with_raw_response.create(
                **dialect.body(self._served_as, request), timeout=timeout(remaining_s)
            )
            return Completion.model_validate_json(response.content)
        except (openai.OpenAIError, httpx2.InvalidURL) as error:
            return described(error)
        except ValidationError:
            return NO_COMPLETION

    def _wait_s(self, failure: "Failure", retried: int) -> float:
        if failure.asked_wait_s is not None:
            return failure.asked_wait_s
        longest = min(_LONGEST_WAIT_S, _FIRST_WAIT_S * 2**retried)
        return self._random.uniform(longest / 2, longest)

    def _opened(self) -> "OpenAI":
        """The client, made at the first call: importing it costs a second of start-up."""
        with self._opening:
            if self._client is None:
                from openai import OpenAI

                from sigma_core.llm.transport import bounded_client

                # a local server needs no key, the client insists on one
                key = self._api_key.get_secret_value() if self._api_key else "unset"
                self._client = OpenAI(api_key=key, base_url=self._base_url, max_retries=0, http_client=bounded_client())
            return self._client
