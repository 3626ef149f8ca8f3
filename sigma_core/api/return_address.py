"""Where people go on after they have signed in: to the page whose link they followed.

Streamlit sends everybody to the console's own address then. What they came for is kept in a cookie, for the way to the
provider and back alone, and only a path of this console counts: no link of a stranger leads elsewhere.
"""

import re
from collections.abc import MutableMapping
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from sigma_core.api.gate import Application, Message, Receive, Scope, Send
from sigma_core.runtime.sign_in import CALLBACK

COOKIE = "sigma_return"
LOGIN = "/auth/login"
LASTS_S = 900
"""How long somebody may take at the provider."""
_PLACE = re.compile(r"/(?![/\\])[!-\[\]-~]{0,2000}")
"""A path with its query: neither another host's nor with characters that addresses may not have."""


class ReturnAddress:
    """ASGI middleware around the two addresses of a sign-in."""

    def __init__(self, app: Application) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One connection."""
        path = scope.get("path")
        if path == LOGIN:
            send = _keeping(send, _came_from(scope))
        elif path == f"/{CALLBACK}":
            send = _going_on(send, _kept(scope))
        await self._app(scope, receive, send)


def _keeping(send: Send, place: str | None) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start" and place is not None:
            _add(message, f"{COOKIE}={quote(place, safe='')}; Max-Age={LASTS_S}")
        await send(message)

    return sending


def _going_on(send: Send, place: str | None) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start" and place is not None:
            location = place.encode("latin-1")
            message["headers"] = [
                (key, location if key == b"location" and value == b"/" else value)
                for key, value in message.get("headers", ())
            ]
            _add(message, f"{COOKIE}=; Max-Age=0")
        await send(message)

    return sending


def _add(message: MutableMapping[str, Any], cookie: str) -> None:
    whole = f"{cookie}; Path=/{CALLBACK}; HttpOnly; SameSite=Lax"
    message["headers"] = [*message.get("headers", ()), (b"set-cookie", whole.encode("latin-1"))]


def _came_from(scope: Scope) -> str | None:
    """The page on which somebody asked to sign in, where it is one of this console's."""
    said = _header(scope, b"referer")
    try:
        parts = urlsplit(said)
    except ValueError:
        return None
    if not parts.netloc or parts.netloc.lower() != _header(scope, b"host").lower():
        return None
    return _place(parts._replace(scheme="", netloc="", fragment="").geturl())


def _kept(scope: Scope) -> str | None:
    cookies: SimpleCookie = SimpleCookie()
    try:
        cookies.load(_header(scope, b"cookie"))
    except CookieError:
        return None
    return _place(unquote(cookies[COOKIE].value)) if COOKIE in cookies else None


def _place(said: str) -> str | None:
    return said if said != "/" and _PLACE.fullmatch(said) else None


def _header(scope: Scope, name: bytes) -> str:
    return next((value.decode("latin-1") for key, value in scope["headers"] if key == name), "")
