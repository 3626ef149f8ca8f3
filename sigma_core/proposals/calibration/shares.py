"""How much of a member's vote a model's opinion is, by what it foretold beyond the rules. Pure rules of values."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import fsum

from sigma_core.proposals.calibration.fitting import FEWEST, cross_fitted
from sigma_core.proposals.calibration.scoring import Forecast

PRIOR = 0.1
"""Of a vote, before a model has a record."""
SPREAD = 0.25
"""How far from that a model is expected to be, as a standard deviation."""
LEAST, MOST = 0.02, 0.8


@dataclass(frozen=True)
class OpinionRecord:
    """What rules and model said of the same proposal, and how sure the model was (0–1)."""

    by_rule: Forecast
    opinion: Forecast
    confidence: float


def earned(record: Sequence[OpinionRecord]) -> float:
    """The share (0.02–0.8) with which the model's opinions would have helped most, held back toward the prior.

    It is the posterior mean of the slope of what the rules missed on what the opinion adds, of forecasts that are each
    recalibrated on other outcomes, so that nobody gains by saying the base rate. Normal prior (0.1, sd 0.25).
    """
    rules = cross_fitted([each.by_rule for each in record])
    said = cross_fitted([each.opinion for each in record])
    missed = [rule.happened - rule.value for rule in rules]
    noise = fsum(each * each for each in missed) / len(missed) if missed else 0.0
    if len(record) < FEWEST or not noise:
        return PRIOR
    adds = [
        each.confidence * (opinion.value - rule.value) for each, opinion, rule in zip(record, said, rules, strict=True)
    ]
    agreed = fsum(add * miss for add, miss in zip(adds, missed, strict=True)) / noise
    moved = fsum(add * add for add in adds) / noise
    mean = (agreed + PRIOR / SPREAD**2) / (moved + 1 / SPREAD**2)
    return round(min(MOST, max(LEAST, mean)), 4)
