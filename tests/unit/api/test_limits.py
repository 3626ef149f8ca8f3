"""How much one caller may ask, and who counts as one."""

import asyncio

import pytest
from pydantic import SecretStr
from starlette.types import Message, Receive, Scope, Send

from sigma_core.api.access import Access, tokens_of
from sigma_core.api.limits import RequestLimits

OPERATOR = "operator-secret-0123456789"


async def answers(_scope: Scope, _receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b""})


def status(limits: RequestLimits, authorization: str) -> int:
    """Of one request from one address."""
    told: list[int] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            told.append(message["status"])

    headers = [(b"authorization", authorization.encode())]
    asyncio.run(limits({"type": "http", "headers": headers, "client": ("192.0.2.7", 5)}, receive, send))
    return told[0]


@pytest.mark.parametrize("given", ["ci:operator:" + OPERATOR, None])
def test_whoever_tries_many_secrets_is_one_caller(given: str | None) -> None:
    limits = RequestLimits(answers, Access(tokens_of(SecretStr(given) if given else None)), per_s=0.001)
    tried = [status(limits, f"Bearer guess-{number:020}") for number in range(5)]
    assert (tried[0], set(tried[2:])) == (200, {429})


def test_a_token_that_was_given_out_is_a_caller_of_its_own() -> None:
    limits = RequestLimits(answers, Access(tokens_of(SecretStr(f"ci:operator:{OPERATOR}"))), per_s=0.001)
    for number in range(5):
        status(limits, f"Bearer guess-{number:020}")
    assert status(limits, f"Bearer {OPERATOR}") == 200
