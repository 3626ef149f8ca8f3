"""How alike vectors are. Rows are unit vectors, so that a product is the cosine."""

from sigma_core.errors import Unavailable
from sigma_core.graph.reader import GraphReader, Matrix, Vector
from sigma_core.graph.snapshot import GraphSnapshot, Mask, Numbers
from sigma_core.strategies.result import Figure, unavailable

PAIRED = 500
"""Rows of which all pairs are compared."""


def to_centre(graph: GraphReader, snapshot: GraphSnapshot, starts: Numbers, positions: Numbers) -> Figure:
    """Mean similarity of some entities to the first of others."""
    import numpy as np

    try:
        matrix, there = graph.entity_vectors(snapshot)
    except Unavailable as error:
        return unavailable(str(error))
    centre = [position for position in np.asarray(starts).tolist() if there[position]]
    some = np.asarray(positions)[there[np.asarray(positions, np.int64)]] if len(positions) else np.asarray(positions)
    if not centre or not len(some):
        return unavailable("the entities have no vectors yet" if len(positions) else "nothing was returned")
    return Figure(float((matrix[some] @ matrix[centre[0]]).mean()), len(some))


def diversity(rows: Matrix) -> Figure:
    """1 less the mean similarity of all pairs of rows, of the first few hundred."""
    some = rows[:PAIRED]
    count = len(some)
    if count < 2:
        return unavailable("it takes two results to differ")
    total = some.sum(axis=0, dtype="float64")
    pairs = count * (count - 1)
    return Figure(1 - float(total @ total - (some.astype("float64") ** 2).sum()) / pairs, pairs // 2)


def best(matrix: Matrix, vector: Vector, asked: Mask, most: int, threshold: float) -> tuple[Numbers, Vector]:
    """Positions of the rows nearest to a vector, the nearest first, and their similarities."""
    import numpy as np

    likeness = matrix @ vector
    some = np.flatnonzero((likeness >= threshold) & asked)
    if len(some) > most:
        some = some[np.argpartition(-likeness[some], most - 1)[:most]]
    some = some[np.lexsort((some, -likeness[some]))]
    return some, likeness[some]
