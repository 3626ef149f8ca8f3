"""What to expect of a rule in a project, by how issues of it fared there and in projects like it. Pure rules of values.

A share of fixed issues is a Beta posterior. Its prior is what the rule has in other projects, drawn to what its family
has, drawn to what all rules have; moved by how much more, or less, than others the project fixes at all. How strongly a
level draws is what makes the counts likeliest (empirical Bayes). Another project counts the more, the likelier this
project's counts of all other rules are under its shares: who fixes alike in what is known is believed in what is not.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import exp, lgamma, log

from sigma_core.issues.detectors.ruff_rules import linter

MOST_OF_ONE = 20.0
"""A project counts in another's prior as if it had no more trials of a rule than these."""
STRENGTHS = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0)
"""Trials that a prior may be worth."""
TEMPER = 0.25
"""Of what a count of one rule says about whom a project is like: its issues are not independent of each other."""
SOURCES = 5
"""Projects that are named as where a prior came from."""


@dataclass(frozen=True)
class RuleTally:
    """Trials of a rule in a project: how many were fixed, how many were not."""

    fixed: float
    unfixed: float

    @property
    def trials(self) -> float:
        return self.fixed + self.unfixed

    def __add__(self, other: "RuleTally") -> "RuleTally":
        return RuleTally(self.fixed + other.fixed, self.unfixed + other.unfixed)

    def without(self, part: "RuleTally") -> "RuleTally":
        """What the others of a sum come to."""
        return RuleTally(max(0.0, self.fixed - part.fixed), max(0.0, self.unfixed - part.unfixed))

    def times(self, share: float) -> "RuleTally":
        """Worth only this share."""
        return RuleTally(self.fixed * share, self.unfixed * share)


RuleTallies = Mapping[str, RuleTally]
"""By rule."""
NOTHING = RuleTally(0.0, 0.0)


@dataclass(frozen=True)
class PriorSource:
    """A project that a prior rests on."""

    project: str
    trials: float
    resemblance: float
    """0–1: how likely this project's counts are under its shares, beside the likeliest."""


@dataclass(frozen=True)
class RulePrior:
    """What is expected of a rule in a project: a Beta distribution of the share that is fixed."""

    rule: str
    fixed: float
    unfixed: float
    own_trials: float
    pooled: float
    """The share that other projects alone let one expect."""
    sources: Sequence[PriorSource]

    @property
    def mean(self) -> float:
        """Expected share, 0–1."""
        return self.fixed / (self.fixed + self.unfixed)


class PooledRules:
    """Shares of all rules over some projects."""

    def __init__(self, projects: Mapping[str, RuleTallies]) -> None:
        self._projects = projects
        self._bounded = {
            project: {rule: _bounded(tally) for rule, tally in tallies.items() if tally.trials > 0}
            for project, tallies in projects.items()
        }
        self._gains = dict[str, Mapping[str, Mapping[str, float]]]()

    @cached_property
    def _everywhere(self) -> Mapping[str, Sequence[tuple[str, RuleTally]]]:
        found = defaultdict[str, list[tuple[str, RuleTally]]](list)
        for project, tallies in self._bounded.items():
            for rule, tally in tallies.items():
                found[rule].append((project, tally))
        return found

    @cached_property
    def _whole(self) -> Mapping[str, RuleTally]:
        return {rule: _sum(tally for _, tally in some) for rule, some in self._everywhere.items()}

    @cached_property
    def _overall(self) -> float:
        whole = _sum(self._whole.values())
        return (whole.fixed + 1) / (whole.trials + 2)

    @cached_property
    def _families(self) -> Mapping[str, RuleTally]:
        found = defaultdict[str, RuleTally](lambda: NOTHING)
        for rule, whole in self._whole.items():
            found[linter(rule)] += whole
        return found

    @cached_property
    def rule_strength(self) -> float:
        """Trials that a family's share is worth for a rule of it."""
        return _likeliest([(whole, self._family_share(rule, without=whole)) for rule, whole in self._whole.items()])

    @cached_property
    def project_strength(self) -> float:
        """Trials that the share elsewhere is worth for a rule in one project."""
        groups, leans = [], {project: self._lean(project) for project in self._projects}
        for rule, some in self._everywhere.items():
            whole = self._whole[rule]
            for project, tally in some:
                expected = self._drawn(whole.without(tally), self._family_share(rule, without=whole))
                groups.append((tally, _moved(expected, leans[project])))
        return _likeliest(groups)

    def _family_share(self, rule: str, without: RuleTally = NOTHING) -> float:
        rest = self._families.get(linter(rule), NOTHING).without(without)
        return (rest.fixed + 4 * self._overall) / (rest.trials + 4)

    def _drawn(self, tally: RuleTally, to: float) -> float:
        return (tally.fixed + self.rule_strength * to) / (tally.trials + self.rule_strength)

    def _lean(self, project: str, without: str | None = None) -> float:
        """By how much more, in log odds, a project fixes than others do of the same rules; drawn to nothing."""
        seen, expected = NOTHING, 0.0
        for rule, tally in self._bounded.get(project, {}).items():
            if rule != without:
                others = self._whole[rule].without(tally)
                seen += tally
                expected += tally.trials * (others.fixed + 4 * self._overall) / (others.trials + 4)
        if not seen.trials:
            return 0.0
        share = (expected + 1) / (seen.trials + 2)
        now = (seen.fixed + 10 * share) / (seen.trials + 10)
        return _logit(now) - _logit(share)

    @cached_property
    def _middles(self) -> Mapping[str, float]:
        """What all projects together have of each rule, drawn to its family's."""
        return {rule: self._drawn(whole, self._family_share(rule)) for rule, whole in self._whole.items()}

    @cached_property
    def _shares(self) -> Mapping[str, Mapping[str, float]]:
        """Of every project and rule that has trials, drawn to the rule's."""
        strength = self.project_strength
        return {
            project: {
                rule: (tally.fixed + strength * self._middles[rule]) / (tally.trials + strength)
                for rule, tally in tallies.items()
            }
            for project, tallies in self._bounded.items()
        }

    def resemblances(self, project: str, *, without: str | None = None) -> dict[str, float]:
        """How far each other project is believed (0–1), by how it treats the rules that both know but this one."""
        if project not in self._gains:
            mine = self._bounded.get(project, {})
            self._gains[project] = {
                other: self._gain(mine, shares) for other, shares in self._shares.items() if other != project
            }
        gains = {
            other: TEMPER * sum(gain for rule, gain in by_rule.items() if rule != without)
            for other, by_rule in self._gains[project].items()
        }
        best = max(gains.values(), default=0.0)
        return {other: exp(gain - best) for other, gain in gains.items()}

    def _gain(self, mine: RuleTallies, shares: Mapping[str, float]) -> dict[str, float]:
        """By rule: how much likelier the counts are under another project's shares than under what all have."""
        found = {}
        for rule, share in shares.items():
            if (tally := mine.get(rule)) is not None:
                middle = self._middles[rule]
                found[rule] = tally.fixed * log(share / middle) + tally.unfixed * log((1 - share) / (1 - middle))
        return found

    def prior(self, project: str, rule: str) -> RulePrior:
        """What is expected of a rule in a project, whether either is known or not."""
        own = self._projects.get(project, {}).get(rule, NOTHING)
        alike = self.resemblances(project, without=rule)
        others = [(name, tally) for name, tally in self._everywhere.get(rule, ()) if name != project]
        weighted = _sum(tally.times(alike[name]) for name, tally in others)
        whole = self._whole.get(rule, NOTHING)
        elsewhere = self._drawn(weighted, self._family_share(rule, without=whole))
        pooled = _moved(elsewhere, self._lean(project, without=rule))
        strength = self.project_strength
        sources = [PriorSource(name, tally.trials, alike[name]) for name, tally in others]
        return RulePrior(
            rule=rule,
            fixed=own.fixed + strength * pooled,
            unfixed=own.unfixed + strength * (1 - pooled),
            own_trials=own.trials,
            pooled=pooled,
            sources=sorted(sources, key=lambda each: -each.resemblance * each.trials)[:SOURCES],
        )


def _sum(tallies: Iterable[RuleTally]) -> RuleTally:
    return sum(tallies, NOTHING)


def _bounded(tally: RuleTally) -> RuleTally:
    return tally.times(min(1.0, MOST_OF_ONE / tally.trials)) if tally.trials else tally


def _moved(share: float, lean: float) -> float:
    return 1 / (1 + exp(-(_logit(share) + lean)))


def _logit(share: float) -> float:
    bounded = min(1 - 1e-6, max(1e-6, share))
    return log(bounded / (1 - bounded))


def _likeliest(groups: Sequence[tuple[RuleTally, float]]) -> float:
    """The strength of a Beta prior with these means under which these counts are likeliest."""
    scored = {strength: sum(_evidence(tally, mean, strength) for tally, mean in groups) for strength in STRENGTHS}
    return max(STRENGTHS, key=lambda strength: scored[strength])


def _evidence(tally: RuleTally, mean: float, strength: float) -> float:
    """Log likelihood of counts under a Beta-binomial, constants aside."""
    a, b = strength * mean, strength * (1 - mean)
    return _log_beta(a + tally.fixed, b + tally.unfixed) - _log_beta(a, b)


def _log_beta(a: float, b: float) -> float:
    return lgamma(a) + lgamma(b) - lgamma(a + b)
