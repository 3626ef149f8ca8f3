"""How much an evolution may ask and spend, reckoned before each step."""

from collections.abc import Sequence
from dataclasses import dataclass

from sigma_core.errors import Invalid
from sigma_core.prompts.evolution.cases import CaseSplit, EvolutionCase

MINIBATCH = 3
"""Training cases that one reflection reads."""
LEAST, MOST = 1, 5000
"""Calls that may be allowed."""


@dataclass(frozen=True)
class CallPlan:
    """What each part of an evolution takes, in calls."""

    base: int
    """The base on the cases to choose by."""
    step: int
    """A parent and its child on a minibatch, the reflection between them, the child on the cases to choose by."""
    report: int
    """Base and best on the held-out cases, and the tests of the version made from the best."""

    @property
    def floor(self) -> int:
        """Below this nothing can come of it."""
        return self.base + self.step + self.report


def plan(cases: CaseSplit, tests: int) -> CallPlan:
    """`tests`: calls that running the template's tests takes."""
    batch = sum(sorted((each.calls for each in cases.training), reverse=True)[:MINIBATCH])
    return CallPlan(
        _calls(cases.validation), 2 * batch + 1 + _calls(cases.validation), 2 * _calls(cases.held_out) + tests
    )


def _calls(cases: Sequence[EvolutionCase]) -> int:
    return sum(each.calls for each in cases)


@dataclass
class Allowance:
    """Calls and nano-USD that are left. `worst`: the most that one call can cost; None where that is not known."""

    calls: int
    nano_usd: int | None
    worst: int | None
    used_calls: int = 0
    used_nano_usd: int = 0
    unpriced: int = 0

    def count(self, cost: int | None) -> None:
        """One call was made. What is not known to cost less counts at its worst."""
        self.used_calls += 1
        self.unpriced += cost is None
        self.used_nano_usd += (self.worst or 0) if cost is None else cost

    def has_room(self, calls: int) -> bool:
        """Whether so many calls more fit, at their worst."""
        if self.used_calls + calls > self.calls:
            return False
        return self.nano_usd is None or self.used_nano_usd + calls * (self.worst or 0) <= self.nano_usd


def checked(calls: int, needed: CallPlan) -> int:
    """Raises `Invalid` for an allowance that lets nothing come of it."""
    if not LEAST <= calls <= MOST:
        raise Invalid({"calls": f"is not in {LEAST} to {MOST}"})
    if calls < needed.floor:
        parts = f"{needed.base} for the base, {needed.step} for one step, {needed.report} to report and test"
        raise Invalid({"calls": f"are too few: it takes {needed.floor} at least ({parts})"})
    return calls
