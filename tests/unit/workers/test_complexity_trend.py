"""A trend is told where chance does not explain it."""

import pytest

from sigma_core.workers.complexity_trend import complexity_trend, mann_kendall


@pytest.mark.parametrize("means", [[], [3.0], [1.0, 2.0, 3.0], [3.0] * 9, [1.0, 2.0, 1.0, 2.0, 1.5]])
def test_too_few_commits_or_no_movement_are_no_trend(means: list[float]) -> None:
    assert complexity_trend(means) is None


def test_complexity_that_rises_is_an_issue_pattern_with_the_commits_it_rests_on() -> None:
    pattern = complexity_trend([2.0, 2.5, 2.75, 3.5, 4.0])
    assert pattern is not None
    assert (pattern.issue_type, pattern.severity, pattern.frequency) == ("complexity_trend", "warning", 5)
    assert pattern.impact["change_per_commit"] == 0.5


def test_complexity_that_falls_is_no_warning() -> None:
    pattern = complexity_trend([4.0, 3.0, 2.0, 1.5])
    assert pattern is not None
    assert pattern.severity == "info"


def test_the_same_movement_is_less_likely_by_chance_over_more_commits() -> None:
    assert mann_kendall(range(5))[1] > mann_kendall(range(9))[1]
