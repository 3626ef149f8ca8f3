"""What was said of all issues that lived at a moment, by what was known then, and what became of them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from math import exp, log
from statistics import fmean

from life_forecasts.measuring import Pairs
from life_forecasts.reading import KnownPast
from sigma_core.issues.tables import Severity
from sigma_core.learning.lives import LifeEnding, ObservedLife, rule_counts
from sigma_core.learning.pooling import PooledRules, RuleTallies, RuleTally

HORIZON = timedelta(days=730)
YOUNG = timedelta(days=365)
SPANS = (0.35, 0.5, 0.65, 0.8)
"""Where in a history is asked."""
LATE = "pooled, late level"
FEWEST = 15
"""Issues at a moment, of which some were fixed and some not; else there is nothing to be told."""
BELIEVED = 0.25
"""Of what is said of one issue beside another, in log odds."""
LEANS = 0.4
"""Of what pooled shares say of one rule beside another, at the level of what others fixed lately. Chosen on the
repositories to learn from."""


@dataclass(frozen=True)
class AskedMoment:
    """One moment of one repository: pairs by the name of the forecast."""

    repository: str
    at: datetime
    said: Mapping[str, Pairs]


def asked_moments(past: KnownPast, building: Sequence[KnownPast], *, is_young: bool = False) -> Iterator[AskedMoment]:
    """Each moment from which on two years are known; `building`: repositories that may be learned from."""
    others = [each for each in building if each.name != past.name]
    first, last = past.samples[0], past.samples[-1]
    for span in SPANS:
        at = first + (last - first) * span
        alive = [each for each in past.lives if _lives(each, at) and not _went(each, at)]
        fixed = [_is_fixed(each, at) for each in alive]
        if at + HORIZON <= last and len(alive) >= FEWEST and 0 < sum(fixed) < len(fixed):
            said = _forecasts(past, others, alive, at, YOUNG if is_young else None)
            yield AskedMoment(
                past.name, at, {name: list(zip(values, fixed, strict=True)) for name, values in said.items()}
            )


def _forecasts(
    past: KnownPast, others: Sequence[KnownPast], alive: Sequence[ObservedLife], at: datetime, window: timedelta | None
) -> Mapping[str, Sequence[float]]:
    tallies = {each.name: _tallies(each.lives, at) for each in others}
    tallies[past.name] = _tallies(past.lives if window is None else _within(past.lives, at - window), at)
    pooled, alone = PooledRules(tallies), PooledRules({past.name: tallies[past.name]})
    rules = {each.rule for each in alive}
    known = {rule: pooled.prior(past.name, rule).mean for rule in rules}
    own = {rule: alone.prior(past.name, rule).mean for rule in rules}
    base = _base_rate(others, at)
    ranks = [Severity(each.severity).rank for each in alive]
    years = [(at - each.since_at).days / 365 for each in alive]
    scores = [
        _odds(known[each.rule]) + 0.5 * rank - 0.3 * log(0.1 + age)
        for each, rank, age in zip(alive, ranks, years, strict=True)
    ]
    middle, usual = fmean(scores), fmean(known[each.rule] for each in alive)
    return {
        "severity": [rank / 4 + 0.125 for rank in ranks],
        "base rate": [base] * len(alive),
        "pooled": [known[each.rule] for each in alive],
        LATE: [min(0.99, max(0.01, base + LEANS * (known[each.rule] - usual))) for each in alive],
        "unpooled": [own[each.rule] for each in alive],
        "with severity and age": [_share(_odds(base) + BELIEVED * (score - middle)) for score in scores],
    }


def _base_rate(others: Sequence[KnownPast], at: datetime) -> float:
    """The share of issues fixed within two years that other repositories had, as of the last two years."""
    before, shares = at - HORIZON, []
    for each in others:
        alive = [life for life in each.lives if _lives(life, before) and not _went(life, before)]
        if len(alive) >= FEWEST and at <= each.samples[-1]:
            shares.append(fmean(_is_fixed(life, before) for life in alive))
    return (sum(shares) + 1) / (len(shares) + 2)


def _tallies(lives: Sequence[ObservedLife], at: datetime) -> RuleTallies:
    return {rule: RuleTally(each.fixed, each.unfixed) for rule, each in rule_counts(lives, at).items()}


def _within(lives: Sequence[ObservedLife], begin: datetime) -> Sequence[ObservedLife]:
    """As who has looked since then only knows them."""
    seen = [each for each in lives if each.until_at is None or each.until_at > begin]
    return [replace(each, since_at=max(each.since_at, begin)) for each in seen]


def _lives(life: ObservedLife, at: datetime) -> bool:
    return life.since_at <= at and (life.until_at is None or life.until_at > at)


def _ended(life: ObservedLife, at: datetime, ending: LifeEnding) -> bool:
    return life.ending is ending and life.until_at is not None and life.until_at <= at + HORIZON


def _is_fixed(life: ObservedLife, at: datetime) -> bool:
    return _ended(life, at, LifeEnding.FIXED)


def _went(life: ObservedLife, at: datetime) -> bool:
    return _ended(life, at, LifeEnding.GONE)


def _odds(share: float) -> float:
    return log(share / (1 - share))


def _share(odds: float) -> float:
    return 1 / (1 + exp(-odds))
