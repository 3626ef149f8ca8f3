"""Does one arm do better than another? Asked again after every unit, without losing the error rate.

The mixture test of canaries (`prompts.sequential`), by the same predictors: each arm is predicted unit by unit with the
Krichevsky–Trofimov estimator (a Beta(½, ½) prior). A unit's evidence is how much more probable its arm is, given how it
went, than by the draw alone. As the draw's shares are known, that needs no assumption about how the world moves: under
"the arm makes no difference" the arm of a unit is drawn by its shares whatever its outcome, so the expected factor of
each unit is 1 given all before it. The evidence is a martingale, and exceeds 1/α at any time with a probability of at
most α (Ville's inequality). It holds

* however Thompson sampling chooses shares from what it saw before, because only the shares of the draw itself enter;
* while all outcomes drift together, which would let the canaries' pooled share mistake a trend for an effect when
  shares move along with it (measured in tests/unit/experiments/test_judgement.py);
* for "no better" as well as for "equal": where the predictors lean the other way, a unit counts nothing.

Units are taken in the order in which they were assigned, none before an earlier one is known: outcomes that come late
would otherwise count less in the arm that has the younger units.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from sigma_core.prompts.sequential import Arm

Question = Literal["better", "worse"]
ERROR = 0.05
"""How probably anything is promoted that does nothing or harms, over an experiment's whole life and all its arms."""
HARM_ERROR = 0.1
"""How probably an arm is stopped for harm that does none: that costs a chance, and nothing else."""


@dataclass(frozen=True)
class SettledUnit:
    """A unit of which it is known how it went. `shares`: by which its arm was drawn."""

    arm: int
    good: bool
    shares: Sequence[float]


def evidence(units: Iterable[SettledUnit], arm: int, question: Question) -> float:
    """Natural logarithm of the most evidence there was that an arm does better, or worse, than the baseline (arm 0)."""
    return max(0.0, *accumulated(units, arm, question), 0.0)


def accumulated(units: Iterable[SettledUnit], arm: int, question: Question) -> Iterator[float]:
    """The same after each unit of the two."""
    sign = 1 if question == "better" else -1
    rival, base, total = Arm(), Arm(), 0.0
    for unit in units:
        if unit.arm not in (0, arm):
            continue
        total += _factor(unit, arm, rival, base, sign)
        if unit.arm == arm:
            rival = _with(rival, unit.good)
        else:
            base = _with(base, unit.good)
        yield total


def evidence_of_late_harm(units: Sequence[SettledUnit], arm: int, every: int) -> float:
    """The same, of harm that may have begun at any time: asked anew from every so many units on.

    The question that begins k-th is given 1 / k(k + 1) of the error allowed, which is all of it together: so what went
    well before does not outvote what goes badly now, and the error rate holds however long it is watched.
    """
    starts = range(0, len(units), every)
    return max(
        (evidence(units[at:], arm, "worse") - math.log(k * (k + 1)) for k, at in enumerate(starts, 1)), default=0.0
    )


def needed(candidates: int, error: float = ERROR) -> float:
    """The evidence from which a question is answered, where so many arms are compared with the baseline."""
    return math.log(candidates / error)


def counts(units: Iterable[SettledUnit], arms: int) -> list[Arm]:
    """How units went, by arm."""
    found = [Arm()] * arms
    for unit in units:
        found[unit.arm] = _with(found[unit.arm], unit.good)
    return found


def _factor(unit: SettledUnit, arm: int, rival: Arm, base: Arm, sign: int) -> float:
    expected, otherwise = _rate(rival), _rate(base)
    both = unit.shares[arm] + unit.shares[0]
    if sign * (expected - otherwise) <= 0 or not 0 < unit.shares[arm] < both:
        return 0.0
    share = unit.shares[arm] / both
    if not unit.good:
        expected, otherwise = 1 - expected, 1 - otherwise
    drawn = expected if unit.arm == arm else otherwise
    return math.log(drawn / (share * expected + (1 - share) * otherwise))


def _rate(arm: Arm) -> float:
    return (arm.good + 0.5) / (arm.calls + 1)


def _with(arm: Arm, good: bool) -> Arm:
    return Arm(arm.good + good, arm.bad + (not good))
