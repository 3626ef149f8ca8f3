"""What is within a few steps of an entity, and what a change of code may reach."""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import Field, model_validator

from sigma_core.errors import Invalid
from sigma_core.formatting import plural
from sigma_core.graph.imported import Name
from sigma_core.graph.reader import GraphReader
from sigma_core.graph.snapshot import GraphSnapshot, Mask, Numbers
from sigma_core.graph.vocabulary import CLASS, FUNCTION, MODULE, TEST
from sigma_core.strategies.base import Finding, Strategy
from sigma_core.strategies.blast_radius import BlastRadius, blast_radius
from sigma_core.strategies.context import StrategyContext
from sigma_core.strategies.entity_lookup import code_entities, described, entities, fact_document, listed
from sigma_core.strategies.nearest_first import nearest_first
from sigma_core.strategies.result import Figure, Metric, unavailable
from sigma_core.strategies.traversal import FAR, Direction, Distances, adjacency, reach
from sigma_core.strategies.vector_similarity import to_centre

RETURNED = 200
"""Entities in a result: the nearest, and of those as near the best connected."""


class MultiHopExploration(Strategy):
    """Walks from an entity over facts that hold."""

    name = "multi_hop_exploration"
    title = "Multi-hop exploration"
    description = "What is within a few steps of an entity, or what a change of code may reach, and why."
    risk = "low"
    workers = ("think", "recall")
    metrics = (
        Metric("coverage", "entities reached, of all that are connected to it at all"),
        Metric("novelty", "entities returned that none of this worker's last ten runs returned"),
        Metric("relevance", "mean similarity of what is returned to where it began", unit="cosine"),
    )

    start_entity: Name | None = Field(None, description="Name of the entity to begin with; or give what changes.")
    changed: tuple[Name, ...] = Field(
        (),
        max_length=50,
        description="Functions, classes or modules that change: who calls, derives from, imports and tests them.",
    )
    max_hops: int = Field(3, ge=1, le=6, description="Steps to walk at most.")
    direction: Direction = Field("both", description="Along facts from subject to object (out), against them, or both.")
    relationship_types: tuple[Name, ...] = Field(
        (), max_length=50, description="Walk only over relations of these names; none: over all."
    )

    @model_validator(mode="after")
    def _one_of_two(self) -> "MultiHopExploration":
        if (self.start_entity is None) == (not self.changed):
            raise ValueError("give either start_entity or changed")
        return self

    def find(self, graph: GraphReader, context: StrategyContext) -> Finding:
        """Breadth first, nearest first."""
        snapshot = graph.holding()
        if self.start_entity is None:
            return self._blast_radius(graph, snapshot, context)
        return self._around(graph, snapshot, self.start_entity, context)

    def _blast_radius(self, graph: GraphReader, snapshot: GraphSnapshot, context: StrategyContext) -> Finding:
        import numpy as np

        starts = [position for name in self.changed for position in code_entities(snapshot, name)]
        radius = blast_radius(snapshot, starts, self.max_hops)
        tests = nearest_first(radius)
        returned = np.array([*radius.of(FUNCTION, CLASS, MODULE).tolist(), *tests][:RETURNED], np.int64)
        uuids = tuple(snapshot.uuids[int(position)] for position in returned)

        def measure() -> Mapping[str, Figure]:
            return {
                "coverage": coverage(snapshot, radius.starts, Distances(radius.hops, radius.fact)),
                "novelty": novelty(uuids, context),
                "relevance": to_centre(graph, snapshot, radius.starts, returned),
            }

        return Finding(
            blast_summary(radius, self.changed, self.max_hops),
            _blast_details(radius, tests),
            uuids,
            snapshot.version,
            measure,
        )

    def _around(self, graph: GraphReader, snapshot: GraphSnapshot, start: str, context: StrategyContext) -> Finding:
        import numpy as np

        starts = np.array(entities(snapshot, start), np.int32)
        seen = reach(adjacency(snapshot, self.direction), starts, self.max_hops, self._allowed(snapshot))
        returned = nearest(snapshot, seen)
        uuids = tuple(snapshot.uuids[int(position)] for position in returned)

        def measure() -> Mapping[str, Figure]:
            return {
                "coverage": coverage(snapshot, starts, seen),
                "novelty": novelty(uuids, context),
                "relevance": to_centre(graph, snapshot, starts, returned),
            }

        return Finding(
            self._summary(snapshot, start, seen, returned),
            _details(snapshot, seen, returned),
            uuids,
            snapshot.version,
            measure,
        )

    def _allowed(self, snapshot: GraphSnapshot) -> Mask | None:
        import numpy as np

        if not self.relationship_types:
            return None
        known = {name: code for code, name in enumerate(snapshot.predicates)}
        if strange := [name for name in self.relationship_types if name not in known]:
            there = listed(sorted(known), 20) or "none at all"
            raise Invalid({"relationship_types": f"no fact that holds is called {listed(strange)}; there is {there}"})
        codes = [known[name] for name in self.relationship_types]
        return np.isin(snapshot.facts.predicate, codes)

    def _summary(self, snapshot: GraphSnapshot, start: str, seen: Distances, returned: Numbers) -> str:
        reached = int((seen.distance > 0).sum())
        steps = plural(self.max_hops, "step")
        if not reached:
            return f"Nothing is connected to “{start}” within {steps}."
        names = [snapshot.names[int(position)] for position in returned[:3]]
        within = f"{plural(reached, 'entity', 'entities')} within {steps} of “{start}”"
        return f"{within}, nearest {listed(names)}."


def nearest(snapshot: GraphSnapshot, seen: Distances) -> Numbers:
    """Positions of what was reached, by distance, then by number of facts, then by name's position."""
    import numpy as np

    reached = np.flatnonzero(seen.distance > 0)
    around = adjacency(snapshot, "both")
    degree = around.start[reached + 1] - around.start[reached]
    order = np.lexsort((reached, -degree, seen.distance[reached]))[:RETURNED]
    nearest_: Numbers = reached[order]
    return nearest_


def coverage(snapshot: GraphSnapshot, starts: Numbers, seen: Distances) -> Figure:
    """Reached, of all in the component, where it began included in both."""
    whole = reach(adjacency(snapshot, "both"), starts, None)
    component = int((whole.distance != FAR).sum())
    return Figure(int((seen.distance != FAR).sum()) / component, component)


def novelty(uuids: tuple[str, ...], context: StrategyContext) -> Figure:
    """Share of these that the worker's last ten runs did not return."""
    recent = context.recent()
    if recent is None:
        return unavailable("this worker had no run before")
    if not uuids:
        return unavailable("nothing was returned")
    known = frozenset(recent)
    return Figure(sum(uuid not in known for uuid in uuids) / len(uuids), len(uuids))


def _details(snapshot: GraphSnapshot, seen: Distances, returned: Numbers) -> dict[str, Any]:
    import numpy as np

    by_hop = np.bincount(seen.distance[seen.distance > 0])[1:].tolist()
    rows = [
        {
            **described(snapshot, position),
            "hops": int(seen.distance[position]),
            "by": fact_document(snapshot, int(seen.fact[position])),
        }
        for position in returned.tolist()
    ]
    return {"reached": sum(by_hop), "by_hop": by_hop, "returned": len(rows), "entities": rows}


def blast_summary(radius: BlastRadius, changed: Sequence[str], hops: int) -> str:
    """How far the change reaches, and how much of that no test does."""
    functions, tests = len(radius.dependents), len(radius.of(TEST))
    if not functions and not tests:
        return f"Nothing is known to depend on {listed(changed)} within {plural(hops, 'step')}."
    reached = f"{plural(functions, 'function')} and {plural(tests, 'test')}"
    said = f"A change of {listed(changed)} may reach {reached} within {plural(hops, 'step')}"
    untested = len(radius.untested)
    return f"{said}; no test reaches {untested:,} of {1 + functions:,}." if untested else f"{said}; tests reach all."


def _blast_details(radius: BlastRadius, tests: Sequence[int]) -> dict[str, Any]:
    names = radius.code.snapshot.names
    functions = radius.dependents.tolist()
    return {
        "changed": [names[position] for position in radius.starts.tolist()],
        "reached": len(functions),
        "untested": [names[position] for position in radius.untested.tolist()[:RETURNED]],
        "risk": round(radius.risk, 4),
        "functions": [_reached(radius, position) for position in functions[:RETURNED]],
        "modules": [_reached(radius, position) for position in radius.of(MODULE).tolist()[:RETURNED]],
        "tests": [_reached(radius, position) for position in tests[:RETURNED]],
    }


def _reached(radius: BlastRadius, position: int) -> dict[str, Any]:
    return {
        **described(radius.code.snapshot, position),
        "hops": int(radius.hops[position]),
        "because": radius.because(position),
        "tested": bool(radius.tested[position]),
    }
