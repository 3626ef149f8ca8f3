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

    @cached_property
    def _everywhere(self) -> Mapping[str, Sequence[tuple[str, RuleTally]]]:
        found = defaultdict[str, list[tuple[str, RuleTally]]](list)
        for project, tallies in self._projects.items():
            for rule, tally in tallies.items():
                if tally.trials > 0:
                    found[rule].append((project, _bounded(tally)))
        return found

    @cached_property
    def _overall(self) -> float:
        whole = _sum(tally for some in self._everywhere.values() for _, tally in some)
        return (whole.fixed + 1) / (whole.trials + 2)

    @cached_property
    def _families(self) -> Mapping[str, RuleTally]:
        found = defaultdict[str, RuleTally](lambda: NOTHING)
        for rule, some in self._everywhere.items():
            found[linter(rule)] += _sum(tally for _, tally in some)
        return found

    @cached_property
    def rule_strength(self) -> float:
        """Trials that a family's share is worth for a rule of it."""
        groups = [
            (_sum(tally for _, tally in some), self._family_share(rule, without=_sum(tally for _, tally in some)))
            for rule, some in self._everywhere.items()
        ]
        return _likeliest(groups)

    @cached_property
    def project_strength(self) -> float:
        """Trials that the share elsewhere is worth for a rule in one project."""
        groups = []
        for rule, some in self._everywhere.items():
            whole = _sum(tally for _, tally in some)
            for project, tally in some:
                rest = RuleTally(whole.fixed - tally.fixed, whole.unfixed - tally.unfixed)
                expected = self._drawn(rest, self._family_share(rule, without=whole))
                groups.append((tally, _moved(expected, self._lean(project))))
        return _likeliest(groups)

    def _family_share(self, rule: str, without: RuleTally = NOTHING) -> float:
        whole = self._families.get(linter(rule), NOTHING)
        rest = RuleTally(max(0.0, whole.fixed - without.fixed), max(0.0, whole.unfixed - without.unfixed))
        return (rest.fixed + 4 * self._overall) / (rest.trials + 4)

    def _drawn(self, tally: RuleTally, to: float) -> float:
        return (tally.fixed + self.rule_strength * to) / (tally.trials + self.rule_strength)

    def _lean(self, project: str, without: str | None = None) -> float:
        """By how much more, in log odds, a project fixes than others do of the same rules; drawn to nothing."""
        return self._lean_of(self._projects.get(project, {}), project, without)

    def _lean_of(self, tallies: RuleTallies, project: str, without: str | None) -> float:
        seen, expected = NOTHING, 0.0
        for rule, whole in tallies.items():
            if rule == without or whole.trials <= 0:
                continue
            tally = _bounded(whole)
            others = _sum(each for name, each in self._everywhere.get(rule, ()) if name != project)
            seen += tally
            expected += tally.trials * (others.fixed + 4 * self._overall) / (others.trials + 4)
        if not seen.trials:
            return 0.0
        share = (expected + 1) / (seen.trials + 2)
        now = (seen.fixed + 10 * share) / (seen.trials + 10)
        return _logit(now) - _logit(share)

    @cached_property
    def _shares(self) -> Mapping[str, Mapping[str, float]]:
        """Of every project and rule that has trials, drawn to the rule's."""
        found: dict[str, dict[str, float]] = {}
        for rule, some in self._everywhere.items():
            middle = self._drawn(_sum(tally for _, tally in some), self._family_share(rule))
            for project, tally in some:
                strength = self.project_strength
                share = (tally.fixed + strength * middle) / (tally.trials + strength)
                found.setdefault(project, {})[rule] = share
        return found

    def resemblances(self, project: str, *, without: str | None = None) -> dict[str, float]:
        """How far each other project is believed (0–1), by how it treats the rules that both know but this one."""
        mine = self._projects.get(project, {})
        gains = {other: self._gain(mine, shares, without) for other, shares in self._shares.items() if other != project}
        best = max(gains.values(), default=0.0)
        return {other: exp(gain - best) for other, gain in gains.items()}

    def _gain(self, mine: RuleTallies, shares: Mapping[str, float], without: str | None) -> float:
        """How much likelier the counts are under another project's shares than under what all have."""
        gain = 0.0
        for rule, share in shares.items():
            tally = mine.get(rule, NOTHING)
            if rule == without or not tally.trials:
                continue
            middle = self._drawn(_sum(each for _, each in self._everywhere[rule]), self._family_share(rule))
            bounded = _bounded(tally)
            gain += bounded.fixed * log(share / middle) + bounded.unfixed * log((1 - share) / (1 - middle))
        return TEMPER * gain

    def prior(self, project: str, rule: str) -> RulePrior:
        """What is expected of a rule in a project, whether either is known or not."""
        own = self._projects.get(project, {}).get(rule, NOTHING)
        alike = self.resemblances(project, without=rule)
        others = [(name, tally) for name, tally in self._everywhere.get(rule, ()) if name != project]
        weighted = _sum(tally.times(alike[name]) for name, tally in others)
        whole = _sum(tally for _, tally in self._everywhere.get(rule, ()))
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
