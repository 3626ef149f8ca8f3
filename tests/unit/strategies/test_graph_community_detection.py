"""Communities that were planted, and metrics beside those of others."""

import numpy as np
import pytest
from fakes.graph_snapshots import Link, Reading, joined, snapshot
from fakes.rand_score import adjusted_rand_score

from sigma_core.graph.snapshot import GraphSnapshot
from sigma_core.strategies.graph_community_detection import (
    Algorithm,
    GraphCommunityDetection,
    adjusted_rand,
    communities,
)

ALGORITHMS: tuple[Algorithm, ...] = ("louvain", "leiden")


def planted(groups: int, size: int, inside: float, outside: float) -> tuple[GraphSnapshot, np.ndarray]:
    chance, count = np.random.default_rng(3), groups * size
    truth = np.repeat(np.arange(groups), size)
    one, other = np.triu_indices(count, 1)
    share = np.where(truth[one] == truth[other], inside, outside)
    chosen = chance.random(len(one)) < share
    order = chance.permutation(count)
    return joined(order[one[chosen]], order[other[chosen]], count), truth[np.argsort(order)]


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_planted_communities_are_found(algorithm: Algorithm) -> None:
    graph, truth = planted(8, 25, 0.4, 0.01)
    found = communities(graph, algorithm, 1)
    assert adjusted_rand_score(truth, found) >= 0.95
    result = GraphCommunityDetection(algorithm=algorithm).run(Reading(graph))
    assert result.details["communities"] == 8
    stability = result.metrics["stability"]
    assert stability.value is not None
    assert (stability.value > 0.9, stability.n) == (True, 4)


def test_agreement_is_that_of_scikit_learn() -> None:
    chance = np.random.default_rng(1)
    for _ in range(20):
        one, other = chance.integers(0, 5, 60), chance.integers(0, 4, 60)
        assert adjusted_rand(one, other) == pytest.approx(adjusted_rand_score(one, other))
    assert adjusted_rand(np.zeros(5, int), np.zeros(5, int)) == 1


CLIQUES: list[Link] = [(a, b) for group in ("abcd", "wxyz") for a in group for b in group if a < b]


def test_metrics_counted_by_hand() -> None:
    result = GraphCommunityDetection().run(Reading(snapshot([*CLIQUES, ("a", "w")])))
    assert result.details["sizes"] == [4, 4]
    assert (result.metrics["cohesion"].value, result.metrics["cohesion"].n) == (1, 2)
    # 12 of 13 facts lie within; each half has 13 of 26 ends
    assert result.metrics["separation"].value == pytest.approx(12 / 13 - 0.5)
    members = {member["name"] for member in result.details["found"][0]["members"]}
    assert members in ({*"abcd"}, {*"wxyz"})
    assert result.details["found"][0]["facts"] == 6


def test_small_groups_are_not_told_of() -> None:
    graph = Reading(snapshot([*CLIQUES, ("p", "q")], alone=["lone"]))
    assert GraphCommunityDetection().run(graph).details["entities_in_none"] == 3
    assert GraphCommunityDetection(min_community_size=2).run(graph).details["sizes"] == [4, 4, 2]
    assert GraphCommunityDetection(min_community_size=5).run(graph).summary == (
        "There are no communities of 5 entities or more."
    )


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("links", [[], [("a", "a")], [("a", "b"), ("b", "a"), ("a", "b", "SAYS")]])
def test_tiny_graphs_have_no_communities_of_three(algorithm: Algorithm, links: list[Link]) -> None:
    result = GraphCommunityDetection(algorithm=algorithm).run(Reading(snapshot(links, alone=["lone"])))
    assert result.details["communities"] == 0
    assert result.metrics["cohesion"].value is None


def test_the_same_seed_gives_the_same_answer() -> None:
    graph, _ = planted(4, 20, 0.3, 0.1)
    for algorithm in ALGORITHMS:
        assert (communities(graph, algorithm, 5) == communities(graph, algorithm, 5)).all()


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_star_of_a_hundred_thousand_is_answered_in_bounds(algorithm: Algorithm) -> None:
    star = joined(np.zeros(100_000, np.int32), np.arange(1, 100_001), 100_001)
    result = GraphCommunityDetection(algorithm=algorithm).run(Reading(star))
    assert sum(len(each["members"]) for each in result.details["found"]) <= 50 * 25


def test_flat_code_and_no_code_have_no_communities_of_modules() -> None:
    flat = snapshot([("app", "cart", "DEFINES"), ("app", "tax", "DEFINES")], kinds={"cart": "module", "tax": "module"})
    for whole in (flat, snapshot([])):
        found = GraphCommunityDetection(look_at="modules").run(Reading(whole))
        assert found.summary == "There are no packages with modules of their own to compare with communities."
