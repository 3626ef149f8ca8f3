"""Anomalies that were put in, and figures beside those of igraph."""

import igraph
import numpy as np
import pytest
from fakes.graph_snapshots import NOW, Reading, joined, snapshot

from sigma_core.graph.snapshot import GraphSnapshot
from sigma_core.strategies.anomaly_detection import AnomalyDetection
from sigma_core.strategies.node_features import FEATURES, Algorithm, features, robust_z
from sigma_core.strategies.structure import betweenness, clustering, pagerank
from sigma_core.strategies.synthetic_anomalies import with_anomalies

ALGORITHMS: tuple[Algorithm, ...] = ("isolation_forest", "robust_z_score")


def regular(count: int = 200, hubs: int = 0) -> GraphSnapshot:
    """Everybody joined to about six others, and hubs joined to a third of all."""
    chance = np.random.default_rng(5)
    source = np.repeat(np.arange(count), 3)
    target = (source + chance.integers(1, 40, len(source))) % count
    more = [np.setdiff1d(chance.choice(count, count // 3, replace=False), [hub]) for hub in range(hubs)]
    source = np.concatenate([source, *[np.full(len(each), hub) for hub, each in enumerate(more)]])
    return joined(source, np.concatenate([target, *more]), count)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_what_was_put_in_is_found(algorithm: Algorithm) -> None:
    result = AnomalyDetection(algorithm=algorithm, contamination=0.05).run(Reading(regular(hubs=4)))
    first = {row["name"] for row in result.details["found"][:8]}
    assert first >= {f"entity {hub}" for hub in range(4)}
    assert any("far above the rest" in because for because in result.details["found"][0]["because"])
    threshold, others = result.details["threshold"], result.details["others"]
    assert min(row["score"] for row in result.details["found"]) == threshold > others[-1]
    assert (len(others), others) == (200 - result.details["anomalies"], sorted(others))
    detection, false = result.metrics["detection_rate"], result.metrics["false_positive_rate"]
    assert detection.value is not None
    assert detection.value >= 0.7
    assert false.value is not None
    assert (false.value < 0.08, false.better, false.n) == (True, "lower", 200)


def test_a_part_with_anomalies_is_a_whole_snapshot() -> None:
    part, added = with_anomalies(regular(), seed=1)
    assert len(list(part.meanings)) == len(part.uuids) == len(part.kinds) == 200 + added


def test_no_more_than_the_share_stands_out() -> None:
    for contamination in (0.01, 0.1, 0.5):
        for algorithm in ALGORITHMS:
            graph = Reading(regular())
            found = AnomalyDetection(algorithm=algorithm, contamination=contamination).run(graph)
            assert found.details["anomalies"] <= contamination * 200


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_where_all_are_alike_nobody_stands_out(algorithm: Algorithm) -> None:
    ring = joined(np.arange(50), (np.arange(50) + 1) % 50, 50)
    alike = snapshot([(f"n{number}", f"n{(number + 1) % 50}") for number in range(50)])
    assert len(ring) == len(alike)
    result = AnomalyDetection(algorithm=algorithm, contamination=0.1).run(Reading(alike))
    told = [row["because"] for row in result.details["found"]]
    # sampled betweenness alone tells those of a ring apart where not all are begun with
    assert result.details["anomalies"] == 0, told


@pytest.mark.parametrize("count", [0, 1, 19])
def test_of_few_none_can_be_called_unusual(count: int) -> None:
    result = AnomalyDetection().run(Reading(snapshot([], alone=[f"n{number}" for number in range(count)])))
    assert result.details["anomalies"] == 0
    assert result.metrics["detection_rate"].note == "there are too few entities"


def test_entities_without_a_fact_are_no_error() -> None:
    result = AnomalyDetection().run(Reading(snapshot([], alone=[f"n{number}" for number in range(40)])))
    assert result.summary == "None of 40 entities stands out."


def test_figures_of_the_graph_are_those_of_igraph() -> None:
    graph = regular(hubs=2)
    edges = list(zip(graph.facts.source.tolist(), graph.facts.target.tolist(), strict=True))
    directed = igraph.Graph(n=len(graph), edges=edges, directed=True)
    assert np.allclose(pagerank(graph), directed.pagerank(), atol=1e-8)
    plain = igraph.Graph(n=len(graph), edges=edges).simplify()
    assert np.allclose(clustering(graph), plain.transitivity_local_undirected(mode="zero"))
    exact = np.array(plain.betweenness())
    guessed = betweenness(graph, 1)
    assert guessed.argmax() in {0, 1}
    assert np.corrcoef(exact, guessed)[0, 1] > 0.95
    small = regular(50)
    whole = igraph.Graph(n=50, edges=list(zip(small.facts.source.tolist(), small.facts.target.tolist(), strict=True)))
    assert np.allclose(betweenness(small, 1), np.array(whole.simplify().betweenness()))


def test_features_of_one_entity_counted_by_hand() -> None:
    graph = snapshot([("a", "b", "X", 2.0), ("a", "c", "Y", 1.0), ("b", "c", "X", 5.0), ("c", "d", "X", 9.0)])
    row = dict(zip(FEATURES, features(graph, NOW.timestamp(), 1)[0].tolist(), strict=True))
    assert row["neighbours"] == pytest.approx(np.log(3))
    assert row["facts as subject"] == pytest.approx(np.log(3))
    assert row["facts as object"] == 0
    assert row["clustering"] == 1
    assert row["age of its newest fact"] == pytest.approx(np.log(2))
    assert row["kinds of relation"] == pytest.approx(np.log(3))


def test_robust_scores_withstand_what_they_look_for() -> None:
    table = np.array([[1.0], [2.0], [3.0], [2.0], [1000.0]])
    z = robust_z(table)[:, 0]
    assert abs(z[:4]).max() < 1
    assert z[4] > 100
    assert (robust_z(np.ones((5, 2))) == 0).all()


def test_a_star_of_a_hundred_thousand_is_answered_in_bounds() -> None:
    star = joined(np.zeros(100_000, np.int32), np.arange(1, 100_001), 100_001)
    result = AnomalyDetection(algorithm="robust_z_score", contamination=0.01).run(Reading(star))
    assert result.details["found"][0]["name"] == "entity 0"
    assert len(result.details["others"]) == 200
