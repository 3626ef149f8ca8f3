"""What is alike, with vectors of which it is known how alike they are."""

import numpy as np
import pytest
from fakes.graph_snapshots import Reading, joined, snapshot

from sigma_core.errors import Invalid, Unavailable
from sigma_core.graph.snapshot import GraphSnapshot
from sigma_core.strategies.semantic_similarity_search import SemanticSimilaritySearch, confirmed, exact_search

VECTORS = {
    "close the file": (1.0, 0.0, 0.0),
    "shut the file": (0.99, 0.14, 0.0),
    "open a file": (0.8, 0.6, 0.0),
    "paint a door": (0.0, 0.0, 1.0),
    "what closes a file?": (1.0, 0.02, 0.0),
}
NAMES = [name for name in VECTORS if not name.endswith("?")]


def reading(**kinds: str) -> Reading:
    return Reading(snapshot([], alone=[*NAMES, "without a vector"], kinds=kinds), VECTORS)


def found(**parameters: object) -> dict[str, float]:
    result = SemanticSimilaritySearch.model_validate(parameters).run(reading())
    return {row["name"]: row["similarity"] for row in result.details["entities"]}


def test_the_nearest_come_first_and_what_is_far_does_not_come() -> None:
    assert list(found(query="what closes a file?")) == ["close the file", "shut the file", "open a file"]
    assert list(found(query="what closes a file?", top_k=1)) == ["close the file"]
    assert list(found(query="what closes a file?", similarity_threshold=0.9)) == ["close the file", "shut the file"]


def test_an_entity_is_not_similar_to_itself() -> None:
    assert list(found(entity="close the file")) == ["shut the file", "open a file"]


def test_near_duplicates_are_marked() -> None:
    result = SemanticSimilaritySearch(entity="close the file").run(reading())
    assert [row["near_duplicate"] for row in result.details["entities"]] == [True, False]


def test_only_entities_of_a_kind_are_compared() -> None:
    graph = reading(**{"open a file": "pattern"})
    result = SemanticSimilaritySearch(query="what closes a file?", entity_type="pattern").run(graph)
    assert [row["name"] for row in result.details["entities"]] == ["open a file"]
    with pytest.raises(Invalid, match="entity_type: no entity is a “nonsense”; there is “pattern” and “thing”"):
        SemanticSimilaritySearch(query="what closes a file?", entity_type="nonsense").run(graph)


def test_metrics_are_of_an_exact_search_and_of_all_pairs() -> None:
    result = SemanticSimilaritySearch(query="what closes a file?").run(reading())
    assert (result.metrics["precision"].value, result.metrics["recall"].value) == (1, 1)
    rows = np.array([VECTORS[name] for name in ("close the file", "shut the file", "open a file")])
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    mean = np.mean([rows[a] @ rows[b] for a in range(3) for b in range(a)])
    assert result.metrics["diversity"].value == pytest.approx(1 - mean, abs=1e-5)
    assert result.metrics["diversity"].n == 3
    assert result.details["without_vector"] == 1


def test_what_was_missed_or_should_not_be_there_shows() -> None:
    figures = confirmed(np.array([1, 2]), {1: 0.9, 3: 0.8, 4: 0.7}, 0.7)
    assert (figures["precision"].value, figures["recall"].value) == (0.5, pytest.approx(1 / 3))
    assert confirmed(np.array([], int), {}, 0.7)["recall"].value is None


def test_nothing_similar_is_said_with_the_number_compared() -> None:
    result = SemanticSimilaritySearch(entity="paint a door").run(reading())
    assert result.summary == "None of 3 entities is as similar to “paint a door” as 0.7."
    assert result.metrics["precision"].note == "nothing is as similar as 0.7"


def test_an_entity_without_a_vector_cannot_be_compared() -> None:
    with pytest.raises(Unavailable, match="“without a vector” has no vector yet"):
        SemanticSimilaritySearch(entity="without a vector").run(reading())


def test_it_is_either_a_text_or_an_entity() -> None:
    for wrong in ({}, {"query": "a", "entity": "b"}):
        with pytest.raises(ValueError, match="one of query, entity and function"):
            SemanticSimilaritySearch.model_validate(wrong)


def test_an_empty_graph_has_nothing_similar() -> None:
    result = SemanticSimilaritySearch(query="a").run(Reading(snapshot([]), {"a": (1.0,)}))
    assert result.summary == "None of 0 entities is as similar to “a” as 0.7."


class Large(Reading):
    """Vectors by position."""

    def entity_vectors(self, snapshot: GraphSnapshot) -> tuple[np.ndarray, np.ndarray]:
        chance = np.random.default_rng(1)
        matrix = chance.normal(size=(len(snapshot), 16)).astype(np.float32)
        return matrix / np.linalg.norm(matrix, axis=1, keepdims=True), np.ones(len(snapshot), bool)


def test_the_best_of_many_are_those_of_a_whole_sort() -> None:
    graph = Large(joined(np.array([0]), np.array([1]), 30_000))
    result = SemanticSimilaritySearch(entity="entity 5", top_k=50, similarity_threshold=0.1).run(graph)
    matrix, there = graph.entity_vectors(graph.whole)
    there[5] = False
    exact = exact_search(matrix, matrix[5], there, 50, 0.1)
    assert [row["name"] for row in result.details["entities"]] == [f"entity {position}" for position in exact]
    assert result.metrics["recall"].value == 1
