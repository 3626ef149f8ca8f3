"""What the latest changes of a file say: what changes with it, and who knows it. Pure rules."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar, cast

WINDOW = 200
"""Of a file, so many of its latest changes count."""
HALF_LIFE = 25
"""Changes of the file after which one counts half."""
SWEEPING = 50
"""A commit of more files (formatting, renaming, vendoring) says nothing of what belongs together or who knows it."""
LEAST_SUPPORT = 2
LEAST_CONFIDENCE = 0.1
LEAST_SHARE = 0.05
MOST = 20
"""Of what is associated with one file, the strongest."""
PRIOR = 1.0
"""Changes without the other file that every file is thought to have had beside those seen."""
Thing = TypeVar("Thing", bound=int | str)


@dataclass(frozen=True, slots=True)
class Association:
    """How much something has to do with a file."""

    thing: int | str
    support: int
    """Commits that it rests on."""
    strength: float
    """0–1: the latest commits count most."""
    since: datetime
    """When the first of these commits came."""


def changed_with(window: Sequence[tuple[datetime, Iterable[Thing]]]) -> list[Association]:
    """What else the latest changes of a file touched, newest change first: how likely it is to change with it."""
    found = _weighed(window, prior=PRIOR)
    return _strongest(each for each in found if each.support >= LEAST_SUPPORT and each.strength >= LEAST_CONFIDENCE)


def likely_with(window: Sequence[tuple[datetime, Iterable[Thing]]], beside: Iterable[Thing], most: int) -> list[Thing]:
    """So many files as are likeliest to change with one: those that ever did, then others in the order given."""
    found = sorted(_weighed(window, prior=PRIOR), key=lambda each: (-each.strength, each.thing))
    named = dict.fromkeys([*(cast("Thing", each.thing) for each in found), *beside])
    return list(named)[:most]


def known_by(window: Sequence[tuple[datetime, Thing]]) -> list[Association]:
    """Who made the latest changes of a file, newest change first: each one's share."""
    found = _weighed([(at, (author,)) for at, author in window], prior=0.0)
    return _strongest(each for each in found if each.strength >= LEAST_SHARE)


def _weighed(window: Sequence[tuple[datetime, Iterable[Thing]]], *, prior: float) -> Iterator[Association]:
    weights, support, since = dict[Thing, float](), dict[Thing, int](), dict[Thing, datetime]()
    total = prior
    for age, (at, things) in enumerate(window[:WINDOW]):
        weight = 0.5 ** (age / HALF_LIFE)
        total += weight
        for each in things:
            weights[each] = weights.get(each, 0.0) + weight
            support[each] = support.get(each, 0) + 1
            since[each] = at
    return (Association(each, support[each], weight / total, since[each]) for each, weight in weights.items())


def _strongest(found: Iterable[Association]) -> list[Association]:
    return sorted(found, key=lambda each: (-each.strength, -each.support, each.thing))[:MOST]
