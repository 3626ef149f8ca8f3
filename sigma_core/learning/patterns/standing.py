"""How far a pattern is to be trusted: a Beta posterior over its sightings, after what it brought along."""

from collections.abc import Sequence
from dataclasses import dataclass

from sigma_core.learning.beta_interval import beta_interval
from sigma_core.learning.evolution import Evolution, evolution, moving_share

DISCOUNT = 0.25
"""What another project's experience counts here."""
MOST_BROUGHT = 8.0
"""And no more than so many sightings in all."""
FEWEST_SEEN, FEWEST_SOURCES = 3, 2
"""Sightings, in so many commits or fixes, from which on a replacement is a pattern."""
WORTH_TELLING, WORTH_WARNING = 0.5, 0.35
"""Expected shares from which on it is told as what to do, and under which as what not to do."""


@dataclass(frozen=True)
class PatternTrust:
    """The expected share of its instances that last, its 90 % interval, what it rests on, and where it goes."""

    mean: float
    low: float
    high: float
    successes: int
    failures: int
    evolution: Evolution


def trust(lasted: Sequence[bool], prior_successes: float = 0.0, prior_failures: float = 0.0) -> PatternTrust:
    """Of sightings in the order of time."""
    won = sum(lasted)
    a, b = 1 + prior_successes + won, 1 + prior_failures + len(lasted) - won
    return PatternTrust(a / (a + b), *beta_interval(a, b), won, len(lasted) - won, evolution(moving_share(lasted)))


def discounted(successes: int, failures: int) -> tuple[float, float]:
    """What the experience of another project counts as a prior."""
    whole = successes + failures
    weight = min(DISCOUNT * whole, MOST_BROUGHT) / whole if whole else 0.0
    return successes * weight, failures * weight


def is_pattern(seen: int, sources: int, *, imported: bool) -> bool:
    """Whether it was met often enough to be more than one change; what somebody brought along is."""
    return imported or (seen >= FEWEST_SEEN and sources >= FEWEST_SOURCES)
