"""`sigma graph` as its users meet it."""

import csv
import json
import shutil
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import igraph
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


ODD = {
    "subject": '=a,"b";<c>&\r\x0b',
    "predicate": "IS",
    "object": "ü 😀 ]]>",
    "fact": 'a "fact",\nof <two> lines\r',
    "valid_at": "2026-01-01T00:00:00+00:00",
}


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
    assert (
        "The graph lacks 3 of 3 things it was told; a scheduler or the next cycle has it written again."
        in sigma("status").out
    )
    sigma("project", "add", Checkout(tmp_path / "shop", {"calc.py": "x = 1\n"}).path)
    sigma("run", "--worker", "analysis")
    assert sigma.json("status")["totals"]["graph_lost"] == 0
    assert sigma.json("graph", "stats")["edges"] >= 2


def test_graphml_and_csv_are_read_back_by_others_whatever_names_hold(sigma: Command, tmp_path: Path) -> None:
    sigma.json("graph", "import", "-", stdin=lines(*FACTS, ODD))
    held = [json.loads(each) for each in sigma("graph", "export", "--format", "jsonl").out.splitlines()]
    said = {(each["subject"], each["object"]): each for each in held if "subject" in each}
    file = tmp_path / "graph.graphml"
    file.write_text(sigma("graph", "export", "--format", "graphml").out, newline="")
    read = igraph.Graph.Read_GraphML(str(file))
    assert (read.vcount(), read.ecount(), read.is_directed()) == (6, 3, True)
    xml = {edge["fact"]: (read.vs[edge.source]["name"], read.vs[edge.target]["name"]) for edge in read.es}
    # No XML may hold a vertical tab
    assert xml == {each["fact"]: tuple(name.replace("\x0b", "\ufffd") for name in ends) for ends, each in said.items()}
    assert {edge["certainty"] for edge in read.es} == {1.0}
    facts = list(csv.DictReader(StringIO(sigma("graph", "export", "--format", "csv").out, newline="")))
    assert {(each["subject"], each["object"]): each["fact"] for each in facts} == {
        ends: each["fact"] for ends, each in said.items()
    }
    ends = next(each["invalid_at"] for each in facts if each["invalid_at"])
    assert ends == "2026-02-01T00:00:00+00:00"
    table = sigma("graph", "export", "--format", "csv", "--table", "entities").out
    entities = {each["id"]: each["name"] for each in csv.DictReader(StringIO(table, newline=""))}
    assert all(entities[each["source"]] == each["subject"] for each in facts)


def test_an_export_is_of_one_project_where_that_is_named_and_no_document_of_another_format(
    sigma: Command, tmp_path: Path
) -> None:
    sigma.json("project", "add", Checkout(tmp_path / "app", {"calc.py": "A = 1\n"}).path, "--name", "app")
    sigma.json("graph", "import", "-", stdin=lines({**FACTS[0], "project": "app"}, ODD))
    out = sigma("graph", "export", "--project", "app").out.splitlines()
    assert [json.loads(each) for each in out] == [{**FACTS[0], "project": "app"}]
    assert sigma("graph", "export", "--format", "csv", "--project", "app").out.count("\n") == 2
    refused = sigma("graph", "export", "--format", "csv", "--json", code=2).complaint
    assert refused["fields"] == {"format": "csv is no JSON; leave --json away"}
