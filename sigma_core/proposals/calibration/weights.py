"""How much each member's score counts, by what it foretold. Pure rules of values."""

from collections.abc import Mapping
from math import exp

DOUBTED = 100
"""Outcomes at which the record counts for half of a weight; before, what was configured counts more."""
SHARPNESS = 4.0
"""How much a member gains by its skill: one that saves a tenth more of the base rate's error than the others has half
as much again, before the record's share is taken."""
LEAST_OF_CONFIGURED = 0.25
MOST = 0.5
"""No member has more than half a say, nor less than a quarter of what was configured."""
_DIGITS = 6


def by_record(configured: Mapping[str, float], skills: Mapping[str, float], n: int) -> dict[str, float]:
    """Weights that add up to 1, from those configured and each member's skill on `n` outcomes."""
    total = sum(configured.values())
    base = {name: weight / total for name, weight in configured.items()}
    earned = {name: weight * exp(SHARPNESS * skills.get(name, 0.0)) for name, weight in base.items()}
    share, all_earned = n / (n + DOUBTED), sum(earned.values())
    mixed = {name: (1 - share) * base[name] + share * earned[name] / all_earned for name in base}
    return _bounded(mixed, {name: LEAST_OF_CONFIGURED * weight for name, weight in base.items()})


def _bounded(weights: Mapping[str, float], floors: Mapping[str, float]) -> dict[str, float]:
    """Within the bounds and adding up to 1: what a bound takes or gives is shared by the others as they stand."""
    held: dict[str, float] = {}
    while True:
        free = {name: weight for name, weight in weights.items() if name not in held}
        scale = (1 - sum(held.values())) / sum(free.values())
        bound = {name: min(max(weight * scale, floors[name]), MOST) for name, weight in free.items()}
        outside = {name: abs(bound[name] - weight * scale) for name, weight in free.items()}
        worst = max(outside, key=lambda name: outside[name])
        if not outside[worst] or len(free) == 1:
            return {name: round(held.get(name, weight * scale), _DIGITS) for name, weight in weights.items()}
        held[worst] = bound[worst]
