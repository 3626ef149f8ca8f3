"""How far a pattern is to be trusted: a Beta posterior over its sightings, after what it brought along."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import fsum
from typing import NamedTuple

from sigma_core.formatting import percent
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


WITHSTOOD: Mapping[int, float] = {0: 0.2, 1: 0.4, 10: 0.8, 100: 1.0}
"""As how much of a sighting one counts that stands after so many commits of the main line: about the share of what is
taken back at all that is taken back by then (of 110 reversals in 24 histories 0.36, 0.76 and 0.92)."""


class SeenInstance(NamedTuple):
    """One sighting: whether it lasts, and for how many commits at least."""

    lasts: bool
    stood: int = 100


class PatternUse(StrEnum):
    """What a pattern is good for, by its record."""

    USED = "used"
    """It is told as what to do, and carried out where it leaves nothing open."""
    DOUBTED = "not used"
    WARNING = "warned of"
    """It is told as what not to do."""


@dataclass(frozen=True)
class PatternTrust:
    """The expected share of its instances that last, its 90 % interval, what it rests on, and where it goes."""

    mean: float
    low: float
    high: float
    successes: int
    failures: int
    newest: float
    """Moving share of the newest that last."""
    evolution: Evolution

    @property
    def use(self) -> PatternUse:
        """It is used while at least half are expected to last, and the newest do not say otherwise."""
        if self.mean < WORTH_WARNING:
            return PatternUse.WARNING
        return PatternUse.USED if self.mean >= WORTH_TELLING and self.newest >= WORTH_WARNING else PatternUse.DOUBTED

    @property
    def why(self) -> str:
        """Why it is used, or not, in words that follow its use."""
        if self.mean >= WORTH_TELLING and self.use is PatternUse.DOUBTED:
            return f"of its newest instances only {percent(self.newest)} last"
        bound = {
            PatternUse.USED: f"at least {percent(WORTH_TELLING)}",
            PatternUse.DOUBTED: f"fewer than {percent(WORTH_TELLING)}",
            PatternUse.WARNING: f"fewer than {percent(WORTH_WARNING)}",
        }[self.use]
        return f"{percent(self.mean)} of its instances are expected to last, {bound}"


def trust(seen: Sequence[SeenInstance], prior_successes: float = 0.0, prior_failures: float = 0.0) -> PatternTrust:
    """Of sightings in the order of time. What lasts counts the more the longer it has stood; what does not, whole."""
    lasted = [each.lasts for each in seen]
    won = fsum(WITHSTOOD[each.stood] for each in seen if each.lasts)
    lost = len(lasted) - sum(lasted)
    a, b = 1 + prior_successes + won, 1 + prior_failures + lost
    shares = moving_share(lasted)
    return PatternTrust(a / (a + b), *beta_interval(a, b), sum(lasted), lost, shares[-1], evolution(shares))


def discounted(successes: int, failures: int) -> tuple[float, float]:
    """What the experience of another project counts as a prior."""
    whole = successes + failures
    weight = min(DISCOUNT * whole, MOST_BROUGHT) / whole if whole else 0.0
    return successes * weight, failures * weight


def is_pattern(seen: int, sources: int, *, imported: bool) -> bool:
    """Whether it was met often enough to be more than one change; what somebody brought along is."""
    return imported or (seen >= FEWEST_SEEN and sources >= FEWEST_SOURCES)
