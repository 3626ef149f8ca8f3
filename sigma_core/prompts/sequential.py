"""Is one share of successes greater than another? Asked again after every call, without losing the error rate.

Evidence = how much better two separate shares predict the outcomes seen than the best single share does: each arm is
predicted call by call with the Krichevsky–Trofimov estimator (a Beta(½, ½) prior), the single share is fitted
afterwards, so it is never at a disadvantage. If both shares are equal, the evidence exceeds 1/α at any time with a
probability of at most α, however calls are divided between the arms on the way. (Universal inference: Wasserman,
Ramdas, Balakrishnan, PNAS 2020; Ville's inequality.) Within an arm each call must succeed with the same probability,
given what came before.
"""

import math
from dataclasses import dataclass
from typing import Literal

Direction = Literal["better", "worse"]
ERROR = 0.05
"""Longest odds accepted of deciding anything between equals, and of each wrong decision between unequals."""
RAMP_EVERY = 20
"""Calls of the candidate after which its share doubles, while nothing speaks against it."""


@dataclass(frozen=True)
class Arm:
    """Outcomes of one version."""

    good: int = 0
    bad: int = 0

    @property
    def calls(self) -> int:
        """How many calls were counted."""
        return self.good + self.bad

    @property
    def share(self) -> float | None:
        """Of good ones; None without calls."""
        return self.good / self.calls if self.calls else None


def evidence(baseline: Arm, candidate: Arm) -> float:
    """Natural logarithm of the evidence that the two differ."""
    apart = _predicted(baseline) + _predicted(candidate)
    return apart - _fitted(baseline.good + candidate.good, baseline.bad + candidate.bad)


def leaning(baseline: Arm, candidate: Arm) -> Direction:
    """Which way the outcomes point so far."""
    return "better" if candidate.good * baseline.calls > baseline.good * candidate.calls else "worse"


def decide(baseline: Arm, candidate: Arm, error: float = ERROR) -> Direction | None:
    """What the candidate is by now; None while that is open."""
    return leaning(baseline, candidate) if evidence(baseline, candidate) >= -math.log(error) else None


def next_share(share: float, most: float, calls_then: int, baseline: Arm, candidate: Arm) -> float:
    """The candidate's share of runs from now on: doubled up to `most` while nothing speaks against it.

    `calls_then`: how many calls it had when its share was last set. A share never shrinks, so that a run stays with
    the version it began with.
    """
    harmless = leaning(baseline, candidate) == "better" or evidence(baseline, candidate) < 0
    enough = candidate.calls - calls_then >= RAMP_EVERY
    return min(most, share * 2) if harmless and enough else share


def _predicted(arm: Arm) -> float:
    half = 0.5
    return _log_beta(arm.good + half, arm.bad + half) - _log_beta(half, half)


def _fitted(good: int, bad: int) -> float:
    return sum(each * math.log(each / (good + bad)) for each in (good, bad) if each)


def _log_beta(a: float, b: float) -> float:
    return math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)
