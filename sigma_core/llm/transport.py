"""The HTTP client of the model server: bounded in size and in time, whatever the server sends."""

import time
from collections.abc import Iterator
from typing import Any

import httpx2

CONNECT_S = 5.0
MAX_ANSWER_BYTES = 4 * 1024 * 1024


class AnswerTooLarge(httpx2.ReadError):
    """The server sent more than `MAX_ANSWER_BYTES`, or something packed that cannot be measured."""


class _Bounded(httpx2.SyncByteStream):
    """Ends a body that grows too large, or that trickles in past the request's read timeout."""

    def __init__(self, stream: httpx2.SyncByteStream, timeout_s: float) -> None:
        self._stream = stream
        self._timeout_s = timeout_s

    def __iter__(self) -> Iterator[bytes]:
        size, ends = 0, time.monotonic() + self._timeout_s
        for chunk in self._stream:
            size += len(chunk)
            if size > MAX_ANSWER_BYTES:
                raise AnswerTooLarge("too large")
            if time.monotonic() > ends:
                raise httpx2.ReadTimeout("the answer trickles in too slowly")
            yield chunk

    def close(self) -> None:
        self._stream.close()


def _bound(response: httpx2.Response) -> None:
    if response.headers.get("content-encoding", "identity") != "identity":
        raise AnswerTooLarge("packed")
    if isinstance(response.stream, httpx2.SyncByteStream):
        response.stream = _Bounded(response.stream, response.request.extensions["timeout"]["read"])


def bounded_client(**options: Any) -> httpx2.Client:  # noqa: ANN401 (handed on to the client as they are)
    """A client that honours the environment's proxies and certificates and never reads an unbounded answer."""
    return httpx2.Client(headers={"accept-encoding": "identity"}, event_hooks={"response": [_bound]}, **options)


def timeout(remaining_s: float) -> httpx2.Timeout:
    """Waits of one request: `CONNECT_S` to connect, what is left for the rest."""
    return httpx2.Timeout(remaining_s, connect=min(CONNECT_S, remaining_s))
