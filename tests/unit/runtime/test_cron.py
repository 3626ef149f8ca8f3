"""When a cron expression's moments come, and which expressions are refused."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from sigma_core.errors import Invalid
from sigma_core.runtime import cron

MONDAY = datetime(2026, 1, 5, 3, tzinfo=UTC)


@pytest.mark.parametrize(
    ("expression", "after", "next_at"),
    [
        ("0 3 * * *", MONDAY, MONDAY + timedelta(days=1)),
        ("0 3 * * *", MONDAY - timedelta(microseconds=1), MONDAY),
        ("0 3 * * mon", MONDAY, MONDAY + timedelta(weeks=1)),
        ("*/15 * * * *", MONDAY + timedelta(seconds=1), MONDAY + timedelta(minutes=15)),
        ("0 0 29 2 *", MONDAY, datetime(2028, 2, 29, tzinfo=UTC)),
        ("30 2 29 3 *", MONDAY, datetime(2026, 3, 29, 2, 30, tzinfo=UTC)),
        (" 0  3 * *\tsat,sun ", MONDAY, datetime(2026, 1, 10, 3, tzinfo=UTC)),
    ],
)
def test_the_next_moment_is_later_and_in_utc(expression: str, after: datetime, next_at: datetime) -> None:
    assert cron.following(expression, after) == next_at
    assert cron.following(expression, after.astimezone(timezone(timedelta(hours=-7)))) == next_at


@pytest.mark.parametrize(
    ("expression", "why"),
    [
        ("", "five fields"),
        ("0 3 * *", "five fields .*, not 4"),
        ("0 0 3 * * mon", "five fields .*, not 6"),
        ("99 * * * *", "99"),
        ("a * * * *", '"a" for field "minute"'),
        ("5-1 * * * *", "minimum"),
        ("*/0 * * * *", "Increment"),
        ("0 3 * * 1", "weekdays are named"),
        ("0 3 * * 0-4", "weekdays are named"),
        ("0 0 30 2 *", "no day that ever comes"),
        ("0 3 * * mon" + "," * 200, "longer than 120"),
    ],
)
def test_what_cannot_be_meant_is_refused_in_words(expression: str, why: str) -> None:
    with pytest.raises(Invalid, match=why) as refused:
        cron.following(expression, MONDAY)
    assert refused.value.fields.keys() == {"cron"}
