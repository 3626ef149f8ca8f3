"""Entities that mean much the same as a text or as another entity; functions alike in meaning and in shape."""

from collections.abc import Mapping
from typing import Any

from pydantic import Field, model_validator

from sigma_core.errors import Unavailable
from sigma_core.formatting import plural
from sigma_core.graph.imported import Name, Words
from sigma_core.graph.reader import GraphReader, Matrix, Vector
from sigma_core.graph.snapshot import GraphSnapshot, Mask, Numbers
from sigma_core.strategies.base import Finding, Strategy
from sigma_core.strategies.context import StrategyContext
from sigma_core.strategies.entity_lookup import code_entities, described, entities, listed, of_kind
from sigma_core.strategies.function_likeness import like_functions
from sigma_core.strategies.result import Figure, Metric, unavailable
from sigma_core.strategies.vector_similarity import best, diversity

NEAR_DUPLICATE = 0.95
"""Similarity from which two entities say the same in other words."""
BLOCK = 20_000
"""Rows compared at once by the exact search."""


class SemanticSimilaritySearch(Strategy):
    """Compares vectors with all there are."""

    name = "semantic_similarity_search"
    title = "Semantic similarity search"
    description = "Entities that mean much the same as a text or as another entity."
    risk = "low"
    workers = ("think", "learning", "dream")
    metrics = (
        Metric("precision", "results that an exact search confirms to be above the threshold"),
        Metric("recall", "results of an exact search that were found"),
        Metric("diversity", "1 less the mean similarity of all pairs of results"),
    )

    query: Words | None = Field(None, description="A text to compare with; or give an entity.")
    entity: Name | None = Field(None, description="Name of an entity to compare with; or give a text.")
    function: Name | None = Field(
        None, description="Name of a function of the code: which others call the same and mean the same?"
    )
    top_k: int = Field(10, ge=1, le=100, description="Results at most.")
    similarity_threshold: float = Field(0.7, ge=0, le=1, description="Cosine below which nothing is returned.")
    entity_type: Name | None = Field(None, description="Only entities of this kind: pattern, issue_type.")

    @model_validator(mode="after")
    def _one_of_two(self) -> "SemanticSimilaritySearch":
        if sum(each is not None for each in (self.query, self.entity, self.function)) != 1:
            raise ValueError("give one of query, entity and function")
        return self

    def find(self, graph: GraphReader, context: StrategyContext) -> Finding:  # noqa: ARG002 (nothing is left to chance)
        """The nearest of all rows."""
        import numpy as np

        snapshot = graph.holding()
        if self.function is not None:
            return self._like_function(graph, snapshot, self.function)
        own = list(entities(snapshot, self.entity)) if self.entity is not None else []
        wanted = of_kind(snapshot, self.entity_type)
        matrix, there = graph.entity_vectors(snapshot)
        vector = self._vector(graph, matrix, there, own)
        asked = wanted & there
        asked[own] = False
        found, likeness = best(matrix, vector, asked, self.top_k, self.similarity_threshold)

        def measure() -> Mapping[str, Figure]:
            exact = exact_search(matrix, vector, asked, self.top_k, self.similarity_threshold)
            return {**confirmed(found, exact, self.similarity_threshold), "diversity": diversity(matrix[found])}

        details = {
            "compared": int(asked.sum()),
            "without_vector": int((wanted & ~there).sum()),
            "entities": [
                {
                    **described(snapshot, position),
                    "similarity": round(float(value), 4),
                    "near_duplicate": bool(value >= NEAR_DUPLICATE),
                }
                for position, value in zip(found.tolist(), likeness.tolist(), strict=True)
            ],
        }
        uuids = tuple(snapshot.uuids[position] for position in np.asarray(found).tolist())
        return Finding(self._summary(snapshot, found, details), details, uuids, snapshot.version, measure)

    def _like_function(self, graph: GraphReader, snapshot: GraphSnapshot, name: str) -> Finding:
        (position, *_) = code_entities(snapshot, name)
        try:
            vectors = graph.entity_vectors(snapshot)
        except Unavailable:
            vectors = None
        found = like_functions(snapshot, position, vectors, self.top_k)
        rows = [
            {
                **described(snapshot, each.position),
                "similarity": round(each.likeness, 4),
                "near_duplicate": each.likeness >= NEAR_DUPLICATE,
                "fixes": [snapshot.names[fix] for fix in each.fixes],
                "because": each.because(snapshot),
            }
            for each in found
            if each.likeness >= self.similarity_threshold
        ]
        said = f"No function is as much like “{name}” as {self.similarity_threshold:g}."
        if rows:
            said = f"{plural(len(rows), 'function is', 'functions are')} like “{name}”, first: {rows[0]['because']}"
        ruled = unavailable("all functions are compared")
        uuids = tuple(str(row["uuid"]) for row in rows)
        return Finding(
            said, {"entities": rows}, uuids, snapshot.version, lambda: {each.name: ruled for each in self.metrics}
        )

    def _vector(self, graph: GraphReader, matrix: Matrix, there: Mask, own: list[int]) -> Vector:
        if self.query is not None:
            return graph.embed_query(self.query)
        for position in own:
            if there[position]:
                vector: Vector = matrix[position]
                return vector
        raise Unavailable(f"“{self.entity}” has no vector yet.")

    def _summary(self, snapshot: GraphSnapshot, found: Numbers, details: Mapping[str, Any]) -> str:
        to = f"“{(self.entity or self.query or '')[:80]}”"
        if not len(found):
            compared = plural(details["compared"], "entity", "entities")
            return f"None of {compared} is as similar to {to} as {self.similarity_threshold:g}."
        names = listed([snapshot.names[position] for position in found.tolist()[:3]])
        return f"{plural(len(found), 'entity is', 'entities are')} similar to {to}, the nearest {names}."


def exact_search(matrix: Matrix, vector: Vector, asked: Mask, most: int, threshold: float) -> dict[int, float]:
    """Every row compared in double precision, and sorted as a whole: similarities of the best by their positions."""
    import numpy as np

    likeness = np.full(len(matrix), -np.inf)
    for start in range(0, len(matrix), BLOCK):
        block = slice(start, start + BLOCK)
        likeness[block] = matrix[block].astype(np.float64) @ np.asarray(vector, np.float64)
    likeness[~asked] = -np.inf
    order = np.argsort(-likeness, kind="stable")[:most]
    return {int(position): float(likeness[position]) for position in order if likeness[position] >= threshold}


def confirmed(found: Numbers, exact: Mapping[int, float], threshold: float) -> dict[str, Figure]:
    """Precision and recall beside an exact search."""
    returned = set(found.tolist())
    right = sum(position in exact for position in returned)
    nothing = unavailable(f"nothing is as similar as {threshold:g}")
    return {
        "precision": Figure(right / len(returned), len(returned)) if returned else nothing,
        "recall": Figure(right / len(exact), len(exact)) if exact else nothing,
    }
