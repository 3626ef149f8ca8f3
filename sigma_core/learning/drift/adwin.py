"""Whether a share is still what it was: ADWIN over 0 and 1, or any figures from 0 to 1. Pure rules of values.

Bifet and Gavaldà, "Learning from time-changing data with adaptive windowing", 2007: the window is cut in two where the
means of its parts differ by more than chance allows, and what is older is dropped. With the bound of River's, but each
cut of the window is looked at whenever a figure comes in, not some of them now and then: outcomes are few.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import log
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

    FloatArray = np.ndarray[Any, np.dtype[np.float64]]

DELTA = 0.05
"""How sure a drift is: of windows in which nothing changes, the share that is cut all the same is bounded by it."""
FEWEST = 20
"""Figures before a window is looked at."""
FEWEST_IN_PART = 5
LONGEST = 1000
"""Newest figures that a window holds."""


@dataclass(frozen=True)
class ShareDrift:
    """Where a series changed: the mean of so many figures up to a place, and of those since until it was noticed."""

    cut: int
    """Place of the first figure that counts, in the whole series."""
    noticed: int
    """Place of the figure it was noticed by."""
    before: float
    before_n: int
    after: float
    after_n: int


def drifts(figures: Sequence[float], delta: float = DELTA) -> list[ShareDrift]:
    """All that a series shows as it comes in, the oldest first."""
    import numpy as np

    sums = np.concatenate(([0.0], np.cumsum(np.asarray(figures, dtype=float))))
    squares = np.concatenate(([0.0], np.cumsum(np.square(np.asarray(figures, dtype=float)))))
    found, start = list[ShareDrift](), 0
    for place in range(len(figures)):
        start = max(start, place + 1 - LONGEST)
        if (drift := _cut(sums, squares, start, place, delta)) is not None:
            found.append(drift)
            start = drift.cut
    return found


def _cut(sums: "FloatArray", squares: "FloatArray", start: int, place: int, delta: float) -> ShareDrift | None:
    """Where the window up to a place is best cut, if chance does not explain it."""
    import numpy as np

    n = place + 1 - start
    if n < FEWEST:
        return None
    total = sums[place + 1] - sums[start]
    variance = max(0.0, (squares[place + 1] - squares[start]) / n - (total / n) ** 2)
    sureness = log(2 * log(n) / delta)
    older = np.arange(FEWEST_IN_PART, n - FEWEST_IN_PART + 1)
    left = sums[start + older] - sums[start]
    before, after = left / older, (total - left) / (n - older)
    rarity = 1 / (older - FEWEST_IN_PART + 1) + 1 / (n - older - FEWEST_IN_PART + 1)
    excess = np.abs(before - after) - np.sqrt(2 * rarity * variance * sureness) - 2 / 3 * sureness * rarity
    best = int(np.argmax(excess))
    if excess[best] <= 0:
        return None
    count = int(older[best])
    return ShareDrift(
        start + count, place, round(float(before[best]), 4), count, round(float(after[best]), 4), n - count
    )
