"""Writes that are asked for twice under one ``Idempotency-Key`` happen once.

A client that lost the answer sends the request again: it gets the answer that was given.
"""

import hashlib
from collections.abc import Callable

from anyio import to_thread
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sigma_core.api.access import Access, Unauthorized, bearer
from sigma_core.api.limits import told_again
from sigma_core.api.problems import problem
from sigma_core.errors import Conflict, Invalid, SigmaError
from sigma_core.runtime.idempotency import IdempotencyStore, KeptAnswer
from sigma_core.runtime.system import System

LONGEST_ANSWER = 256 * 1024
HEADER = b"idempotency-key"
_KEYED = ("POST", "PUT")


class Idempotency:
    """ASGI middleware around the routes: carries out keyed writes once."""

    def __init__(self, app: ASGIApp, system: Callable[[], System], access: Access) -> None:
        self._app, self._system, self._access = app, system, access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        headers = dict(scope["headers"]) if scope["type"] == "http" else {}
        if HEADER not in headers or scope["method"] not in _KEYED:
            await self._app(scope, receive, send)
            return
        key = headers[HEADER].decode("latin-1")
        if not (1 <= len(key) <= 200 and key.isascii() and key.isprintable()):
            await _refused(Invalid({"Idempotency-Key": "1 to 200 printable ASCII characters"}))(scope, receive, send)
            return
        try:
            caller = self._access.caller(bearer(headers.get(b"authorization", b"").decode("latin-1"))).name
        except Unauthorized:
            # Answered as any request without a valid token
            await self._app(scope, receive, send)
            return
        await self._once(caller, key, scope, receive, send)

    async def _once(self, caller: str, key: str, scope: Scope, receive: Receive, send: Send) -> None:
        message = await receive()
        body: bytes = message.get("body", b"")
        digest = hashlib.sha256(b"\0".join((scope["method"].encode(), scope["path"].encode(), body))).hexdigest()
        system = await to_thread.run_sync(self._system)
        store = IdempotencyStore(system.database, system.clock)
        try:
            known = await to_thread.run_sync(store.begin, caller, key, digest)
        except SigmaError as error:
            await _refused(error)(scope, receive, send)
            return
        if known is not None:
            replayed = {"Idempotency-Replayed": "true"}
            await Response(known.body, known.status, replayed, known.media_type)(scope, receive, send)
            return
        answered = _Recorder(send)
        try:
            await self._app(scope, told_again(message, receive), answered)
        finally:
            answer = answered.answer()
            if answer is None:
                await to_thread.run_sync(store.forget, caller, key)
            else:
                await to_thread.run_sync(store.finish, caller, key, answer)


class _Recorder:
    """Passes an answer on and remembers it."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._status, self._media_type, self._body, self._whole = 0, "application/json", b"", False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._status = message["status"]
            self._media_type = dict(message["headers"]).get(b"content-type", b"application/json").decode("latin-1")
        elif message["type"] == "http.response.body":
            self._body += message.get("body", b"")
            self._whole = not message.get("more_body", False)
        await self._send(message)

    def answer(self) -> KeptAnswer | None:
        """What is worth keeping: not a failure of ours, nor what a second try may mend."""
        kept = self._whole and 200 <= self._status < 300 and len(self._body) <= LONGEST_ANSWER
        return KeptAnswer(self._status, self._body, self._media_type[:100]) if kept else None


def _refused(error: SigmaError) -> Response:
    if isinstance(error, Invalid):
        return problem(422, "The request is wrong", str(error), error.fields)
    status, title = (409, "It is not as it was") if isinstance(error, Conflict) else (503, "A part cannot be reached")
    return problem(status, title, str(error))
