"""Whether a pattern does better or worse as time goes on. Pure rules of values."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

AGREE = 0.6
"""More than this share of the steps must point one way."""
FLAT = 0.02
"""A step that is smaller than this is none."""
FEWEST = 3
"""Steps before a verdict is more than a guess."""
LOOKED_BACK = 12
"""Newest steps that count."""
WEIGHT = 0.3
"""Of the newest decision in the moving share."""


class Trend(StrEnum):
    """Where a pattern goes."""

    INCREASING = "increasing"
    DECREASING = "decreasing"
    STABLE = "stable"
    VOLATILE = "volatile"


@dataclass(frozen=True)
class Evolution:
    """A verdict, how sure it is (0–1), and the steps it rests on."""

    course: Trend
    confidence: float
    steps: int


class PatternEvolutionTracker:
    """The history of each pattern, as far as it is remembered."""

    def __init__(self) -> None:
        self._history: dict[str, list[float]] = {}

    def observe(self, pattern: str, value: float) -> None:
        """A pattern's figure now (0–1), after those before it."""
        history = self._history.setdefault(pattern, [])
        history.append(value)
        del history[: -LOOKED_BACK - 1]

    def history(self, pattern: str) -> Sequence[float]:
        """What was observed, the oldest first."""
        return tuple(self._history.get(pattern, ()))

    def verdict(self, pattern: str) -> Evolution:
        """Where the pattern goes."""
        return evolution(self._history.get(pattern, ()))


def evolution(values: Sequence[float]) -> Evolution:
    """Increasing, decreasing or stable where more than 60 % of the steps agree, else volatile.

    The confidence is the expected share of such steps: (agreeing + 1) / (steps + 3), of the three ways a step may go.
    Of volatile it is what is left. Fewer than three steps say stable, with the confidence of a guess at most.
    """
    steps = [later - earlier for earlier, later in pairwise(values)][-LOOKED_BACK:]
    counts = {
        Trend.INCREASING: sum(step > FLAT for step in steps),
        Trend.DECREASING: sum(step < -FLAT for step in steps),
        Trend.STABLE: sum(-FLAT <= step <= FLAT for step in steps),
    }
    if len(steps) < FEWEST:
        return Evolution(Trend.STABLE, round(1 / 3, 4), len(steps))
    course = max(counts, key=lambda each: counts[each])
    expected = (counts[course] + 1) / (len(steps) + 3)
    if counts[course] / len(steps) <= AGREE:
        return Evolution(Trend.VOLATILE, round(1 - expected, 4), len(steps))
    return Evolution(course, round(expected, 4), len(steps))


def is_moving(found: Evolution) -> bool:
    """Whether it clearly goes up or down."""
    return found.steps >= FEWEST and found.course in (Trend.INCREASING, Trend.DECREASING)


def recent(decided: Sequence[bool], found: Evolution) -> Sequence[bool]:
    """The decisions that say what to expect now: of a pattern that moves the newer half, else all."""
    return decided[len(decided) // 2 :] if is_moving(found) else decided


def moving_share(accepted: Sequence[bool], weight: float = WEIGHT) -> list[float]:
    """Share of accepted fixes after each decision, 0–1: the newest counts `weight`, all before it the rest.

    It begins at ½, before anything is known.
    """
    shares = [0.5]
    for each in accepted:
        shares.append(shares[-1] + weight * (each - shares[-1]))
    return shares
