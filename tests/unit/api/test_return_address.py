"""Whoever signs in goes on where they came from, if that is a page of this console."""

import asyncio
from typing import Any

import pytest

from sigma_core.api.return_address import ReturnAddress

DEEP = "/proposals?proposal=12&q=a%20b"


def asked(path: str, *headers: tuple[bytes, bytes], location: bytes = b"/") -> dict[bytes, bytes]:
    """What is answered, by header."""
    sent: list[Any] = []

    async def app(_scope: Any, _receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 302, "headers": [(b"location", location)]})

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "path": path, "headers": [(b"host", b"sigma.example.org"), *headers]}
    asyncio.run(ReturnAddress(app)(scope, None, send))
    return dict(sent[0]["headers"])


def cookie_for(referer: str) -> bytes | None:
    return asked("/auth/login", (b"referer", referer.encode())).get(b"set-cookie")


def test_the_page_on_which_one_asks_to_sign_in_is_where_one_goes_on() -> None:
    cookie = cookie_for(f"https://Sigma.example.org{DEEP}#part")
    assert cookie is not None
    assert cookie.endswith(b"; Path=/oauth2callback; HttpOnly; SameSite=Lax")
    back = asked("/oauth2callback", (b"cookie", b"a=b; " + cookie.partition(b";")[0]))
    assert back[b"location"] == DEEP.encode()
    assert b"sigma_return=; Max-Age=0" in back[b"set-cookie"]


@pytest.mark.parametrize(
    "referer",
    [
        "https://evil.example/proposals",
        "https://sigma.example.org.evil.example/proposals",
        "https://sigma.example.org//evil.example/x",
        "https://sigma.example.org/\\evil.example",
        "https://sigma.example.org/",
        "https://[broken/proposals",
        "https://sigma.example.org/" + "x" * 2001,
        "",
    ],
)
def test_nobody_is_led_elsewhere(referer: str) -> None:
    assert cookie_for(referer) is None


@pytest.mark.parametrize("kept", [b"%2F%2Fevil.example", b"https%3A%2F%2Fevil.example", b"%2Fa%0D%0Ab", b"%2F%5Cevil"])
def test_a_cookie_that_somebody_else_set_leads_nowhere(kept: bytes) -> None:
    assert asked("/oauth2callback", (b"cookie", b"sigma_return=" + kept)) == {b"location": b"/"}


def test_only_the_way_to_the_console_itself_is_changed() -> None:
    cookie = (b"cookie", b"sigma_return=%2Fproposals")
    assert asked("/oauth2callback", cookie, location=b"/elsewhere")[b"location"] == b"/elsewhere"
    assert asked("/auth/logout", cookie)[b"location"] == b"/"
