"""Who is how far from whom, with answers counted by hand."""

import numpy as np
import pytest
from fakes.graph_snapshots import NOW, Reading, joined, snapshot

from sigma_core.errors import Invalid, NotFound
from sigma_core.strategies.context import StrategyContext
from sigma_core.strategies.multi_hop_exploration import MultiHopExploration
from sigma_core.strategies.result import StrategyResult

CHAIN = [("a", "b", "CALLS"), ("b", "c", "CALLS"), ("c", "d", "OWNS"), ("d", "e", "CALLS"), ("x", "y", "CALLS")]


def names(result: StrategyResult) -> dict[str, int]:
    return {row["name"]: row["hops"] for row in result.details["entities"]}


def test_it_walks_as_many_steps_as_it_is_told() -> None:
    graph = Reading(snapshot(CHAIN))
    assert names(MultiHopExploration(start_entity="a", max_hops=2).run(graph)) == {"b": 1, "c": 2}
    assert names(MultiHopExploration(start_entity="a", max_hops=6).run(graph)) == {"b": 1, "c": 2, "d": 3, "e": 4}


def test_direction_counts() -> None:
    graph = Reading(snapshot(CHAIN))
    assert names(MultiHopExploration(start_entity="c", direction="out").run(graph)) == {"d": 1, "e": 2}
    assert names(MultiHopExploration(start_entity="c", direction="in").run(graph)) == {"b": 1, "a": 2}
    assert names(MultiHopExploration(start_entity="c").run(graph)) == {"b": 1, "d": 1, "a": 2, "e": 2}


def test_only_relations_that_were_asked_for_are_walked() -> None:
    graph = Reading(snapshot(CHAIN))
    found = MultiHopExploration(start_entity="b", relationship_types=("CALLS",)).run(graph)
    assert names(found) == {"a": 1, "c": 1}
    with pytest.raises(Invalid, match="there is “CALLS” and “OWNS”"):
        MultiHopExploration(start_entity="b", relationship_types=("LIKES",)).run(graph)


def test_each_entity_says_by_which_fact_it_was_reached() -> None:
    (row, *_) = MultiHopExploration(start_entity="d", max_hops=1).run(Reading(snapshot(CHAIN))).details["entities"]
    assert (row["name"], row["by"]["predicate"], row["by"]["sentence"]) == ("c", "OWNS", "c is OWNS to d")


def test_facts_that_ended_are_not_walked() -> None:
    graph = Reading(snapshot([("a", "b", "CALLS", 9.0, 1.0), ("a", "c", "CALLS", 9.0)]))
    assert names(MultiHopExploration(start_entity="a").run(graph)) == {"c": 1}


def test_coverage_is_of_the_component_and_novelty_of_former_runs() -> None:
    whole = snapshot(CHAIN)
    known = [whole.uuids[whole.positions("b")[0]]]
    result = MultiHopExploration(start_entity="a", max_hops=2).run(
        Reading(whole), StrategyContext(recent=lambda: known)
    )
    assert (result.metrics["coverage"].value, result.metrics["coverage"].n) == (0.6, 5)
    assert (result.metrics["novelty"].value, result.metrics["novelty"].n) == (0.5, 2)
    first = MultiHopExploration(start_entity="a").run(Reading(whole))
    assert first.metrics["novelty"].note == "this worker had no run before"


def test_relevance_is_the_mean_similarity_to_where_it_began() -> None:
    vectors = {"a": (1, 0), "b": (1, 0), "c": (0, 1)}
    result = MultiHopExploration(start_entity="a").run(Reading(snapshot(CHAIN), vectors))
    assert (result.metrics["relevance"].value, result.metrics["relevance"].n) == (0.5, 2)
    without = MultiHopExploration(start_entity="a").run(Reading(snapshot(CHAIN)))
    assert without.metrics["relevance"].value is None
    assert without.metrics["relevance"].note


def test_an_entity_alone_reaches_nothing_and_says_so() -> None:
    result = MultiHopExploration(start_entity="lone").run(Reading(snapshot(CHAIN, alone=["lone"])))
    assert result.summary == "Nothing is connected to “lone” within 3 steps."
    assert result.metrics["coverage"].value == 1
    assert result.metrics["relevance"].note == "nothing was returned"


def test_a_thing_that_speaks_of_itself_is_not_its_own_neighbour() -> None:
    assert names(MultiHopExploration(start_entity="a").run(Reading(snapshot([("a", "a"), ("a", "b")])))) == {"b": 1}


def test_an_unknown_entity_is_named_with_close_ones() -> None:
    graph = Reading(snapshot([("database pool", "session"), ("data base", "pool")]))
    with pytest.raises(NotFound, match="close to it: database pool"):
        MultiHopExploration(start_entity="databse pool").run(graph)
    with pytest.raises(NotFound, match="in this graph"):
        MultiHopExploration(start_entity="quite another").run(Reading(snapshot([])))


def test_a_star_of_a_hundred_thousand_is_answered_in_bounds() -> None:
    hub = np.zeros(100_000, np.int32)
    graph = Reading(joined(hub, np.arange(1, 100_001), 100_001))
    result = MultiHopExploration(start_entity="entity 7").run(graph)
    assert result.details["by_hop"] == [1, 99_999]
    assert (len(result.details["entities"]), len(result.entities)) == (200, 200)
    assert graph.at == NOW
