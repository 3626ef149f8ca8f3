"""Paths, beside all paths there are."""

import itertools

import numpy as np
import pytest
from fakes.graph_snapshots import Reading, joined, snapshot
from hypothesis import given
from hypothesis import strategies as st

from sigma_core.errors import Invalid, Unavailable
from sigma_core.graph.snapshot import GraphSnapshot
from sigma_core.strategies.context import Step, StrategyContext
from sigma_core.strategies.path_explanation import PathExplanation
from sigma_core.strategies.path_text import by_rule, check, reading_ease
from sigma_core.strategies.paths import shortest_simple_paths
from sigma_core.strategies.traversal import adjacency

DIAMOND = [("a", "b", "CALLS"), ("b", "d", "CALLS"), ("a", "c", "OWNS"), ("d", "c", "CALLS"), ("d", "e", "HAS_RISK")]


def paths(graph: GraphSnapshot, start: str, end: str, longest: int = 5, most: int = 9) -> list[str]:
    (one,), (other,) = graph.positions(start), graph.positions(end)
    found = shortest_simple_paths(adjacency(graph, "both"), one, other, longest, most)
    return ["".join(graph.names[position] for position in path) for path in found]


def test_paths_enumerated_by_hand() -> None:
    graph = snapshot(DIAMOND)
    assert paths(graph, "a", "e") == ["abde", "acde"]
    assert paths(graph, "b", "c") == ["bac", "bdc"]
    assert paths(graph, "a", "b") == ["ab", "acdb"]
    assert paths(graph, "a", "b", longest=2) == ["ab"]
    assert paths(graph, "a", "e", most=1) == ["abde"]


@given(
    st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), max_size=16),
    st.integers(1, 6),
    st.integers(1, 8),
)
def test_the_first_of_all_paths_there_are(edges: list[tuple[int, int]], longest: int, most: int) -> None:
    names = "abcdefg"
    graph = snapshot([(names[a], names[b]) for a, b in edges], alone=list(names))
    start, end = graph.positions("a")[0], graph.positions("b")[0]
    near = {frozenset((int(a), int(b))) for a, b in zip(graph.facts.source, graph.facts.target, strict=True)}
    others = [position for position in range(7) if position not in {start, end}]
    ways = [(start, *middle, end) for count in range(longest) for middle in itertools.permutations(others, count)]
    every = [way for way in ways if all(frozenset(pair) in near for pair in itertools.pairwise(way))]
    every.sort(key=lambda way: (len(way), way))
    assert shortest_simple_paths(adjacency(graph, "both"), start, end, longest, most) == every[:most]


def test_a_path_is_told_in_words_that_name_all_of_it() -> None:
    graph = Reading(snapshot(DIAMOND))
    result = PathExplanation(start="a", end="e", explanation_depth=1).run(graph)
    assert result.summary == "a calls b. b calls d. d has risk e."
    assert [step["forwards"] for step in result.details["paths"][1]["steps"]] == [True, False, True]
    assert (result.metrics["completeness"].value, result.metrics["completeness"].n) == (1, 3)
    assert result.metrics["clarity"].value is not None
    assert result.metrics["clarity"].n == 10
    assert result.metrics["usefulness"].value is None
    deeper = PathExplanation(start="a", end="b", explanation_depth=3).run(graph)
    assert deeper.summary == "a calls b: a is CALLS to b (since 2026-02-28)."


def test_usefulness_is_what_people_opened() -> None:
    result = PathExplanation(start="a", end="e").run(Reading(snapshot(DIAMOND)), StrategyContext(opened=lambda: (3, 4)))
    assert (result.metrics["usefulness"].value, result.metrics["usefulness"].n) == (0.75, 4)


def told(steps: "tuple[Step, ...] | list[Step]") -> str:
    return "In short: " + ", and ".join(f"{s.subject} {s.predicate} {s.object}" for s in steps) + "."


def test_a_models_words_are_taken_when_they_tell_the_path_and_nothing_else() -> None:
    graph = Reading(snapshot([*DIAMOND, ("stranger", "x")]))
    good = PathExplanation(start="a", end="e").run(graph, StrategyContext(explain=told))
    assert (good.details["explained_by"], good.summary[:9]) == ("model", "In short:")
    foreign = PathExplanation(start="a", end="e").run(
        graph, StrategyContext(explain=lambda s: f"{told(list(s))} So a stranger.")
    )
    assert foreign.details["explained_by"] == "rule"
    assert foreign.details["refused"] == "it names stranger, which the path does not"
    short = PathExplanation(start="a", end="e").run(graph, StrategyContext(explain=lambda _: "a CALLS b."))
    assert short.details["refused"] == "it names 1 of 3 steps"


def test_where_the_model_is_away_the_rule_tells_it() -> None:
    def away(_: object) -> str:
        raise Unavailable("The model is away.")

    result = PathExplanation(start="a", end="e").run(Reading(snapshot(DIAMOND)), StrategyContext(explain=away))
    assert (result.details["explained_by"], result.details["refused"]) == ("rule", "The model is away.")


def test_completeness_is_0_where_anything_else_is_told() -> None:
    steps = [Step("alpha", "CALLS", "beta", "said")]
    assert check("alpha calls beta", steps, ["alpha", "beta", "gamma"]).completeness == 1
    assert check("alpha calls beta and gamma", steps, ["alpha", "beta", "gamma"]).completeness == 0
    assert check("alphabet calls beta", steps, ["alpha", "beta"]).completeness == 0
    assert by_rule(steps, 1, ["2026-01-01"]) == "alpha calls beta."


def test_short_words_read_more_easily_than_long_ones() -> None:
    plain = reading_ease("The dog ran to the red door.", ())
    learned = reading_ease("Organisational responsibility necessitates interdisciplinary communication.", ())
    assert plain is not None
    assert learned is not None
    assert plain[0] > 90 > 20 > learned[0]
    assert reading_ease("...", ()) is None


def test_what_is_not_connected_is_said_to_be_so() -> None:
    result = PathExplanation(start="a", end="x").run(Reading(snapshot([*DIAMOND, ("x", "y")])))
    assert result.summary == "Nothing connects “a” and “x” within 5 steps."
    assert {metric.note for metric in result.metrics.values()} == {"there is no path"}
    with pytest.raises(Invalid, match="end: must be another"):
        PathExplanation(start="a", end="a").run(Reading(snapshot(DIAMOND)))


def test_a_star_of_a_hundred_thousand_and_long_ways_are_answered_in_bounds() -> None:
    star = joined(np.zeros(100_000, np.int32), np.arange(1, 100_001), 100_001)
    result = PathExplanation(start="entity 5", end="entity 77777", max_path_length=8).run(Reading(star))
    assert [path["length"] for path in result.details["paths"]] == [2]
    grid = [(a, b) for a in range(60) for b in range(60) if a < b]
    dense = joined(np.array([a for a, _ in grid]), np.array([b for _, b in grid]), 60)
    many = PathExplanation(start="entity 0", end="entity 59", max_path_length=8).run(Reading(dense))
    assert [path["length"] for path in many.details["paths"]] == [1, 2, 2]


def test_a_sink_is_reached_along_calls_by_its_security_issue() -> None:
    links = [
        ("shop.label", "shop.send", "CALLS"),
        ("shop.send", "S602", "HAS_ISSUE"),
        ("shop.label", "shop.plain", "CALLS"),
        ("shop.plain", "E711", "HAS_ISSUE"),
        ("shop.other", "shop.label", "CALLS"),
    ]
    kinds = dict.fromkeys(("shop.label", "shop.send", "shop.plain", "shop.other"), "function")
    graph = Reading(snapshot(links, kinds={**kinds, "S602": "rule", "E711": "rule"}))
    found = PathExplanation(start="shop.other", towards="sink", explanation_depth=1).run(graph)
    assert found.summary == ("shop.other calls shop.label. shop.label calls shop.send. shop.send has issue S602.")
    assert len(found.details["paths"]) == 1
    none = PathExplanation(start="shop.plain", towards="sink").run(graph)
    assert none.summary == "Nothing connects “shop.plain” and a sink within 5 steps."
