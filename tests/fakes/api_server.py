"""A real `sigma serve` on a home, and calls to it."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
from fakes.command import Command

OPERATOR, VIEWER = "operator-secret-0123456789", "viewer-secret-0123456789"
TOKENS = f"ci:operator:{OPERATOR},board:viewer:{VIEWER}"


@contextmanager
def api_server(home: Path, **settings: str) -> Iterator[str]:
    """Its address, until the end of the block; it ends in good order then."""
    process = Command(home, **{"SIGMA_API_TOKEN": TOKENS, **settings}).start("serve", "--json")
    assert process.stdout is not None
    try:
        told = process.stdout.readline()
        assert told, process.communicate()[1].decode()
        yield json.loads(told)["url"].removesuffix("/api")
        process.terminate()
        _, said = process.communicate(timeout=120)
        assert (process.returncode, said) == (0, b""), said.decode()
    finally:
        process.kill()
        process.communicate()


def client(url: str, token: str | None = OPERATOR) -> httpx.Client:
    """Calls in a token's name; without one, in nobody's."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return httpx.Client(base_url=url, headers=headers, timeout=120, trust_env=False)
