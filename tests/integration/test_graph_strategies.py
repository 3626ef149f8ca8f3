"""The seven strategies on the embedded graph and on Neo4j, written as everything is, with answers that are known."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from fakes.graph_items import NOW, fact, item
from fakes.rand_score import adjusted_rand_score

from sigma_core.errors import Invalid, NotFound
from sigma_core.graph.adapter import Address, KnowledgeGraph
from sigma_core.graph.embeddings.hashed import HashedEmbedder
from sigma_core.graph.graph_rows import SHARED, group_id
from sigma_core.graph.reader import SnapshotReader
from sigma_core.graph.server import EmbeddedServer
from sigma_core.graph.snapshot import GraphSnapshot
from sigma_core.graph.snapshots import Snapshots
from sigma_core.graph.writer import GraphItem, Write
from sigma_core.strategies.registry import BUILT_IN, StrategyRegistry
from sigma_core.strategies.result import StrategyResult

WITHIN_S = 120
REGISTRY = StrategyRegistry(BUILT_IN)
HOSTILE = (
    "'",
    '"',
    "`",
    "\\",
    "}) MATCH (n) DETACH DELETE n //",
    "' OR 1=1 --",
    "$rows",
    "{{x}}",
    "ü€😀",
    "%s%n",
    "a" * 400,
)
TEXTS = {
    "multi_hop_exploration": {"start_entity"},
    "semantic_similarity_search": {"entity"},
    "temporal_evolution_analysis": {"entity_name"},
    "cross_domain_transfer": {"source_domain", "target_domain"},
    "graph_community_detection": set(),
    "path_explanation": {"start", "end"},
    "anomaly_detection": set(),
}


@dataclass(frozen=True)
class Letters:
    """Vectors of names by their letters."""

    embedder: HashedEmbedder

    def entities(self, snapshot: GraphSnapshot) -> tuple[Any, Any]:
        names = list(snapshot.names)
        rows = self.embedder.rows(names) if names else np.zeros((0, self.embedder.dim), np.float32)
        return rows, np.ones(len(names), bool)

    def query(self, text: str) -> Any:
        return self.embedder.rows([text])[0]


@pytest.fixture(scope="module", params=["embedded", "neo4j"])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[KnowledgeGraph]:
    home = tmp_path_factory.mktemp("graph")
    address = Address(request.getfixturevalue("neo4j_url") if request.param == "neo4j" else None)
    made = KnowledgeGraph(EmbeddedServer(home), address)
    yield made
    made.close()
    assert EmbeddedServer(home).stop()


@pytest.fixture
def graph(server: KnowledgeGraph) -> KnowledgeGraph:
    server.clear()
    return server


def write(graph: KnowledgeGraph, *items: GraphItem) -> None:
    for start in range(0, len(items), 500):
        some = enumerate(items[start : start + 500], start + 1)
        graph.write([Write(sequence, each) for sequence, each in some], WITHIN_S)


def reader(graph: KnowledgeGraph, *projects: int, days_ago: float = 0) -> SnapshotReader:
    groups = [group_id(project) for project in projects or (1,)]
    names = {group: f"app {number}" for number, group in enumerate(groups, 1)}
    at = NOW - timedelta(days=days_ago)
    return SnapshotReader(Snapshots(graph), (*groups, SHARED), at, Letters(HashedEmbedder()), names)


def ask(graph: SnapshotReader, name: str, **parameters: object) -> StrategyResult:
    result = REGISTRY.prepare(name, parameters).run(graph)
    json.dumps(result.plain(), allow_nan=False)
    return result


def joined(*links: tuple[str, str], project_id: int = 1) -> GraphItem:
    name = f"{project_id}/{links[0][0]}/{links[0][1]}"
    said = [fact(one, "CALLS", other, f"{one} calls {other}") for one, other in links]
    return item(name, *said, project_id=project_id, at=NOW - timedelta(days=1))


def test_what_is_near_and_how_two_are_connected(graph: KnowledgeGraph) -> None:
    write(graph, joined(("a", "b"), ("b", "c"), ("c", "d"), ("a", "x"), ("x", "d"), ("far", "away")))
    here = reader(graph)
    near = ask(here, "multi_hop_exploration", start_entity="a", max_hops=2)
    assert {row["name"]: row["hops"] for row in near.details["entities"]} == {"b": 1, "x": 1, "c": 2, "d": 2}
    assert near.metrics["coverage"].value == 1
    told = ask(here, "path_explanation", start="a", end="d", explanation_depth=1)
    assert told.summary == "a calls x. x calls d."
    assert [path["length"] for path in told.details["paths"]] == [2, 3]
    assert ask(here, "path_explanation", start="a", end="far").details["paths"] == []


def test_what_was_not_known_or_no_longer_holds_is_not_walked(graph: KnowledgeGraph) -> None:
    write(
        graph,
        replace(joined(("a", "b")), invalid_at=NOW - timedelta(hours=1)),
        replace(joined(("a", "never")), holds_from=NOW, holds_until=NOW - timedelta(hours=3)),
        joined(("a", "c")),
    )
    now = ask(reader(graph), "multi_hop_exploration", start_entity="a")
    before = ask(reader(graph, days_ago=0.5), "multi_hop_exploration", start_entity="a")
    assert [row["name"] for row in now.details["entities"]] == ["c"]
    assert {row["name"] for row in before.details["entities"]} == {"b", "c"}
    with pytest.raises(NotFound):
        ask(reader(graph, days_ago=9), "multi_hop_exploration", start_entity="a")


def test_planted_communities_and_a_planted_anomaly(graph: KnowledgeGraph) -> None:
    chance = np.random.default_rng(2)
    links = [
        (a, b) for a in range(60) for b in range(a + 1, 60) if chance.random() < (0.5 if a // 20 == b // 20 else 0.01)
    ]
    hub = [(60, number) for number in range(0, 60, 2)]
    write(graph, *(joined((f"n{a}", f"n{b}")) for a, b in links))
    for algorithm in ("louvain", "leiden"):
        found = ask(reader(graph), "graph_community_detection", algorithm=algorithm)
        assert found.details["sizes"] == [20, 20, 20]
        got = {
            member["name"]: number for number, each in enumerate(found.details["found"]) for member in each["members"]
        }
        assert adjusted_rand_score([int(name[1:]) // 20 for name in got], list(got.values())) >= 0.95
    write(graph, *(joined((f"n{a}", f"n{b}")) for a, b in hub))
    for algorithm in ("isolation_forest", "robust_z_score"):
        result = ask(reader(graph), "anomaly_detection", algorithm=algorithm, contamination=0.05)
        assert "n60" in {each["name"] for each in result.details["found"]}
        assert result.metrics["detection_rate"].n == 4


def test_a_series_with_trend_and_season(graph: KnowledgeGraph) -> None:
    days = 56
    write(
        graph,
        *(
            item(
                f"{day}/{number}",
                fact("it", "HAS", f"{day} {number}"),
                project_id=1,
                at=NOW - timedelta(days=days - day - 0.5),
            )
            for day in range(days)
            for number in range(2 + day // 8 + (6 if day % 7 == 3 else 0))
        ),
    )
    asked = {"entity_name": "it", "time_window_days": days}
    trend = ask(reader(graph), "temporal_evolution_analysis", pattern_type="trend", **asked)
    assert trend.details["trend"]["direction"] == "increasing"
    assert trend.details["season"]["period"] == 7
    quality = trend.metrics["prediction_quality"].value
    assert quality is not None
    assert quality > 0.5
    seasonal = ask(reader(graph), "temporal_evolution_analysis", pattern_type="seasonal", **asked)
    assert seasonal.summary == "Facts about “it” come again every 7 days."


def test_near_duplicates_and_what_carries_over_to_another_project(graph: KnowledgeGraph) -> None:
    write(
        graph,
        joined(("close the file after reading", "F1"), ("close the files after reading", "F1"), ("paint a door", "F2")),
        joined(("close the file after reading it", "G1"), project_id=2),
    )
    alike = ask(reader(graph), "semantic_similarity_search", entity="close the file after reading")
    assert [row["name"] for row in alike.details["entities"]] == ["close the files after reading"]
    assert (alike.metrics["precision"].value, alike.metrics["recall"].value) == (1, 1)
    carried = ask(
        reader(graph, 1, 2),
        "cross_domain_transfer",
        source_domain="app 1",
        target_domain="app 2",
        similarity_threshold=0.7,
    )
    pairs = {pair["pattern"]["name"]: pair["nearest"]["name"] for pair in carried.details["pairs"]}
    assert pairs == {
        "close the file after reading": "close the file after reading it",
        "close the files after reading": "close the file after reading it",
    }
    assert carried.metrics["transfer_success"].value == pytest.approx(2 / 3)
    with pytest.raises(Invalid, match="there are api, app 1, app 2, backend"):
        ask(reader(graph, 1, 2), "cross_domain_transfer", source_domain="app 1", target_domain="app 9")


PLAIN: dict[str, dict[str, object]] = {
    "multi_hop_exploration": {"start_entity": "a"},
    "semantic_similarity_search": {"entity": "a"},
    "temporal_evolution_analysis": {"entity_name": "a"},
    "cross_domain_transfer": {"source_domain": "ui", "target_domain": "api"},
    "graph_community_detection": {},
    "path_explanation": {"start": "a", "end": "b"},
    "anomaly_detection": {},
}


def test_tiny_graphs_are_answered_or_refused_in_words(graph: KnowledgeGraph) -> None:
    unknown = {name for name, fields in TEXTS.items() if fields and name != "cross_domain_transfer"}
    refused = {(): unknown, (("a", "a"),): {"path_explanation"}, (("a", "b"),): set(), (("a", "b"), ("p", "q")): set()}
    for links, refusing in refused.items():
        graph.clear()
        write(graph, *([joined(*links)] if links else []))
        here = reader(graph)
        for name, parameters in PLAIN.items():
            if name in refusing:
                with pytest.raises(NotFound, match="No entity “"):
                    ask(here, name, **parameters)
                continue
            result = ask(here, name, **parameters)
            assert result.summary.endswith("."), (name, links)
            assert all(each.value is not None or each.note for each in result.metrics.values()), (name, links)


def test_hostile_text_is_only_ever_a_name(graph: KnowledgeGraph) -> None:
    write(graph, *(joined((text, "b"), ("b", "c")) for text in HOSTILE))
    before, here = graph.checksum(), reader(graph)
    for text in HOSTILE:
        near = ask(here, "multi_hop_exploration", start_entity=text, relationship_types=["CALLS"], max_hops=1)
        assert [row["name"] for row in near.details["entities"]] == ["b"]
        assert ask(here, "path_explanation", start=text, end="c").metrics["completeness"].value == 1
        assert ask(here, "semantic_similarity_search", query=text, similarity_threshold=0.9).summary
        assert ask(here, "temporal_evolution_analysis", entity_name=text).details["series"]
        for name, fields in TEXTS.items():
            for field in fields:
                with pytest.raises((NotFound, Invalid), match=r"No entity|no domain"):
                    ask(here, name, **{**PLAIN[name], **_known(name, field), field: f"no {text}"[:400]})
        for name, field in (
            ("multi_hop_exploration", "relationship_types"),
            ("semantic_similarity_search", "entity_type"),
        ):
            wrong: Any = [text] if field == "relationship_types" else text
            with pytest.raises(Invalid, match=field):
                ask(here, name, **{**PLAIN[name], **_known(name, ""), field: wrong})
    assert graph.checksum() == before


def _known(name: str, field: str) -> dict[str, object]:
    """Parameters that are there, but for one."""
    return {each: "b" for each in TEXTS[name] if each != field and name != "cross_domain_transfer"}
