"""Where a pattern goes: told where most steps agree, and as sure as they are many."""

import pytest

from sigma_core.learning.evolution import PatternEvolutionTracker, Trend, evolution, is_moving, moving_share, recent


@pytest.mark.parametrize(
    ("values", "course"),
    [
        ([0.1, 0.2, 0.3, 0.4, 0.5], Trend.INCREASING),
        ([0.5, 0.4, 0.3, 0.2, 0.1], Trend.DECREASING),
        ([0.5, 0.51, 0.5, 0.49, 0.5], Trend.STABLE),
        ([0.1, 0.6, 0.1, 0.6, 0.1], Trend.VOLATILE),
        # three of five is not more than 60 %
        ([0.1, 0.2, 0.3, 0.4, 0.3, 0.2], Trend.VOLATILE),
        ([0.1, 0.2, 0.3, 0.4, 0.5, 0.4, 0.3, 0.2], Trend.VOLATILE),
        ([0.1, 0.2, 0.3, 0.4, 0.5, 0.4], Trend.INCREASING),
    ],
)
def test_a_verdict_needs_more_than_six_of_ten_steps(values: list[float], course: Trend) -> None:
    assert evolution(values).course == course


def test_more_steps_are_surer_and_too_few_are_a_guess() -> None:
    few, many = evolution([0.1, 0.2, 0.3, 0.4]), evolution([n / 10 for n in range(10)])
    assert 1 / 3 < few.confidence < many.confidence < 1
    for nothing in ([], [0.4], [0.1, 0.9, 0.99]):
        guess = evolution(nothing)
        assert (guess.course, guess.confidence) == (Trend.STABLE, pytest.approx(1 / 3, abs=1e-4))
        assert not is_moving(guess)


def test_each_pattern_has_its_own_history_of_bounded_length() -> None:
    tracker = PatternEvolutionTracker()
    for step in range(40):
        tracker.observe("up", step / 40)
        tracker.observe("down", 1 - step / 40)
    assert (tracker.verdict("up").course, tracker.verdict("down").course) == (Trend.INCREASING, Trend.DECREASING)
    assert len(tracker.history("up")) == 13
    assert tracker.history("unknown") == ()


def test_decisions_make_a_share_that_moves_with_the_newest() -> None:
    assert moving_share([]) == [0.5]
    assert moving_share([True, False]) == pytest.approx([0.5, 0.65, 0.455])
    assert evolution(moving_share([True] * 6 + [False] * 6)).course == Trend.VOLATILE
    assert evolution(moving_share([True] * 3 + [False] * 8)).course == Trend.DECREASING


def test_of_a_pattern_that_moves_only_the_newer_half_is_to_be_expected() -> None:
    decided = [True] * 4 + [False] * 8
    falling = evolution(moving_share(decided))
    assert is_moving(falling)
    assert list(recent(decided, falling)) == [False] * 6
    assert list(recent(decided, evolution([]))) == decided
