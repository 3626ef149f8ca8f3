"""What the gate does where people sign in, asked without a server."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from sigma_core.api.access import Unauthorized, access_of
from sigma_core.api.gate import HostGate, names_of
from sigma_core.runtime.sign_in import sign_in_of
from sigma_core.settings import Settings


def settings(public_url: str | None, **given: Any) -> Settings:
    return Settings(
        home=Path("/nowhere"),
        oidc_issuer=SecretStr("https://login.example.org"),
        oidc_client_id="console",
        oidc_client_secret=SecretStr("secret"),
        oidc_viewers="all",
        public_url=SecretStr(public_url) if public_url else None,
        **given,
    )


def answer(public_url: str | None, host: str, server: str = "192.0.2.7") -> tuple[int, list[bytes]]:
    """Status, and the cookies that were set."""

    async def app(_scope: Any, _receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"set-cookie", b"a=b; HttpOnly")]})

    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    given = settings(public_url)
    gate = HostGate(app, names_of(given), sign_in=sign_in_of(given))
    scope = {"type": "http", "server": (server, 8501), "headers": [(b"host", host.encode())]}
    asyncio.run(gate(scope, send, send))
    return sent[0]["status"], [value for name, value in sent[0]["headers"] if name == b"set-cookie"]


@pytest.mark.parametrize(
    ("public_url", "host", "status"),
    [
        ("https://sigma.example.org", "sigma.example.org", 200),
        ("https://sigma.example.org:8443", "sigma.example.org:8443", 200),
        ("https://sigma.example.org", "evil.example.org", 403),
        ("http://[::1]", "[::1]:8501", 200),
        (None, "127.0.0.1:8501", 200),
        (None, "192.0.2.7:8501", 403),
    ],
)
def test_others_reach_it_by_its_public_name_alone(public_url: str | None, host: str, status: int) -> None:
    assert answer(public_url, host)[0] == status


def test_cookies_go_over_tls_alone_where_pages_do() -> None:
    assert answer("https://sigma.example.org", "localhost")[1] == [b"a=b; HttpOnly; Secure"]
    assert answer("http://localhost:8501", "localhost")[1] == [b"a=b; HttpOnly"]


def test_no_call_passes_without_a_token_where_people_sign_in() -> None:
    with pytest.raises(Unauthorized):
        access_of(settings(None)).caller(None)
    assert access_of(Settings(home=Path("/nowhere"))).caller(None).role == "operator"
