"""The shortest ways from one entity to another that meet nobody twice. Pure."""

from collections.abc import Iterator, Sequence

from sigma_core.graph.snapshot import Numbers
from sigma_core.strategies.traversal import FAR, Adjacency, reach

TRIED = 20_000
"""Entities that one search may stand on."""


def shortest_simple_paths(around: Adjacency, start: int, end: int, longest: int, most: int) -> list[tuple[int, ...]]:
    """Up to `most` paths of up to `longest` steps, the shortest first, those as long by the order of positions.

    Stops after `TRIED` steps: where very many long ways exist, some may be left out, never a shorter one for a longer.
    """
    import numpy as np

    if start == end:
        return []
    left = reach(around, np.array([end]), longest - 1).distance
    found: list[tuple[int, ...]] = []
    budget = [TRIED]
    for length in range(_least(around, left, start), longest + 1):
        for path in _of_length(around, left, start, end, length, budget):
            found.append(path)
            if len(found) == most:
                return found
    return found


def _least(around: Adjacency, left: Numbers, start: int) -> int:
    """The number of steps of the shortest path; more than any where there is none."""
    if left[start] != FAR:
        return int(left[start])
    next_ = left[around.neighbour[around.start[start] : around.start[start + 1]]]
    next_ = next_[next_ != FAR]
    return 1 + int(next_.min()) if len(next_) else len(left) + 1


def _of_length(
    around: Adjacency, left: Numbers, start: int, end: int, length: int, budget: list[int]
) -> Iterator[tuple[int, ...]]:
    """Depth first, only over entities from which the end can be reached in the steps that remain."""
    path, onward = [start], [iter(_next(around, left, start, end, length - 1))]
    while onward:
        step = next(onward[-1], None)
        if step is None:
            onward.pop()
            path.pop()
            continue
        if step in path:
            continue
        budget[0] -= 1
        if budget[0] < 0:
            return
        if len(path) == length:
            yield (*path, step)
            continue
        path.append(step)
        onward.append(iter(_next(around, left, step, end, length - len(path))))


def _next(around: Adjacency, left: Numbers, here: int, end: int, remaining: int) -> Sequence[int]:
    """Neighbours from which the end is that far or nearer, each once, in their order."""
    import numpy as np

    places = slice(around.start[here], around.start[here + 1])
    neighbours = around.neighbour[places]
    if not remaining:
        return [end] if (neighbours == end).any() else []
    distance = left[neighbours]
    near = neighbours[(distance != FAR) & (distance <= remaining) & (neighbours != end)]
    return np.unique(near).tolist()  # type: ignore[no-any-return]
