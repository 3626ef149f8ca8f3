"""Vectors by a model server that speaks OpenAI's embeddings: each request one usage row, within the budgets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import httpx2
from pydantic import SecretStr

from sigma_core.errors import BudgetExceeded, Unavailable
from sigma_core.llm.embeddings_answer import Embeddings
from sigma_core.llm.errors import CallFailed
from sigma_core.llm.meter import Meter
from sigma_core.llm.model import ChatMessage, Rendered
from sigma_core.llm.server_client import ServerClient
from sigma_core.llm.usage import Call, Tally

if TYPE_CHECKING:
    import numpy as np
    from openai import AsyncOpenAI

    Matrix = np.ndarray[tuple[int, int], np.dtype[np.float32]]
else:
    Matrix = Any

WORKER, PROMPT = "recall", "recall/embedding"
"""Whose calls they are, in usage and budgets."""
LONGEST = 6000
"""Characters of a text that are sent: what models of embeddings take in at least."""
AT_ONCE = 64


class RemoteEmbedder:
    """Embeds by one model of one server. `timeout_s` bounds each request.

    Texts leave this machine: whoever hands them in has to see that they may.
    """

    remote = True
    floor = 0.0
    """What unrelated texts have in common differs from model to model, and is not known of this one."""

    def __init__(
        self, model: str, meter: Meter, *, api_key: SecretStr | None, base_url: str | None, timeout_s: float
    ) -> None:
        self.name, self.model_id = model, f"openai:{model}"[:120]
        self._meter = meter
        self._client, self._timeout_s = ServerClient(api_key=api_key, base_url=base_url), timeout_s
        self._dim: int | None = None

    @property
    def dim(self) -> int:
        """As the server's first answer has it. Raises `Unavailable`."""
        if self._dim is None:
            self.rows(["how many numbers a vector has"])
        return self._dim or 0

    def rows(self, texts: Sequence[str]) -> Matrix:
        """A unit row for each text. Raises `Unavailable`."""
        import numpy as np

        if not texts:
            return np.zeros((0, self.dim), np.float32)
        return np.concatenate(
            [self._embedded(texts[start : start + AT_ONCE]) for start in range(0, len(texts), AT_ONCE)]
        )

    def _embedded(self, texts: Sequence[str]) -> Matrix:
        sent = [text[:LONGEST] or " " for text in texts]
        asked = (ChatMessage("user", "\n".join(sent)),)
        call = Call(Rendered(PROMPT, "1", asked, {}, {"texts": len(sent)}, max_output_tokens=0), WORKER, None, None)
        try:
            with self._meter.measured(call, self, call_s=self._timeout_s, named=_other, operation="embeddings") as (
                _,
                tally,
            ):
                return self._request_vectors(sent, tally)
        except (CallFailed, BudgetExceeded, Unavailable) as error:
            raise Unavailable(f"{self.name} makes no vectors: {error}") from error

    def _request_vectors(self, texts: Sequence[str], tally: Tally) -> Matrix:
        import openai

        from sigma_core.llm.error_policy import TOO_SLOW, described

        tally.attempts = 1
        try:
            answer = Embeddings.read(self._client.call(lambda client: self._sent(client, texts), self._timeout_s))
        except TimeoutError as error:
            raise TOO_SLOW.error(1) from error
        except (openai.OpenAIError, httpx2.InvalidURL) as error:
            raise described(error).error(1) from error
        except ValueError as error:
            raise _no_vectors() from error
        rows = _rows(answer, len(texts), self._dim)
        if answer.input_tokens is not None:
            tally.input_tokens, tally.output_tokens = answer.input_tokens, 0
        self._dim = rows.shape[1]
        return rows

    async def _sent(self, client: AsyncOpenAI, texts: Sequence[str]) -> bytes:
        ask = client.embeddings.with_raw_response.create
        content: bytes = (await ask(model=self.name, input=list(texts), encoding_format="float")).content
        return content


def _other(name: str) -> RemoteEmbedder:
    raise Unavailable(f"a budget gives its calls to {name}, which makes others.")


def _rows(answer: Embeddings, count: int, dim: int | None) -> Matrix:
    """Unit rows in the order of the texts. Raises `Unavailable` for an answer that is no such thing."""
    import numpy as np

    try:
        with np.errstate(over="ignore"):
            rows = np.array(answer.vectors, np.float32)
    except (ValueError, OverflowError):
        raise _no_vectors() from None
    fits = rows.ndim == 2 and rows.shape[0] == count and rows.shape[1] > 0
    if not fits or not np.isfinite(rows).all() or dim not in (None, rows.shape[1]):
        raise _no_vectors()
    norms = np.linalg.norm(rows, axis=1, keepdims=True)
    unit: Matrix = (rows / np.where(norms > 0, norms, 1)).astype(np.float32)
    return unit


def _no_vectors() -> Unavailable:
    return Unavailable("the server's answer is not one vector for each text")
