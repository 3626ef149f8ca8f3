"""Walking over facts: who is next to whom, and who is how far. Pure, on arrays."""

from dataclasses import dataclass
from typing import Literal

from sigma_core.graph.snapshot import Facts, GraphSnapshot, Mask, Numbers

Direction = Literal["both", "out", "in"]
FAR = -1
"""Distance of what is not reached."""


@dataclass(frozen=True, eq=False)
class Adjacency:
    """Neighbours of entity *e* are ``neighbour[start[e]:start[e + 1]]``, in their order, each by the fact beside it."""

    start: Numbers
    neighbour: Numbers
    fact: Numbers

    def between(self, entities: Numbers) -> Numbers:
        """Places in `neighbour` of all neighbours of these entities, one entity after the other."""
        import numpy as np

        first, count = self.start[entities], self.start[entities + 1] - self.start[entities]
        before = np.cumsum(count) - count
        places: Numbers = np.repeat(first - before, count) + np.arange(int(count.sum()))
        return places


def adjacency(snapshot: GraphSnapshot, direction: Direction) -> Adjacency:
    """Of all facts, in one direction or both; kept with the snapshot."""
    return snapshot.derived(f"adjacency {direction}", lambda made: _adjacency(len(made), made.facts, direction))


def _adjacency(entities: int, facts: Facts, direction: Direction) -> Adjacency:
    import numpy as np

    fact = np.arange(len(facts), dtype=np.int32)
    ways = {"out": [(facts.source, facts.target)], "in": [(facts.target, facts.source)]}
    ways["both"] = ways["out"] + ways["in"]
    here = np.concatenate([way[0] for way in ways[direction]])
    there = np.concatenate([way[1] for way in ways[direction]])
    order = np.argsort(here.astype(np.int64) * max(1, entities) + there, kind="stable")
    start = np.zeros(entities + 1, np.int64)
    np.cumsum(np.bincount(here, minlength=entities), out=start[1:])
    return Adjacency(start, there[order], np.tile(fact, len(ways[direction]))[order])


@dataclass(frozen=True, eq=False)
class Distances:
    """Who is how far from where a walk began, and by which fact it was first reached."""

    distance: Numbers
    """`FAR` for what was not reached."""
    fact: Numbers
    """-1 where the walk began, and for what was not reached."""


def reach(around: Adjacency, starts: Numbers, hops: int | None, allowed: Mask | None = None) -> Distances:
    """Walk so many steps (None: as far as there are any) over the facts that are allowed."""
    import numpy as np

    entities = len(around.start) - 1
    distance, fact = np.full(entities, FAR, np.int32), np.full(entities, -1, np.int32)
    distance[starts] = 0
    frontier, step = np.unique(starts), 0
    while len(frontier) and (hops is None or step < hops):
        step += 1
        places = around.between(frontier)
        if allowed is not None:
            places = places[allowed[around.fact[places]]]
        places = places[distance[around.neighbour[places]] == FAR]
        # Written backwards, so that the first way stays
        fact[around.neighbour[places[::-1]]] = around.fact[places[::-1]]
        distance[around.neighbour[places]] = step
        frontier = np.flatnonzero(distance == step)
    return Distances(distance, fact)
