"""`sigma publish` and `sigma exchange` refuse bad input by its fields, and store nothing but the refusal."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from fakes.command import Command
from fakes.fingerprint import fingerprint

from sigma_core.database import Database

MIXED_UP = {"decision": True, "success": 1, "learning": "\0", "context": "\ud800"}
DEEP = '{"context": ' + '{"a": ' * 3000 + "1" + "}" * 3001
PUBLISH: list[tuple[list[str | bytes], set[str]]] = [
    (
        ["risk_pattern", "--source", "nobody", "--payload", "[]", "--urgency", "soon", "--to", "ann,"],
        {"source", "payload", "urgency", "targets"},
    ),
    (["gossip", "--source", "operator", "--payload", "not json"], {"type"}),
    (
        ["risk_pattern", "--source", "operator", "--payload", '{"confidence": NaN, "severity": 1e999, "more": true}'],
        {"pattern", "severity", "confidence", "context", "more"},
    ),
    (["risk_pattern", "--source", "operator", "--payload", DEEP], {"payload"}),
    (
        ["decision_outcome", "--source", "operator", "--payload", json.dumps(MIXED_UP)],
        {"decision", "success", "learning", "context"},
    ),
]


@pytest.fixture(scope="module")
def sigma(tmp_path_factory: pytest.TempPathFactory, new_home: Callable[[Path], Path]) -> Command:
    return Command(new_home(tmp_path_factory.mktemp("refusals") / "home"))


def test_bad_input_on_the_command_line_is_refused_by_its_fields(sigma: Command) -> None:
    [file] = Path(sigma.home).glob("*.db")
    database = Database(f"sqlite:///{file}")
    before = fingerprint(database, leaving_out="knowledge_validation")
    for words, fields in PUBLISH:
        complaint = sigma("publish", *words, "--json", code=2).complaint
        assert set(complaint["fields"]) == fields
    assert set(sigma("receive", "think", "--limit", "0", "--json", code=2).complaint["fields"]) == {"limit"}
    settled = sigma("exchange", "conflicts", "--overturn", "9" * 18, "--reason", "why", "--json", code=3)
    assert settled.complaint["error"]
    after = fingerprint(database)
    entries = after.pop("knowledge_validation")[0]
    assert after == before
    assert entries == len(PUBLISH)
    database.dispose()
