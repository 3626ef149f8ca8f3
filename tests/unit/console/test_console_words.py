from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from sigma_core.console import words

NOW = datetime(2026, 11, 22, 13, 30, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("ms", "shown"),
    [
        (0, "<\u202f1 ms"),
        (0.99, "<\u202f1 ms"),
        (1, "1 ms"),
        (240, "240 ms"),
        (1800, "1.8 s"),
        (42_000, "42 s"),
        (185_000, "3 min 05 s"),
        (7_800_000, "2 h 10 min"),
    ],
)
def test_durations_have_one_sensible_unit(ms: int, shown: str):
    assert words.duration(ms) == shown


@pytest.mark.parametrize(("s", "shown"), [(-3, "0 s"), (12, "12 s"), (540, "9 min"), (10_800, "3 h"), (520_000, "6 d")])
def test_ages_have_one_unit_and_are_never_negative(s: int, shown: str):
    assert words.age(s) == shown


@pytest.mark.parametrize(
    ("before", "shown"),
    [
        (timedelta(minutes=10), "14:20"),
        (timedelta(hours=20), "yesterday 18:30"),
        (timedelta(days=13), "9 Nov"),
        (timedelta(days=378), "9 Nov 2025"),
    ],
)
def test_moments_are_told_in_the_viewers_zone(before: timedelta, shown: str):
    assert words.moment(NOW - before, NOW, BERLIN) == shown


def test_a_day_begins_at_the_viewers_midnight():
    late = datetime(2026, 11, 21, 23, 30, tzinfo=UTC)
    assert words.moment(late, NOW, BERLIN) == "00:30"
    assert words.moment(late, NOW, UTC) == "yesterday 23:30"


@pytest.mark.parametrize(
    ("share", "shown"),
    [(None, "n/a"), (0, "0\u202f%"), (0.001, "1\u202f%"), (0.82, "82\u202f%"), (0.999, "99\u202f%"), (1, "100\u202f%")],
)
def test_a_rate_is_never_rounded_to_all_or_nothing(share: float | None, shown: str):
    assert words.percent(share) == shown


@pytest.mark.parametrize(
    ("nano", "shown"),
    [(0, "$0.00"), (12_400_000_000, "$12.40"), (4_100_000, "$0.0041"), (1_234_500_000_000, "$1\u202f234.50")],
)
def test_money_keeps_two_significant_digits_below_a_cent(nano: int, shown: str):
    assert words.money(nano) == shown


def test_numbers_have_a_thin_space_and_a_real_minus():
    assert words.count(1284) == "1\u202f284"
    assert words.signed(-1.42, "{:.1f}") == "−1.4"
    assert words.signed(12) == "+12"
    assert words.signed(0.2) == "±0"


@pytest.mark.parametrize(("s", "shown"), [(30, "30 s"), (600, "10 min"), (7200, "2 h"), (90, "90 s"), (86_400, "1 d")])
def test_intervals_are_told_in_their_largest_whole_unit(s: int, shown: str):
    assert words.interval(s) == shown
