"""The HTTP of a model server: bounded in size, whatever the server sends."""

from collections.abc import AsyncIterator

import httpx2

CONNECT_S = 5.0
MAX_ANSWER_BYTES = 4 * 1024 * 1024


class AnswerTooLarge(httpx2.ReadError):
    """The server sent more than `MAX_ANSWER_BYTES`, or something packed that cannot be measured."""


class _Bounded(httpx2.AsyncByteStream):
    """Ends a body that grows too large."""

    def __init__(self, stream: httpx2.AsyncByteStream) -> None:
        self._stream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        size = 0
        async for chunk in self._stream:
            size += len(chunk)
            if size > MAX_ANSWER_BYTES:
                raise AnswerTooLarge("too large")
            yield chunk

    async def aclose(self) -> None:
        await self._stream.aclose()


async def _bound(response: httpx2.Response) -> None:
    if response.headers.get("content-encoding", "identity") != "identity":
        raise AnswerTooLarge("packed")
    if isinstance(response.stream, httpx2.AsyncByteStream):
        response.stream = _Bounded(response.stream)


def bounded_client() -> httpx2.AsyncClient:
    """A client that honours the environment's proxies and certificates and never reads an unbounded answer."""
    return httpx2.AsyncClient(
        headers={"accept-encoding": "identity"},
        event_hooks={"response": [_bound]},
        # the call's deadline bounds everything else
        timeout=httpx2.Timeout(None, connect=CONNECT_S),
    )
