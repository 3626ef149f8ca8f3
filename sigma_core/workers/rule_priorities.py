"""What to mend first, by what was received: how likely a fix of each rule is to be accepted. Pure rules of values."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from sigma_core.exchange.items import ValuedItem
from sigma_core.issues.tables import RuleExpectation
from sigma_core.learning.posterior import mean, rule_of
from sigma_core.workers.received_knowledge import ReceivedKnowledge, Subjects


def fix_rate(fixes: Sequence[ValuedItem]) -> float:
    """Expected acceptance (0–1) of a rule whose fixes have worked elsewhere.

    The mean of a Beta posterior with a uniform prior in which each fix counts as improvement × freshness × trust of
    one accepted.
    """
    return mean(sum(item.data["improvement"] * item.weight for item in fixes), 0)


def pattern_rate(item: ValuedItem) -> float:
    """Expected acceptance (0–1) of what a pattern speaks of: the probability it states, drawn to ½ by its weight."""
    sure = item.data["confidence"]
    said = {"accepted": sure, "increasing": sure, "refused": 1 - sure, "decreasing": 1 - sure}.get(
        item.data["trend"], 0.5
    )
    return float(0.5 + (said - 0.5) * item.weight)


def fix_rates(fixes: Subjects) -> dict[str, float]:
    """The share of fixes that worked, by rule."""
    return {rule: fix_rate(items) for rule, items in fixes.items()}


def pattern_rates(patterns: Subjects) -> dict[str, float]:
    """By rule: of several fixers' patterns the best."""
    rates: dict[str, float] = {}
    for pattern, items in patterns.items():
        rule = rule_of(pattern)
        rates[rule] = max(rates.get(rule, 0.0), pattern_rate(items[-1]))
    return rates


@dataclass(frozen=True)
class RulePriorities:
    """What fixes of a rule are worth: by fixes that worked elsewhere, above them by the past of other projects, above
    that by what one that the graph shows to be like this one has learned, above all by its own record."""

    received: ReceivedKnowledge
    own: Callable[[int], Mapping[str, float]]
    priors: Callable[[int], Mapping[str, float]] = lambda _project_id: {}
    expected: Callable[[int], Sequence[RuleExpectation]] = lambda _project_id: ()

    def __call__(self, project_id: int) -> dict[str, float]:
        """Rates 0–1; a rule nobody has told of is not in it."""
        expected = [each for each in self.expected(project_id) if not each.fixer]
        pooled = {each.rule: each.value for each in expected}
        # An issue of today says nothing yet of what is wanted here
        lived = {each.rule: each.value for each in expected if each.own_trials >= 1 or each.taken or each.refused}
        told = fix_rates(self.received.about("successful_fix"))
        return {**told, **pooled, **self.priors(project_id), **self.own(project_id), **lived}
