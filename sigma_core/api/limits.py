"""How much one caller may ask: bytes a request, requests a second."""

import time
from collections import OrderedDict
from threading import Lock

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sigma_core.api.access import Access, Unauthorized, bearer
from sigma_core.api.problems import problem

LONGEST_BODY = 4 * 1024 * 1024
MOST_CALLERS = 10_000
REQUESTS_PER_S = 100.0
"""Of one caller."""


class TokenBucket:
    """So many requests a second, twice as many at once."""

    def __init__(self, per_s: float) -> None:
        self._per_s, self._size = per_s, max(1.0, 2 * per_s)
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._lock = Lock()

    def take(self, caller: str, now: float) -> float:
        """0, or the seconds after which there is room for a request."""
        with self._lock:
            left, at = self._left.pop(caller, (self._size, now))
            left = min(self._size, left + (now - at) * self._per_s)
            granted = left >= 1
            self._left[caller] = (left - 1 if granted else left, now)
            if len(self._left) > MOST_CALLERS:
                self._left.popitem(last=False)
        return 0.0 if granted else (1 - left) / self._per_s


class RequestLimits:
    """ASGI middleware: refuses what is too long (413) or too much (429) before anything reads it."""

    def __init__(self, app: ASGIApp, access: Access, per_s: float = REQUESTS_PER_S) -> None:
        self._app, self._access, self._bucket = app, access, TokenBucket(per_s)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if (wait_s := self._bucket.take(self._caller(scope), time.monotonic())) > 0:
            headers = {"Retry-After": str(max(1, round(wait_s)))}
            answer = problem(429, "Too many requests", "There were too many requests.", headers=headers)
            await answer(scope, receive, send)
            return
        body = await _body(receive)
        if body is None:
            answer = problem(413, "The request is too long", f"A request may hold {LONGEST_BODY // 2**20} MiB.")
            await answer(scope, receive, send)
            return
        await self._app(scope, told_again({"type": "http.request", "body": body, "more_body": False}, receive), send)

    def _caller(self, scope: Scope) -> str:
        """The token's name. A secret that is wrong names nobody: who tries many counts as one, by the address."""
        given = next((value for name, value in scope["headers"] if name == b"authorization"), b"")
        try:
            known = None if self._access.is_open else self._access.caller(bearer(given.decode("latin-1")))
        except Unauthorized:
            known = None
        return known.name if known else (scope.get("client") or ("?",))[0]


async def _body(receive: Receive) -> bytes | None:
    """All of it; None where it is too long."""
    parts: list[bytes] = []
    length = 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return b"".join(parts)
        parts.append(message.get("body", b""))
        length += len(parts[-1])
        if length > LONGEST_BODY:
            return None
        if not message.get("more_body", False):
            return b"".join(parts)


def told_again(first: Message, receive: Receive) -> Receive:
    """A channel that tells once more what was taken from `receive`, and then what comes from there."""
    told = False

    async def receiving() -> Message:
        nonlocal told
        if told:
            return await receive()
        told = True
        return first

    return receiving
