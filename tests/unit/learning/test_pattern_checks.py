"""Of what a model makes of outcomes, only what they bear is believed."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from sigma_core.learning.pattern_checks import FEWEST, FixOutcome, plausible

WON, LOST = (FixOutcome("F401", "linter_safe", "Remove an import", success, "") for success in (True, False))


def pattern(name: str, successes: int, failures: int) -> dict[str, Any]:
    return {
        "name": name,
        "type": "mixed",
        "description": "d",
        "applicability": "a",
        "successes": successes,
        "failures": failures,
        "confidence": 1.0,
    }


def names(patterns: list[dict[str, Any]], outcomes: list[FixOutcome]) -> list[str]:
    return [each.name for each in plausible(patterns, outcomes)]


def test_counts_that_there_were_are_believed() -> None:
    assert names([pattern("imports", 2, 1)], [WON, WON, LOST]) == ["imports"]


def test_what_claims_more_than_there_was_is_not_believed_nor_what_follows() -> None:
    assert names([pattern("one", 2, 0), pattern("more", 2, 0), pattern("last", 0, 1)], [WON, WON, WON, LOST]) == ["one"]
    assert names([pattern("none", 0, 2)], [WON, WON]) == []


def test_one_outcome_is_no_pattern() -> None:
    assert names([pattern("single", 1, 0)], [WON, LOST]) == []


@given(
    st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=10),
    st.lists(st.sampled_from([WON, LOST]), max_size=20),
)
def test_together_they_never_count_more_than_there_was(
    counts: list[tuple[int, int]], outcomes: list[FixOutcome]
) -> None:
    believed = list(plausible([pattern(str(number), *count) for number, count in enumerate(counts)], outcomes))
    assert sum(each.successes for each in believed) <= outcomes.count(WON)
    assert sum(each.failures for each in believed) <= outcomes.count(LOST)
    assert all(each.successes + each.failures >= FEWEST for each in believed)
