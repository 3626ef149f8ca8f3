"""How good forecasts are, with intervals. Pure."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from random import Random
from statistics import fmean

BINS = 10
ROUNDS = 1000
Pairs = Sequence[tuple[float, bool]]
"""What was said of each issue that lived at one moment, and whether it was fixed."""
Figure = Callable[[Pairs], Sequence[float]]
"""What one moment comes to, in parts: each is averaged over moments, all alike, and sizes of the means add up."""


def auc(pairs: Pairs) -> Sequence[float]:
    """Probability that a fixed issue stood before one that was not."""
    fixed = [said for said, happened in pairs if happened]
    others = sorted(said for said, happened in pairs if not happened)
    won = sum(bisect_left(others, said) + bisect_right(others, said) for said in fixed)
    return [won / 2 / len(fixed) / len(others)]


def brier(pairs: Pairs) -> Sequence[float]:
    """Mean squared difference of what was said from what happened."""
    return [fmean((said - happened) ** 2 for said, happened in pairs)]


def calibration_error(pairs: Pairs) -> Sequence[float]:
    """Distance of what was said from what happened, in ten bins."""
    apart = [0.0] * BINS
    for said, happened in pairs:
        apart[min(BINS - 1, int(said * BINS))] += (said - happened) / len(pairs)
    return apart


def interval(figure: Figure, by_repository: Sequence[Sequence[Pairs]], less: Sequence[Sequence[Pairs]] = ()) -> str:
    """A figure of all moments, or by how much it is more than that of others, and the 95 % interval of a bootstrap
    over repositories: moments of one are not independent."""
    found, others = ([[figure(pairs) for pairs in some] for some in of] for of in (by_repository, less))
    chance, count = Random(1), len(found)
    drawn = sorted(_difference(found, others, chance.choices(range(count), k=count)) for _ in range(ROUNDS))
    sign = "+" if less else ""
    middle = _difference(found, others, range(count))
    return f"{middle:{sign}.3f} ({drawn[ROUNDS // 40]:{sign}.3f} to {drawn[-ROUNDS // 40 - 1]:{sign}.3f})"


Parts = Sequence[Sequence[Sequence[float]]]
"""By repository and moment."""


def _difference(found: Parts, others: Parts, chosen: Sequence[int]) -> float:
    return _whole(found, chosen) - (_whole(others, chosen) if others else 0.0)


def _whole(found: Parts, chosen: Sequence[int]) -> float:
    moments = [parts for at in chosen for parts in found[at]]
    return sum(abs(fmean(some)) for some in zip(*moments, strict=True))
