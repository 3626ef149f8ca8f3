"""Who may speak to console and API: this machine, by a name it is known by, from pages of its own.

A stranger's page cannot read what another origin answers, but its name may be made to point here while it is open (DNS
rebinding): then only the name in `Host` tells it from a page of ours. `Origin` tells pages of other ports apart.
"""

import re
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import urlsplit

from sigma_core.runtime.address import is_loopback
from sigma_core.runtime.sign_in import SignIn
from sigma_core.settings import Settings

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

ALWAYS = ("localhost", "127.0.0.1", "[::1]")
UNFRAMED = ((b"content-security-policy", b"frame-ancestors 'none'"), (b"x-frame-options", b"DENY"))
_HOST = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(:[0-9]{1,5})?")
_POLICY_VIOLATION = 1008
_SAID = b"SIGMA does not answer here. Further names it is reached by are set with SIGMA_ALLOWED_HOSTS.\n"


class HostGate:
    """ASGI middleware: refuses strangers over HTTP and WebSocket, and lets no page put the console in a frame."""

    def __init__(
        self, app: Application, names: frozenset[str], *, beyond: bool = False, sign_in: SignIn | None = None
    ) -> None:
        """`beyond`: other machines may speak too, for each call shows a token. `sign_in`: so does each person."""
        self._app, self._beyond = app, beyond or sign_in is not None
        public = urlsplit(sign_in.public_url) if sign_in else None
        self._names = names | {_as_host(public.hostname or "")} if public else names
        self._secure = public is not None and public.scheme == "https"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One connection."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif self._admits(scope):
            await self._app(scope, receive, _dressed(send, secure=self._secure))
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": _POLICY_VIOLATION})
        else:
            await _refuse(_dressed(send, secure=self._secure))

    def _admits(self, scope: Scope) -> bool:
        here = (scope.get("server") or ("127.0.0.1",))[0]
        hosts, origins = _headers(scope, b"host"), _headers(scope, b"origin")
        if not (self._beyond or is_loopback(here)) or len(hosts) != 1 or len(origins) > 1:
            return False
        named = _HOST.fullmatch(hosts[0])
        known = named is not None and named[1] in self._names
        return known and all(origin in (f"http://{hosts[0]}", f"https://{hosts[0]}") for origin in origins)


def names_of(settings: Settings) -> frozenset[str]:
    """By which names the console is known, as `Host` says them without a port."""
    further = (settings.host, *(settings.allowed_hosts or "").split(","))
    return frozenset({*ALWAYS, *(name for each in further if (name := each.strip().lower()))})


def _as_host(name: str) -> str:
    return f"[{name}]" if ":" in name else name


def _headers(scope: Scope, name: bytes) -> list[str]:
    return [value.decode("latin-1").lower() for key, value in scope["headers"] if key == name]


def _dressed(send: Send, *, secure: bool) -> Send:
    """Without frames; and where pages come over TLS alone, cookies go over nothing else."""

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            given = message.get("headers", ())
            kept = [(key, value + b"; Secure" if secure and key == b"set-cookie" else value) for key, value in given]
            message["headers"] = [*kept, *UNFRAMED]
        await send(message)

    return sending


async def _refuse(send: Send) -> None:
    kind = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", str(len(_SAID)).encode())]
    await send({"type": "http.response.start", "status": 403, "headers": kind})
    await send({"type": "http.response.body", "body": _SAID})
