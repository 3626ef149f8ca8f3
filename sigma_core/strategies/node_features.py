"""What is said of an entity by its place in the graph, in figures; and which of them stand out."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

from sigma_core.graph.snapshot import GraphSnapshot, Mask, Numbers
from sigma_core.strategies.structure import betweenness, clustering, newest, pagerank, pairs

if TYPE_CHECKING:
    import numpy as np

    Table = np.ndarray[Any, np.dtype[np.float64]]
else:
    Table = Any

Algorithm = Literal["isolation_forest", "robust_z_score"]
FEATURES = (
    "neighbours",
    "facts as subject",
    "facts as object",
    "PageRank",
    "betweenness",
    "clustering",
    "age of its newest fact",
    "kinds of relation",
    "facts with each neighbour",
)
OUTLYING = 3.5
"""Robust z-score from which a value stands out (Iglewicz and Hoaglin, 1993)."""
TREES = 100


def features(snapshot: GraphSnapshot, at: float, seed: int) -> Table:
    """A row for each entity, a column for each of `FEATURES`; counts as logarithms, because few have very many."""
    import numpy as np

    count, facts, joined = len(snapshot), snapshot.facts, pairs(snapshot)
    neighbours = np.bincount(joined.one, minlength=count) + np.bincount(joined.other, minlength=count)
    said = np.bincount(facts.source, minlength=count)
    told = np.bincount(facts.target, minlength=count)
    return np.column_stack(
        (
            np.log1p(neighbours),
            np.log1p(said),
            np.log1p(told),
            np.log(np.maximum(pagerank(snapshot) * count, 1e-12)),
            np.log1p(betweenness(snapshot, seed)),
            clustering(snapshot),
            np.log1p(np.maximum(0.0, at - newest(snapshot)) / 86_400),
            np.log1p(_relations(snapshot)),
            np.log1p((said + told) / np.maximum(1, neighbours)),
        )
    )


def _relations(snapshot: GraphSnapshot) -> Numbers:
    """How many kinds of relation each entity has."""
    import numpy as np
    from scipy.sparse import csr_array

    facts, shape = snapshot.facts, (len(snapshot), max(1, len(snapshot.predicates)))
    ends = np.concatenate((facts.source, facts.target))
    met = csr_array((np.ones(len(ends), np.int32), (ends, np.tile(facts.predicate, 2))), shape=shape)
    met.sum_duplicates()
    counts: Numbers = np.diff(met.indptr)
    return counts


def robust_z(table: Table) -> Table:
    """Distance of each value from its column's median, in robust standard deviations; 0 in a column of one value.

    By the median deviation, or where that is 0 by the mean one.
    """
    import numpy as np

    away = table - np.median(table, axis=0)
    median = 1.4826 * np.median(np.abs(away), axis=0)
    mean = 1.2533 * np.mean(np.abs(away), axis=0)
    scale = np.where(median > 1e-12, median, mean)
    return np.divide(away, scale, out=np.zeros_like(away), where=scale > 1e-12)


def scores(table: Table, algorithm: Algorithm, seed: int) -> Table:
    """How much each row stands out; more is more."""
    import numpy as np

    if algorithm == "robust_z_score":
        found: Table = np.abs(robust_z(table)).max(axis=1)
        return found
    from sklearn.ensemble import IsolationForest

    forest = IsolationForest(n_estimators=TREES, random_state=seed).fit(table)
    alone: Table = -forest.score_samples(table)
    return alone


def outstanding(score: Table, algorithm: Algorithm, contamination: float) -> Mask:
    """Rows that stand out: at most this share of them, and none by chance of a tie."""
    import numpy as np

    flagged = score > np.quantile(score, 1 - contamination, method="higher")
    if contamination * len(score) >= 1 and not flagged.any():
        flagged = (score == score.max()) & ((score == score.max()).sum() <= contamination * len(score))
    return flagged & (score >= OUTLYING) if algorithm == "robust_z_score" else flagged


def reasons(z: Sequence[float], most: int = 3) -> list[str]:
    """Features that set one row apart, the foremost first."""
    order = sorted(range(len(FEATURES)), key=lambda number: -abs(z[number]))
    apart = [number for number in order if abs(z[number]) >= 2][:most] or order[:1]
    return [f"{FEATURES[number]} {'far above' if z[number] > 0 else 'far below'} the rest" for number in apart]
