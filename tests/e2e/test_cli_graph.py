"""`sigma graph` as its users meet it."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from fakes.checkout import Checkout
from fakes.command import Command

from sigma_core.graph.server import EmbeddedServer

FACTS = (
    {
        "subject": "module a",
        "predicate": "CALLS",
        "object": "module b",
        "fact": "a calls b",
        "valid_at": "2026-01-01T00:00:00+00:00",
    },
    {
        "subject": 'it\'s "b"\\',
        "predicate": "IS",
        "object": "}) DETACH DELETE n //",
        "fact": "odd ‘names’ {are} fine",
        "valid_at": "2026-01-01T00:00:00+00:00",
        "invalid_at": "2026-02-01T00:00:00+00:00",
    },
    {"text": "the words of a person", "at": "2026-01-03T00:00:00+00:00"},
)
PATIENCE_S = 120


@pytest.fixture
def sigma(home: Path) -> Iterator[Command]:
    yield Command(home)
    EmbeddedServer(home).stop()


def lines(*documents: object) -> bytes:
    return "".join(f"{json.dumps(each)}\n" for each in documents).encode()


def test_what_is_imported_is_held_when_the_command_returns_and_goes_out_as_it_came_in(
    sigma: Command, tmp_path: Path
) -> None:
    (tmp_path / "facts.jsonl").write_bytes(lines(*FACTS))
    done = sigma.json("graph", "import", tmp_path / "facts.jsonl")
    assert done == {"imported": 3, "known": 0, "entities": 4, "edges": 2, "episodes": 3}
    out = [json.loads(each) for each in sigma("graph", "export").out.splitlines()]
    assert sorted(out, key=str) == sorted(FACTS, key=str)
    assert sigma.json("graph", "import", "-", stdin=lines(*out))["imported"] == 0
    rebuilt = sigma.json("graph", "rebuild")
    assert rebuilt == sigma.json("graph", "rebuild")
    held = sigma.json("graph", "stats")
    assert (held["entities"], held["edges"], held["ended"], held["episodes"]) == (4, 2, 1, 3)
    assert (held["waiting"], held["set_aside"], held["lag_s"]) == (0, 0, None)


def test_a_wrong_line_is_named_and_nothing_of_the_file_is_taken_in(sigma: Command) -> None:
    said = sigma.refused(2, "graph", "import", "-", stdin=lines(FACTS[0], {"subject": "alone"}))
    assert "line 2.predicate" in said
    assert sigma.json("graph", "stats")["edges"] == 0
    assert "no project" in sigma.refused(3, "graph", "import", "-", stdin=lines({**FACTS[0], "project": "x"})).lower()
    sigma.refused(3, "graph", "import", "nowhere.jsonl")


def test_status_tells_what_the_graph_has_lost_and_a_cycle_writes_it_again(
    sigma: Command, home: Path, tmp_path: Path
) -> None:
    sigma("graph", "import", "-", stdin=lines(*FACTS))
    assert sigma.json("status")["totals"]["graph_lost"] == 0
    assert EmbeddedServer(home).stop(PATIENCE_S)
    shutil.rmtree(home / "graph")
    assert sigma.json("status")["totals"]["graph_lost"] == 3
    assert "The graph has lost 3 things it was told" in sigma("status").out
    sigma("project", "add", Checkout(tmp_path / "shop", {"calc.py": "x = 1\n"}).path)
    sigma("run", "--worker", "analysis")
    assert sigma.json("status")["totals"]["graph_lost"] == 0
    assert sigma.json("graph", "stats")["edges"] >= 2
