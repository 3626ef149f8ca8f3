"""Snapshots of the embedded graph and of Neo4j."""

import gc
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from fakes.graph_items import NOW, fact, item

from sigma_core.errors import Forbidden
from sigma_core.graph import snapshots as module
from sigma_core.graph.adapter import Address, KnowledgeGraph
from sigma_core.graph.graph_rows import SHARED, group_id
from sigma_core.graph.reader import SnapshotReader
from sigma_core.graph.server import EmbeddedServer
from sigma_core.graph.snapshots import Snapshots
from sigma_core.graph.writer import GraphItem, Write

WITHIN_S = 120
GROUPS = (group_id(1), SHARED)


@pytest.fixture(params=["embedded", "neo4j"])
def graph(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[KnowledgeGraph]:
    address = Address(request.getfixturevalue("neo4j_url") if request.param == "neo4j" else None)
    made = KnowledgeGraph(EmbeddedServer(tmp_path), address)
    made.clear()
    yield made
    made.close()
    assert EmbeddedServer(tmp_path).stop()


def write(graph: KnowledgeGraph, *items: GraphItem, sequence: int = 1) -> None:
    graph.write([Write(sequence + number, each) for number, each in enumerate(items)], WITHIN_S)


def test_an_empty_graph_is_an_empty_snapshot(graph: KnowledgeGraph) -> None:
    seen = Snapshots(graph).of(GROUPS)
    assert (len(seen), len(seen.facts), seen.predicates) == (0, 0, ())
    assert len(seen.holding(NOW.timestamp())) == 0


def test_a_snapshot_says_what_the_graph_says(graph: KnowledgeGraph) -> None:
    said = "it | fixes\nit 'so' ü"
    mine = replace(
        item("one", fact("remove | it", "FIX|ES", "F401", said, "unused\nimport"), project_id=1),
        invalid_at=NOW + timedelta(days=2),
    )
    write(graph, mine, item("two", fact("a", "SAYS", "a")), item("three", fact("p", "SAYS", "q"), project_id=2))
    seen = Snapshots(graph).of(GROUPS)
    stored = {edge["uuid"]: edge for edge in graph.read("edges") if edge["group_id"] in GROUPS}
    assert list(seen.facts.uuids) == sorted(stored)
    names = list(seen.names)
    assert set(names) == {"remove | it", "F401", "a"}
    for number, uuid in enumerate(seen.facts.uuids):
        edge = stored[uuid]
        assert names[seen.facts.source[number]] == edge["subject"]
        assert names[seen.facts.target[number]] == edge["object"]
        assert seen.predicates[seen.facts.predicate[number]] == edge["name"]
        assert seen.facts.sentences[number] == edge["fact"]
        for column in ("created_at", "valid_at", "invalid_at", "expired_at"):
            moment = edge[column].timestamp() if edge[column] else np.nan
            assert np.array_equal(getattr(seen.facts, column)[number], moment, equal_nan=True), column
    place = seen.positions("remove | it")[0]
    assert seen.kinds[place] == ("pattern",)
    assert seen.groups[seen.group[place]] == group_id(1)
    assert dict(zip(names, seen.meanings, strict=True)) == {
        "remove | it": "remove | it",
        "F401": "unused import",
        "a": "a",
    }
    assert set(seen.uuids) == {each["uuid"] for each in graph.read("entities") if each["group_id"] in GROUPS}


def test_a_reader_shows_what_held_and_was_known_then(graph: KnowledgeGraph) -> None:
    write(
        graph,
        replace(item("old", at=NOW - timedelta(days=9), project_id=1), invalid_at=NOW - timedelta(days=1)),
        item("new", at=NOW, project_id=1),
    )
    whole = Snapshots(graph)
    held = {
        days: list(SnapshotReader(whole, GROUPS, NOW - timedelta(days=days)).holding().facts.sentences)
        for days in (10, 5, 0)
    }
    assert {days: len(sentences) for days, sentences in held.items()} == {10: 0, 5: 1, 0: 1}
    assert len(SnapshotReader(whole, GROUPS, NOW).snapshot().facts) == 2
    assert len(SnapshotReader(whole, GROUPS, NOW - timedelta(days=5)).holding()) == 2


def test_it_is_read_again_only_when_one_of_its_groups_changed(graph: KnowledgeGraph) -> None:
    write(graph, item("one", project_id=1))
    mine = Snapshots(graph)
    first = mine.of(GROUPS)
    write(graph, item("other", project_id=2))
    assert mine.of(GROUPS) is first
    write(graph, replace(item("one", project_id=1), invalid_at=NOW), sequence=9)
    second = mine.of(GROUPS)
    assert (first.version != second.version, len(second.holding(NOW.timestamp()).facts)) == (True, 0)
    write(graph, item("shared"))
    assert len(mine.of(GROUPS).facts) == 2
    graph.clear()
    assert len(mine.of(GROUPS)) == 0
    write(graph, item("one", project_id=1))
    assert len(mine.of(GROUPS).facts) == 1


def test_portions_together_are_the_whole(graph: KnowledgeGraph, monkeypatch: pytest.MonkeyPatch) -> None:
    write(graph, *(item(f"n{number}", project_id=1) for number in range(60)))
    whole = Snapshots(graph).of(GROUPS)
    monkeypatch.setattr(module, "PORTION", 7)
    asked = graph.table
    sizes: list[int] = []
    collecting: list[bool] = []

    def table(cypher: str, parameters: Mapping[str, object], timeout_s: float) -> Sequence[Sequence[object]]:
        rows = asked(cypher, parameters, timeout_s)
        sizes.append(len(rows))
        collecting.append(gc.isenabled())
        return rows

    monkeypatch.setattr(graph, "table", table)
    parts = Snapshots(graph).of(GROUPS)
    assert (len(sizes) > 10, max(sizes) < 60) == (True, True)
    assert list(parts.facts.uuids) == list(whole.facts.uuids)
    assert (list(parts.names), len(set(parts.facts.uuids))) == (list(whole.names), 60)
    # Half of the time of a large one would go into looking for garbage where there is none
    assert (any(collecting), gc.isenabled()) == (False, True)


def test_a_graph_too_large_for_memory_is_refused(graph: KnowledgeGraph) -> None:
    write(graph, *(item(f"n{number}") for number in range(5)))
    with pytest.raises(Forbidden, match=r"at most .* 4 can be looked at"):
        Snapshots(graph, most_facts=4).of(GROUPS)
    assert gc.isenabled()
