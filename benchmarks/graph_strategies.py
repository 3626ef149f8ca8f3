"""Each strategy beside the bare library call. ``python benchmarks/graph_strategies.py [ENTITIES FACTS] [--no-server]``.

Without sizes 10 000 entities with 50 000 facts. Ratios are of CPU time in interleaved rounds, answers alone, metrics
apart; those that answer at once are timed by the clock. Then a snapshot is read cold and warm from an embedded graph
that holds so many.
"""

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import igraph
import numpy as np
from sklearn.ensemble import IsolationForest

from sigma_core.graph import queries
from sigma_core.graph.adapter import KnowledgeGraph
from sigma_core.graph.graph_rows import identity
from sigma_core.graph.server import EmbeddedServer
from sigma_core.graph.snapshot import Facts, GraphSnapshot
from sigma_core.graph.snapshots import Snapshots
from sigma_core.graph.texts import Texts
from sigma_core.strategies.anomaly_detection import AnomalyDetection
from sigma_core.strategies.graph_community_detection import communities
from sigma_core.strategies.multi_hop_exploration import MultiHopExploration
from sigma_core.strategies.node_features import TREES, features
from sigma_core.strategies.path_explanation import PathExplanation
from sigma_core.strategies.semantic_similarity_search import SemanticSimilaritySearch
from sigma_core.strategies.structure import betweenness, pagerank, pairs, seeded, sources, undirected
from sigma_core.strategies.temporal_evolution_analysis import TemporalEvolutionAnalysis

NOW = datetime(2026, 3, 1, tzinfo=UTC)
GROUP = "sigma_project_1"
COMMUNITY, DIM = 50, 384
ASKED = 200
AT_ONCE = 2000
_random = np.random.default_rng(1)


def made(entities: int, facts: int) -> GraphSnapshot:
    """Communities of about fifty, four of five facts within them; some entities are far better known than others."""
    source = (entities * _random.beta(0.6, 3, facts)).astype(np.int64)
    within = source // COMMUNITY * COMMUNITY + _random.integers(0, COMMUNITY, facts)
    target = np.where(
        _random.random(facts) < 0.8, np.minimum(within, entities - 1), _random.integers(0, entities, facts)
    )
    began = NOW.timestamp() - _random.random(facts) * 90 * 86_400
    open_ = np.full(facts, np.nan)
    return GraphSnapshot(
        version="made",
        uuids=Texts.of(identity("e", str(number)) for number in range(entities)),
        names=Texts.of(f"entity {number}" for number in range(entities)),
        summaries=Texts.of([""] * entities),
        kinds=[("thing",)] * entities,
        groups=(GROUP,),
        group=np.zeros(entities, np.int32),
        born_at=np.full(entities, NOW.timestamp() - 1e7),
        predicates=("CALLS", "OWNS", "FIXES"),
        facts=Facts(
            uuids=Texts.of(identity("f", str(number)) for number in range(facts)),
            source=source.astype(np.int32),
            target=target.astype(np.int32),
            predicate=_random.integers(0, 3, facts).astype(np.int32),
            sentences=Texts.of(f"what fact {number} says of two entities" for number in range(facts)),
            created_at=began,
            valid_at=began,
            invalid_at=open_,
            expired_at=open_,
        ),
    )


class Reader:
    """Of one snapshot, with unit vectors."""

    at = NOW
    project_names: dict[str, str] = {GROUP: "app"}  # noqa: RUF012

    def __init__(self, whole: GraphSnapshot) -> None:
        self.whole = whole
        vectors = _random.normal(size=(len(whole), DIM)).astype(np.float32)
        self.vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)

    def snapshot(self) -> GraphSnapshot:
        """All of it."""
        return self.whole.known_at(NOW.timestamp())

    def holding(self) -> GraphSnapshot:
        """All of it holds."""
        return self.whole.holding(NOW.timestamp())

    def entity_vectors(self, snapshot: GraphSnapshot) -> tuple[Any, Any]:
        """All are there."""
        return self.vectors, np.ones(len(snapshot), bool)

    def embed_query(self, text: str) -> Any:
        """The same for every question."""
        return self.vectors[len(text)]


def beside(name: str, ours: Callable[[], object], bare: Callable[[], object], rounds: int) -> None:
    """CPU of both in turns, and their ratio."""
    spent: dict[str, list[float]] = {"ours": [], "bare": []}
    for _ in range(rounds):
        for side, work in (("bare", bare), ("ours", ours)):
            cpu = time.process_time()
            work()
            spent[side].append((time.process_time() - cpu) * 1000)
    mine, other = statistics.median(spent["ours"]), statistics.median(spent["bare"])
    print(f"{name:<34} ours {mine:9.1f} ms of CPU, bare {other:9.1f}: {mine / other:5.2f} (goal 1.3)")


def at_once(name: str, asked: list[Callable[[], Any]]) -> None:
    """Seconds by the clock of many answers, without their metrics."""
    asked[0]()
    took = sorted(ask() * 1000 for ask in asked)
    print(f"{name:<34} p50 {took[len(took) // 2]:7.1f} ms, p95 {took[int(len(took) * 0.95)]:7.1f} ms (goal 50)")


def forget(snapshot: GraphSnapshot, *names: str) -> None:
    """What is kept with a snapshot is to be made again."""
    for name in names:
        snapshot._derived.pop(name, None)  # noqa: SLF001


def whole_graph(reader: Reader, rounds: int) -> None:
    """Communities, PageRank, betweenness and anomalies."""
    seen = reader.holding()
    graph, weights = undirected(seen), pairs(seen).facts.tolist()
    edges = np.column_stack((seen.facts.source, seen.facts.target)).astype(np.int64)
    directed = igraph.Graph(n=len(seen), edges=edges, directed=True)
    some = sources(seen, 1)
    beside(
        "communities, Louvain",
        lambda: communities(seen, "louvain", 1),
        lambda: (seeded(1), graph.community_multilevel(weights=weights)),
        rounds,
    )
    beside(
        "communities, Leiden",
        lambda: communities(seen, "leiden", 1),
        lambda: (seeded(1), graph.community_leiden(objective_function="modularity", weights=weights, n_iterations=2)),
        rounds,
    )
    beside("PageRank", lambda: (forget(seen, "pagerank"), pagerank(seen)), directed.pagerank, rounds)
    beside(
        f"betweenness from {len(some)}",
        lambda: betweenness(seen, 1),
        lambda: graph.betweenness(directed=False, sources=some, targets=None),
        rounds,
    )
    table = features(seen, NOW.timestamp(), 1)

    def bare_anomalies() -> None:
        directed.pagerank()
        graph.betweenness(directed=False, sources=some, targets=None)
        graph.transitivity_local_undirected(mode="zero")
        IsolationForest(n_estimators=TREES, random_state=0).fit(table).score_samples(table)

    def our_anomalies() -> None:
        forget(seen, "pagerank")
        AnomalyDetection().find(reader, _context())

    beside("anomalies, isolation forest", our_anomalies, bare_anomalies, rounds)


def _context() -> Any:
    from sigma_core.strategies.context import StrategyContext

    return StrategyContext()


def answered_at_once(reader: Reader) -> None:
    """Traversal, similarity, paths and series."""
    names = [f"entity {number}" for number in _random.integers(0, len(reader.whole), (ASKED, 2)).ravel()]
    ends = list(zip(names[::2], names[1::2], strict=True))

    def taking(strategy: Any) -> Callable[[], float]:
        return lambda: _seconds(lambda: strategy.find(reader, _context()))

    at_once("multi-hop, 3 hops", [taking(MultiHopExploration(start_entity=one)) for one, _ in ends])
    at_once("similarity", [taking(SemanticSimilaritySearch(entity=one, similarity_threshold=0.1)) for one, _ in ends])
    at_once("paths up to 5", [taking(PathExplanation(start=one, end=two)) for one, two in ends if one != two])
    at_once(
        "evolution over 90 days",
        [taking(TemporalEvolutionAnalysis(entity_name=one, time_window_days=90)) for one, _ in ends],
    )


def with_metrics(reader: Reader) -> None:
    """What measuring adds, once each."""
    for strategy in (
        MultiHopExploration(start_entity="entity 1"),
        SemanticSimilaritySearch(entity="entity 1"),
        PathExplanation(start="entity 1", end="entity 999"),
        AnomalyDetection(),
        TemporalEvolutionAnalysis(entity_name="entity 1", time_window_days=90),
    ):
        result = strategy.run(reader)
        print(f"{strategy.name:<34} answer {result.seconds * 1000:8.1f} ms, metrics {result.metrics_s * 1000:8.1f} ms")


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


@contextmanager
def filled(whole: GraphSnapshot) -> Iterator[KnowledgeGraph]:
    """An embedded graph that holds the same."""
    with tempfile.TemporaryDirectory() as folder:
        graph = KnowledgeGraph(EmbeddedServer(Path(folder)))
        uuids, facts = list(whole.uuids), whole.facts
        for start in range(0, len(whole), AT_ONCE):
            graph.records(
                queries.ENTITIES,
                {
                    "rows": [
                        {
                            "uuid": uuids[at],
                            "name": whole.names[at],
                            "group_id": GROUP,
                            "created_at": NOW,
                            "kinds": ["thing"],
                            "summary": "",
                        }
                        for at in range(start, min(len(whole), start + AT_ONCE))
                    ]
                },
                120,
            )
        for start in range(0, len(facts), AT_ONCE):
            rows = []
            for at in range(start, min(len(facts), start + AT_ONCE)):
                valid = datetime.fromtimestamp(float(facts.valid_at[at]), UTC)
                rows.append(
                    {
                        "uuid": facts.uuids[at],
                        "source": uuids[facts.source[at]],
                        "target": uuids[facts.target[at]],
                        "sequence": at,
                        "properties": {
                            "uuid": facts.uuids[at],
                            "name": whole.predicates[facts.predicate[at]],
                            "fact": facts.sentences[at],
                            "group_id": GROUP,
                            "created_at": valid,
                            "valid_at": valid,
                            "sequence": at,
                        },
                    }
                )
            graph.records(queries.EDGES, {"rows": rows}, 120)
        yield graph
        graph.close()
        EmbeddedServer(Path(folder)).stop()


def from_the_server(whole: GraphSnapshot, rounds: int) -> None:
    """Cold and warm."""
    with filled(whole) as graph:
        kept = Snapshots(graph)
        kept.of((GROUP,))
        cold = [_seconds(lambda: Snapshots(graph).of((GROUP,))) for _ in range(rounds)]
        warm = [_seconds(lambda: kept.of((GROUP,))) for _ in range(rounds * 10)]
        slow, fast = statistics.median(cold), statistics.median(warm)
        print(f"{'snapshot':<34} cold {slow:.2f} s, warm {fast * 1000:.2f} ms: {slow / fast:.0f} × faster (goal 10)")


def main() -> int:
    """One size."""
    parser = argparse.ArgumentParser()
    parser.add_argument("sizes", type=int, nargs="*", default=[10_000, 50_000])
    parser.add_argument("--no-server", action="store_true")
    parser.add_argument("--rounds", type=int, default=5)
    asked = parser.parse_args()
    entities, facts = asked.sizes
    whole = made(entities, facts)
    print(f"{entities:,} entities, {facts:,} facts")
    reader = Reader(whole)
    _ = whole.holding(NOW.timestamp())
    answered_at_once(reader)
    whole_graph(reader, asked.rounds)
    with_metrics(reader)
    if not asked.no_server:
        from_the_server(replace(whole), max(2, asked.rounds // 2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
