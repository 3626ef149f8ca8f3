"""What a model made of outcomes, held against the outcomes themselves. Pure rules of values."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

FEWEST = 2
"""Outcomes that make a pattern."""


@dataclass(frozen=True)
class FixOutcome:
    """How one fix ended."""

    rule: str
    fixer: str
    title: str
    success: bool
    reason: str


@dataclass(frozen=True)
class CheckedPattern:
    """A pattern as it was named, with counts that the outcomes allow."""

    name: str
    description: str
    applicability: str
    successes: int
    failures: int


def plausible(patterns: Sequence[Mapping[str, Any]], outcomes: Sequence[FixOutcome]) -> Iterator[CheckedPattern]:
    """Those patterns that the outcomes bear.

    Each outcome belongs to one pattern at most, so all together count no more successes and failures than there were;
    from the first that claims more on, none is believed. A pattern of fewer than two outcomes is none.
    """
    won = sum(outcome.success for outcome in outcomes)
    lost = len(outcomes) - won
    for pattern in patterns:
        won, lost = won - pattern["successes"], lost - pattern["failures"]
        if won < 0 or lost < 0:
            return
        if pattern["successes"] + pattern["failures"] >= FEWEST:
            yield CheckedPattern(
                name=pattern["name"],
                description=pattern["description"],
                applicability=pattern["applicability"],
                successes=pattern["successes"],
                failures=pattern["failures"],
            )
