"""Addresses with passwords and keys in them are told by no command, no log and no traceback."""

from pathlib import Path

import pytest
from fakes.checkout import Checkout
from fakes.command import UNATTACKED, Command

SECRETS = ("hushuser", "hushword", "hushkey")
MODEL = "http://hushuser:hushword@127.0.0.1:9/v1?api_key=hushkey"
GRAPH = {
    "SIGMA_GRAPH_URL": "bolt://127.0.0.1:9",
    "SIGMA_GRAPH_USER": "me",
    "SIGMA_GRAPH_PASSWORD": "hushword",
}
DATABASE = "postgresql://me:hushword@127.0.0.1:9/sigma?password=hushkey"


def told(home: Path) -> str:
    """All that is in the home's logs."""
    return "".join(file.read_text(errors="replace") for file in (home / "logs").glob("*"))


def test_a_model_server_and_a_graph_that_are_away_are_told_without_their_secrets(home: Path, tmp_path: Path) -> None:
    settings = {"OPENAI_BASE_URL": MODEL, "SIGMA_MODEL": "m", "SIGMA_LOG_LEVEL": "DEBUG", **GRAPH}
    sigma = Command(home, **settings, **UNATTACKED)
    sigma("project", "add", Checkout(tmp_path / "shop", {"calc.py": "def f(a):\n    return a == None\n"}).path)
    sigma("project", "permit", "shop", "--model")
    commands = [
        ("doctor",),
        ("doctor", "--json"),
        ("run", "--worker", "analysis"),
        ("run", "--worker", "dream"),
        ("status", "--json"),
        ("graph", "stats"),
        ("graph", "rebuild"),
        ("usage", "--by", "model", "--json"),
        ("prompt", "test", "run", "dream/error_fix"),
    ]
    for words in commands:
        answer = sigma(*words, code=None)
        said = answer.out + answer.err
        assert [secret for secret in SECRETS if secret in said] == [], words
    kept = told(home) + "".join(map(str, (home / "sigma.db").read_bytes().split(b"\0")))
    assert [secret for secret in SECRETS if secret in kept] == []


@pytest.mark.parametrize("command", ["doctor", "status", "init"])
def test_a_database_that_is_away_is_told_without_its_password(tmp_path: Path, command: str) -> None:
    sigma = Command(tmp_path / "home", SIGMA_DATABASE_URL=DATABASE, **UNATTACKED)
    answer = sigma(command, code=1)
    assert "127.0.0.1" in answer.err
    assert [secret for secret in SECRETS if secret in answer.out + answer.err] == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SIGMA_DATABASE_URL", "postgresql://me:hush/word@127.0.0.1:port/sigma"),
        ("SIGMA_GRAPH_URL", "bolt://hushuser:hushword@127.0.0.1:port"),
        ("OPENAI_BASE_URL", "http://hushuser:hushword@127.0.0.1:port/v1"),
        ("SIGMA_MODELS", '{"m": {"model": "m", "base_url": "http://hushuser:hushword@[/v1", "api_key": "hushkey"}}'),
    ],
)
def test_an_address_that_cannot_be_read_is_refused_without_its_secrets(tmp_path: Path, name: str, value: str) -> None:
    refused = Command(tmp_path / "home", **{name: value})("status", code=2)
    assert name in refused.err
    assert "hush" not in refused.out + refused.err
