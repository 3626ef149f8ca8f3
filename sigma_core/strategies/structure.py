"""The shape of the graph: who is joined to whom at all, and how central that makes them."""

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sigma_core.graph.snapshot import GraphSnapshot, Moments, Numbers

if TYPE_CHECKING:
    import igraph
    import numpy as np

    Reals = np.ndarray[Any, np.dtype[np.floating[Any]]]
else:
    Reals = Any

DAMPING = 0.85
PRECISION = 1e-8
"""PageRank is done when a round moves no more of the whole than this."""
ROUNDS, LOOKED_AT = 200, 5
"""PageRank's rounds at most, and after how many it is seen whether it is done."""
REACHED = 3_000_000
"""Facts that sampled betweenness may walk over; with it goes the number of entities it begins with."""
FEWEST, MOST = 4, 64
"""Entities that sampled betweenness begins with."""


@dataclass(frozen=True, eq=False)
class Pairs:
    """Who is joined to whom by any facts, whatever their direction; nobody with itself."""

    one: Numbers
    other: Numbers
    facts: Numbers
    """How many facts join them."""


def pairs(snapshot: GraphSnapshot) -> Pairs:
    """Of a snapshot, kept with it."""
    return snapshot.derived("pairs", _pairs)


def _pairs(snapshot: GraphSnapshot) -> Pairs:
    import numpy as np

    source, target = snapshot.facts.source.astype(np.int64), snapshot.facts.target.astype(np.int64)
    low, high = np.minimum(source, target), np.maximum(source, target)
    joined = low != high
    keys, facts = np.unique(low[joined] * max(1, len(snapshot)) + high[joined], return_counts=True)
    return Pairs(keys // max(1, len(snapshot)), keys % max(1, len(snapshot)), facts)


def undirected(snapshot: GraphSnapshot) -> "igraph.Graph":
    """As igraph knows it, each pair once; kept with the snapshot."""
    return snapshot.derived("igraph", _undirected)


def _undirected(snapshot: GraphSnapshot) -> "igraph.Graph":
    import igraph
    import numpy as np

    joined = pairs(snapshot)
    return igraph.Graph(n=len(snapshot), edges=np.column_stack((joined.one, joined.other)))


def seeded(seed: int) -> None:
    """From here igraph leaves to chance what follows from the seed."""
    import igraph

    igraph.set_random_number_generator(random.Random(seed))  # noqa: S311 (no secret)


def pagerank(snapshot: GraphSnapshot) -> Reals:
    """Of all entities, along facts from subject to object; the sum is 1. Kept with the snapshot."""
    return snapshot.derived("pagerank", _pagerank)


def _pagerank(snapshot: GraphSnapshot) -> Reals:
    import numpy as np
    from scipy.sparse import csr_array

    count, facts = len(snapshot), snapshot.facts
    if not count:
        return np.zeros(0)
    leaving = np.bincount(facts.source, minlength=count)
    passed = csr_array((DAMPING / leaving[facts.source], (facts.target, facts.source)), shape=(count, count))
    # Only what facts lead away from passes anything on; what is not passed on goes to all alike
    passing = np.flatnonzero(leaving)
    from_these = passed[:, passing]
    between = from_these[passing]
    rank = np.full(len(passing), 1.0 / count)
    for number in range(ROUNDS):
        new = between @ rank
        new += (1 - DAMPING * rank.sum()) / count
        done = number % LOOKED_AT == 0 and np.abs(new - rank).sum() < PRECISION
        rank = new
        if done:
            break
    whole: Reals = from_these @ rank
    whole += (1 - whole.sum()) / count
    return whole


def sources(snapshot: GraphSnapshot, seed: int) -> list[int]:
    """Entities that sampled betweenness begins with; all where there are few."""
    import numpy as np

    count = len(snapshot)
    wanted = min(MOST, max(FEWEST, REACHED // max(1, len(pairs(snapshot).one))))
    chosen = np.random.default_rng(seed).choice(count, min(count, wanted), replace=False)
    return sorted(chosen.tolist())


def betweenness(snapshot: GraphSnapshot, seed: int) -> Reals:
    """Shortest paths through each entity, estimated from those that begin at some (Brandes and Pich, 2007)."""
    import numpy as np

    some = sources(snapshot, seed)
    if not some:
        return np.zeros(0)
    through = np.array(undirected(snapshot).betweenness(directed=False, sources=some, targets=None))
    found: Reals = through * (len(snapshot) / len(some))
    return found


def clustering(snapshot: GraphSnapshot) -> Reals:
    """Share of an entity's neighbours that are joined themselves; 0 for those with fewer than two."""
    import numpy as np

    found: Reals = np.array(undirected(snapshot).transitivity_local_undirected(mode="zero"), float)
    return found


def newest(snapshot: GraphSnapshot) -> Moments:
    """When the newest fact of each entity began, seconds since 1970; when it came to be known, where it has none."""
    import numpy as np

    found = np.full(len(snapshot), -np.inf)
    for ends in (snapshot.facts.source, snapshot.facts.target):
        np.maximum.at(found, ends, snapshot.facts.valid_at)
    return np.where(np.isinf(found), snapshot.born_at, found)
