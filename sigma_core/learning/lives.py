"""Which issue of one tree is which of a later one, and how those end that are none. Pure rules of values."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class LifeEnding(StrEnum):
    """What became of an issue."""

    FIXED = "fixed"
    """Its code is there, without it."""
    GONE = "gone"
    """Its file, or the definition that it was in, is not there any more."""
    ALIVE = ""


@dataclass(frozen=True)
class Sighting:
    """An issue in one tree."""

    mark: str
    """Its fingerprint: unique in the tree."""
    rule: str
    severity: str
    file: str
    symbol: str
    place: tuple[str, ...]
    """What the fingerprint is made of beside the path."""


@dataclass(frozen=True)
class SightedTree:
    """All issues of one commit, and where there could be some."""

    commit: str
    at: datetime
    sightings: Sequence[Sighting]
    names_in: Callable[[str], frozenset[str] | None]
    """Qualified names of the definitions of a file; None where it is not there, or cannot be read."""


def same_issues(older: SightedTree, newer: SightedTree, renamed: Mapping[str, str]) -> dict[str, str]:
    """Marks of the later tree by those of the earlier: of the same text in the same definition, else of the same rule.

    Where flagged text was changed and is flagged for the same reason as before, in the same definition, nothing was
    fixed. `renamed`: new paths by old ones.
    """
    found = dict[str, str]()
    exact = {(each.file, each.place): each.mark for each in newer.sightings}
    left = list[Sighting]()
    for each in older.sightings:
        mark = exact.pop((renamed.get(each.file, each.file), each.place), None)
        if mark is None:
            left.append(each)
        else:
            found[each.mark] = mark
    taken = set(found.values())
    others = defaultdict[tuple[str, str, str], list[str]](list)
    for each in newer.sightings:
        if each.mark not in taken:
            others[each.rule, each.file, each.symbol].append(each.mark)
    for each in left:
        if alike := others[each.rule, renamed.get(each.file, each.file), each.symbol]:
            found[each.mark] = alike.pop(0)
    return found


def ending_of(sighting: Sighting, newer: SightedTree, renamed: Mapping[str, str]) -> LifeEnding:
    """How an issue ended that the later tree has no more."""
    there = newer.names_in(renamed.get(sighting.file, sighting.file))
    if there is None or (sighting.symbol and sighting.symbol not in there):
        return LifeEnding.GONE
    return LifeEnding.FIXED


@dataclass(frozen=True)
class ObservedLife:
    """One issue over the time that was looked at."""

    rule: str
    severity: str
    since_at: datetime
    until_at: datetime | None
    ending: LifeEnding


@dataclass(frozen=True)
class RuleCount:
    """What the lives of a rule's issues come to: each fixed one is one, each other as far as it was given time."""

    fixed: float
    unfixed: float
    lives: int
    median_days: float | None
    """From being seen first to being fixed, of those fixed."""

    @property
    def trials(self) -> float:
        """What a share of fixed ones rests on."""
        return self.fixed + self.unfixed


HORIZON_DAYS = 730.0
"""Who has not fixed an issue after so long is taken not to want to."""


def rule_counts(lives: Iterable[ObservedLife], now: datetime) -> dict[str, RuleCount]:
    """By rule, as it was known at a moment.

    Issues fixed in one go count the less, the more they are: as the square root of their number, for it was one
    decision. One that was not fixed counts as refused as far as it had its time (`HORIZON_DAYS`); one that went with
    its code, for half of that.
    """
    by_rule = defaultdict[str, list[ObservedLife]](list)
    for each in lives:
        if each.since_at <= now:
            by_rule[each.rule].append(each)
    return {rule: _counted(some, now) for rule, some in by_rule.items()}


def _counted(lives: Sequence[ObservedLife], now: datetime) -> RuleCount:
    fixed_at, took = defaultdict[datetime, int](int), list[float]()
    refused = defaultdict[tuple[datetime, bool], list[float]](list)
    for each in lives:
        is_over = each.until_at is not None and each.until_at <= now
        if is_over and each.ending is LifeEnding.FIXED and each.until_at is not None:
            fixed_at[each.until_at] += 1
            took.append((each.until_at - each.since_at).total_seconds() / 86400)
            continue
        until = each.until_at if is_over and each.until_at is not None else now
        share = min(1.0, (until - each.since_at).total_seconds() / 86400 / HORIZON_DAYS)
        refused[each.since_at, is_over].append(share * (0.5 if is_over else 1.0))
    unfixed = sum(sum(some) / len(some) ** 0.5 for some in refused.values())
    took.sort()
    return RuleCount(
        fixed=sum(count**0.5 for count in fixed_at.values()),
        unfixed=unfixed,
        lives=len(lives),
        median_days=took[len(took) // 2] if took else None,
    )
