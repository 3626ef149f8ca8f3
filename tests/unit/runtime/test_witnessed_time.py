"""What counts as time that has passed, when clocks are wrong."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from sigma_core.runtime.witnessed_time import AT_ONCE, BELIEVED_AFTER, WitnessedTime

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def doubts(*steps: timedelta) -> list[timedelta]:
    """What is doubted after each step of the clock."""
    now, time, found = NOON, WitnessedTime(NOON), []
    for step in steps:
        now += step
        time = time.at(now)
        found.append(time.doubted)
    return found


def test_hours_and_nights_that_pass_are_believed() -> None:
    assert doubts(HOUR, 16 * HOUR, HOUR) == [timedelta()] * 3


def test_what_passes_at_once_is_doubted_until_the_clock_is_put_back() -> None:
    assert doubts(40 * DAY, HOUR, -40 * DAY, HOUR) == [40 * DAY, 40 * DAY, timedelta(), timedelta()]


def test_what_passes_at_once_is_believed_after_a_day_from_there() -> None:
    assert doubts(40 * DAY, *[12 * HOUR] * 3) == [40 * DAY, 40 * DAY, timedelta(), timedelta()]


def test_a_machine_that_is_seldom_on_does_not_stand_still() -> None:
    assert doubts(*[3 * DAY] * 4) == [3 * DAY, timedelta(), 3 * DAY, timedelta()]


@given(st.lists(st.timedeltas(min_value=-100 * DAY, max_value=100 * DAY), max_size=20))
def test_no_more_is_doubted_than_has_passed_and_nothing_for_ever(steps: list[timedelta]) -> None:
    found = doubts(*steps, *[AT_ONCE] * 2)
    assert all(timedelta() <= each <= sum((abs(step) for step in steps), timedelta()) for each in found)
    assert BELIEVED_AFTER <= 2 * AT_ONCE
    assert found[-1] == timedelta()
