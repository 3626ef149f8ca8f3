"""How large a share of units each arm gets next: Thompson sampling, with guard rails. Pure rules of values.

An arm's share is the probability that it is the best one, by the Beta posteriors of all: drawing a unit's arm by these
shares is what drawing a rate of each posterior and taking the arm of the greatest comes to. The baseline never falls
below its floor, so that there is always something to compare with; candidates together never exceed what their risk
allows.
"""

from collections.abc import Mapping, Sequence
from itertools import accumulate
from math import exp, log, prod

from sigma_core.prompts.sequential import Arm

PILOT = 10
"""Units of each arm before any is preferred."""
BASELINE_FLOOR, CANDIDATE_FLOOR = 0.2, 0.1
MOST_BY_RISK: Mapping[str, float] = {"low": 0.8, "medium": 0.5, "high": 0.2}
"""What all candidates may get together."""
HELD_BACK = 0.1
"""The share that keeps to what was before, while what was promoted is watched."""
_GRID = [(place + 0.5) / 200 for place in range(200)]
"""Rates at which posteriors are compared."""


def shares(arms: Sequence[Arm | None], risk: str) -> list[float]:
    """The shares of arms from what is known of each, the baseline first; None: stopped, and gets nothing."""
    live = {at: arm for at, arm in enumerate(arms) if arm is not None}
    if len(live) < 2:
        return [1.0, *(0.0 for _ in arms[1:])]
    if any(arm.calls < PILOT for arm in live.values()):
        wanted = dict.fromkeys(live, 1 / len(live))
    else:
        floors = {at: BASELINE_FLOOR if at == 0 else CANDIDATE_FLOOR for at in live}
        best, rest = _chances_to_be_best(live), 1 - sum(floors.values())
        wanted = {at: floors[at] + rest * best[at] for at in live}
    candidates = 1 - wanted[0]
    scale = min(1.0, MOST_BY_RISK[risk] / candidates)
    allowed = {at: share * scale for at, share in wanted.items() if at}
    found = [round(allowed.get(at, 0.0), 6) for at in range(len(arms))]
    return [round(1 - sum(found), 6), *found[1:]]


def watched_shares(arms: int, promoted: int) -> list[float]:
    """After a promotion: nearly everything goes to what was promoted, a little to what was before."""
    return [{0: HELD_BACK, promoted: 1 - HELD_BACK}.get(at, 0.0) for at in range(arms)]


def drawn_arm(shares: Sequence[float], chance: float) -> int:
    """The arm that a number in [0, 1) falls to."""
    reached = 0.0
    for at, share in enumerate(shares):
        reached += share
        if chance < reached:
            return at
    return max(at for at, share in enumerate(shares) if share)


def _chances_to_be_best(arms: Mapping[int, Arm]) -> dict[int, float]:
    """How probably each arm is the best one: the integral, over its posterior, of all others lying below."""
    density = {at: _posterior(arm) for at, arm in arms.items()}
    below = {
        at: [reached - mass / 2 for reached, mass in zip(accumulate(each), each, strict=True)]
        for at, each in density.items()
    }
    found = {
        at: sum(
            mass * prod(below[other][place] for other in arms if other != at) for place, mass in enumerate(density[at])
        )
        for at in arms
    }
    total = sum(found.values())
    return {at: chance / total for at, chance in found.items()}


def _posterior(arm: Arm) -> list[float]:
    """Beta(good + ½, bad + ½) on a grid, together 1."""
    logs = [(arm.good - 0.5) * log(rate) + (arm.bad - 0.5) * log(1 - rate) for rate in _GRID]
    most = max(logs)
    masses = [exp(each - most) for each in logs]
    total = sum(masses)
    return [mass / total for mass in masses]
