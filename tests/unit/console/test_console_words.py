from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from sigma_core.console import words

NOW = datetime(2026, 11, 22, 13, 30, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")


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


def test_code_in_a_sentence_is_quoted_where_there_are_no_letters_for_it():
    assert words.quoted("Use `is` in `shop.py`, ` alone") == "Use ‘is’ in ‘shop.py’, ` alone"
