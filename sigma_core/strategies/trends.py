"""Whether a series rises or falls, comes again, or leaps; and how well it could have been foreseen. Pure."""

from bisect import bisect_left, bisect_right, insort
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from math import erfc, sqrt
from statistics import median
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

    Series = np.ndarray[Any, np.dtype[np.float64]]
else:
    Series = Any

CHANCE = 0.05
"""A trend that chance alone would show more often is none."""
SEASON_CHANCE = 0.01
SHUFFLES = 499
OUTLYING = 3.5
"""Robust z-score from which a value stands out (Iglewicz and Hoaglin, 1993)."""
FEWEST_CYCLES = 3
HELD_OUT = 0.25
"""Last share of a series that is foretold from the rest."""


def mann_kendall(values: Sequence[float]) -> tuple[int, float]:
    """Pairs that rise less pairs that fall, and how likely chance alone shows as much (Mann 1945, Kendall 1975).

    Two-sided, by the normal approximation, with the variance for ties.
    """
    score, sorted_, count = 0, list[float](), len(values)
    for value in values:
        score += bisect_left(sorted_, value) - (len(sorted_) - bisect_right(sorted_, value))
        insort(sorted_, value)
    tied = sum(times * (times - 1) * (2 * times + 5) for times in Counter(values).values())
    deviation = sqrt(max(0, count * (count - 1) * (2 * count + 5) - tied) / 18)
    if not score or not deviation:
        return score, 1.0
    return score, erfc((abs(score) - 1) / deviation / sqrt(2))


def theil_sen(values: Sequence[float]) -> float:
    """Median slope of all pairs, for each step (Theil 1950, Sen 1968); 0 for fewer than two values."""
    if len(values) < 2:
        return 0.0
    if len(values) < 50:
        return median((values[b] - values[a]) / (b - a) for a, b in combinations(range(len(values)), 2))
    import numpy as np

    series = np.asarray(values, np.float64)
    slopes = [(series[gap:] - series[:-gap]) / gap for gap in range(1, len(series))]
    return float(np.median(np.concatenate(slopes)))


@dataclass(frozen=True)
class Line:
    """Where a series goes, and whether chance would show as much."""

    slope: float
    """For each step."""
    level: float
    """At step 0."""
    chance: float

    @property
    def direction(self) -> str:
        """Which way the series goes, in a word."""
        if self.chance > CHANCE or not self.slope:
            return "stable"
        return "increasing" if self.slope > 0 else "decreasing"


def line(values: Sequence[float]) -> Line:
    """Theil and Sen's slope with Mann and Kendall's significance."""
    slope = theil_sen(values)
    level = median(value - slope * step for step, value in enumerate(values)) if values else 0.0
    return Line(slope, level, mann_kendall(values)[1])


@dataclass(frozen=True)
class Season:
    """What comes again every `period` steps."""

    period: int
    strength: float
    """Autocorrelation at that lag."""
    chance: float
    profile: tuple[float, ...]
    """Mean departure from the line for each step of a period."""


def season(values: Sequence[float], seed: int) -> Season | None:
    """The foremost period, at least three times in the series; None where shuffled values show as much."""
    import numpy as np

    straight = line(values)
    steps = np.arange(len(values))
    rest = np.asarray(values, np.float64) - straight.level - straight.slope * steps
    longest = len(rest) // FEWEST_CYCLES
    if longest < 2 or np.ptp(rest) < 1e-9:
        return None
    lags = autocorrelation(rest[None, :], longest)
    period = foremost_lag(lags[0])
    if period is None:
        return None
    strength = float(lags[0, period])
    chance = np.random.default_rng(seed)
    shuffled = chance.permuted(np.tile(rest, (SHUFFLES, 1)), axis=1)
    rivals = autocorrelation(shuffled, longest)[:, 2:].max(axis=1)
    likelihood = (1 + int((rivals >= strength).sum())) / (1 + SHUFFLES)
    if likelihood > SEASON_CHANCE:
        return None
    profile = tuple(float(rest[start::period].mean()) for start in range(period))
    return Season(period, strength, likelihood, profile)


def autocorrelation(rows: Series, longest: int) -> Series:
    """Of each row at lags 0 to `longest`, each lag by as many pairs as it has."""
    import numpy as np

    centred = rows - rows.mean(axis=1, keepdims=True)
    length = rows.shape[1]
    size = 1 << (2 * length - 1).bit_length()
    power = np.abs(np.fft.rfft(centred, size, axis=1)) ** 2
    products = np.fft.irfft(power, size, axis=1)[:, : longest + 1]
    variance = np.maximum(products[:, :1] / length, 1e-300)
    found: Series = products / (length - np.arange(longest + 1)) / variance
    return found


def foremost_lag(lags: Series) -> int | None:
    """The shortest lag from 2 that is a peak and nearly as high as the highest; multiples of a period peak too."""
    ends = [*lags.tolist(), float("-inf")]
    peaks = [lag for lag in range(2, len(ends) - 1) if ends[lag] > 0 and ends[lag - 1] < ends[lag] >= ends[lag + 1]]
    highest = max((ends[lag] for lag in peaks), default=0.0)
    return next((lag for lag in peaks if ends[lag] >= 0.9 * highest), None)


def forecast(straight: Line, again: Season | None, steps: Sequence[int]) -> list[float]:
    """What line and season say of these steps."""
    return [
        straight.level + straight.slope * step + (again.profile[step % again.period] if again else 0.0)
        for step in steps
    ]


def leaps(values: Sequence[float], straight: Line, again: Season | None) -> list[tuple[int, float]]:
    """Steps that stand out from line and season, with their robust z-scores."""
    rest = [value - told for value, told in zip(values, forecast(straight, again, range(len(values))), strict=True)]
    if not rest:
        return []
    middle = median(rest)
    away = [value - middle for value in rest]
    scale = 1.4826 * median(map(abs, away)) or 1.2533 * sum(map(abs, away)) / len(away)
    return [(step, each / scale) for step, each in enumerate(away) if scale and abs(each / scale) >= OUTLYING]


@dataclass(frozen=True)
class HeldOut:
    """How a forecast of the last part stood to what came."""

    trend_accuracy: float
    prediction_quality: float | None
    """None where the last value was right all along: nothing could be better."""
    steps: int


def held_out(values: Sequence[float], seed: int) -> HeldOut:
    """Foretell the last quarter from the rest.

    `trend_accuracy`: 1 where neither rises nor falls, 0 where only one does or the directions differ, else
    1 − |foretold − seen slope| / (their sum). `prediction_quality`: 1 − error / error of the last value, at least 0.
    """
    split = len(values) - max(2, round(HELD_OUT * len(values)))
    before, after = values[:split], values[split:]
    straight, again = line(before), season(before, seed)
    trusted = straight if straight.direction != "stable" else Line(0.0, median(before), straight.chance)
    told = forecast(trusted, again, range(split, len(values)))
    error = sum(abs(a - b) for a, b in zip(told, after, strict=True)) / len(after)
    naive = sum(abs(before[-1] - value) for value in after) / len(after)
    quality = max(0.0, 1 - error / naive) if naive else None
    recurring = forecast(Line(0.0, 0.0, 1.0), again, range(split, len(values)))
    seen = line([value - part for value, part in zip(after, recurring, strict=True)])
    return HeldOut(_agreement(trusted.slope, seen), quality, len(after))


def _agreement(foretold: float, seen: Line) -> float:
    if not foretold:
        return float(seen.direction == "stable")
    if foretold * seen.slope <= 0:
        return 0.0
    return 1 - abs(foretold - seen.slope) / (abs(foretold) + abs(seen.slope))
