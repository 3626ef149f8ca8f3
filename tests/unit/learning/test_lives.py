"""Which issue is which over time, and what lives come to."""

from datetime import UTC, datetime, timedelta

import pytest

from sigma_core.learning.lives import (
    HORIZON_DAYS,
    LifeEnding,
    ObservedLife,
    SightedTree,
    Sighting,
    ending_of,
    rule_counts,
    same_issues,
)

BEGIN = datetime(2020, 1, 1, tzinfo=UTC)


def seen(mark: str, text: str, file: str = "a.py", symbol: str = "f", rule: str = "E711") -> Sighting:
    return Sighting(mark, rule, "warning", file, symbol, (rule, symbol, text, "0"))


def tree(*sightings: Sighting, names: dict[str, set[str]] | None = None) -> SightedTree:
    known = {path: frozenset(some) for path, some in (names or {"a.py": {"f"}}).items()}
    return SightedTree("c", BEGIN, sightings, known.get)


def test_the_same_text_is_the_same_issue_also_in_a_renamed_file() -> None:
    older, newer = tree(seen("1", "x == None")), tree(seen("2", "x == None", file="b.py"))
    assert same_issues(older, newer, {"a.py": "b.py"}) == {"1": "2"}
    assert same_issues(older, newer, {}) == {}


def test_text_that_changed_and_is_flagged_still_was_not_fixed() -> None:
    older = tree(seen("1", "x == None"), seen("2", "y == None"))
    newer = tree(seen("3", "x == None"), seen("4", "y.z == None"))
    assert same_issues(older, newer, {}) == {"1": "3", "2": "4"}


def test_an_issue_whose_code_is_gone_was_not_fixed() -> None:
    issue = seen("1", "x == None")
    assert ending_of(issue, tree(names={"a.py": {"f"}}), {}) is LifeEnding.FIXED
    assert ending_of(issue, tree(names={"a.py": {"g"}}), {}) is LifeEnding.GONE
    assert ending_of(issue, tree(names={"b.py": {"f"}}), {}) is LifeEnding.GONE
    assert ending_of(issue, tree(names={"b.py": {"f"}}), {"a.py": "b.py"}) is LifeEnding.FIXED


def test_what_was_fixed_in_one_go_was_one_decision() -> None:
    day, later = timedelta(days=1), BEGIN + timedelta(days=10)
    swept = [ObservedLife("UP031", "info", BEGIN, later, LifeEnding.FIXED)] * 100
    apart = [ObservedLife("B904", "info", BEGIN, BEGIN + n * day, LifeEnding.FIXED) for n in range(1, 5)]
    counts = rule_counts([*swept, *apart], BEGIN + timedelta(days=HORIZON_DAYS))
    assert (counts["UP031"].fixed, counts["UP031"].lives, counts["UP031"].median_days) == (10.0, 100, 10.0)
    assert counts["B904"].fixed == 4.0


def test_nothing_of_the_future_is_known() -> None:
    life = ObservedLife("B904", "info", BEGIN, BEGIN + timedelta(days=HORIZON_DAYS), LifeEnding.FIXED)
    halfway = rule_counts([life], BEGIN + timedelta(days=HORIZON_DAYS / 2))["B904"]
    assert (halfway.fixed, halfway.unfixed) == (0.0, pytest.approx(0.5))
    assert rule_counts([life], BEGIN - timedelta(days=1)) == {}
    assert rule_counts([life], BEGIN + timedelta(days=HORIZON_DAYS))["B904"].fixed == 1.0
