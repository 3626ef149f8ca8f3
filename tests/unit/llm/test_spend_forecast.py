"""What a month is foretold to cost: by the days before, not at all by too few of them, and never less than was paid."""

from datetime import date, timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigma_core.llm.spend_forecast import FEWEST, LOOKED_BACK, of_month, reads_since

TODAY = date(2026, 11, 20)
DOLLAR = 1_000_000_000


def days(*amounts: int) -> dict[str, int]:
    """Paid on the days up to today, the last of them today."""
    return {(TODAY - timedelta(days=age)).isoformat(): amount * DOLLAR for age, amount in enumerate(reversed(amounts))}


def test_like_days_go_on_alike() -> None:
    found = of_month(days(*[2] * 20), TODAY)
    assert found is not None
    assert (found.until, found.days) == (date(2026, 11, 30), LOOKED_BACK)
    assert found.low_nano_usd == found.expected_nano_usd == found.high_nano_usd == 60 * DOLLAR


def test_the_interval_is_the_usual_one_for_a_prediction() -> None:
    found = of_month(days(1, 2, 3, 4, 3), TODAY)
    assert found is not None
    # 13 $ so far, of today more than the pace of 2.5 $; ten days more; s = 1.291, t = 3.182, √(10 + 100/4) = 5.916
    assert found.expected_nano_usd == 38 * DOLLAR
    assert found.high_nano_usd - found.expected_nano_usd == pytest.approx(24.30 * DOLLAR, rel=1e-3)
    assert found.low_nano_usd == pytest.approx(13.70 * DOLLAR, rel=1e-3)


def test_few_days_tell_nothing_and_a_day_without_calls_is_one() -> None:
    assert of_month({}, TODAY) is None
    assert of_month(days(*[0] * 20), TODAY) is None
    assert of_month(days(*[1] * FEWEST), TODAY) is None
    quiet = of_month({(TODAY - timedelta(days=8)).isoformat(): 8 * DOLLAR}, TODAY)
    assert quiet is not None
    assert (quiet.days, quiet.expected_nano_usd) == (8, (8 + 1 + 10) * DOLLAR)


def test_what_is_paid_is_not_foretold_away() -> None:
    found = of_month(days(0, 0, 100, 0, 0, 0), TODAY)
    assert found is not None
    assert found.low_nano_usd == 100 * DOLLAR


@given(st.integers(0, 2**32), st.dates(date(2020, 1, 1), date(2030, 1, 1)))
def test_it_lies_within_its_interval_whatever_the_day(seed: int, today: date) -> None:
    chance = Random(seed)
    since = reads_since(today)
    paid = {
        (since + timedelta(days=number)).isoformat(): chance.randrange(5 * DOLLAR)
        for number in range((today - since).days + 1)
    }
    found = of_month(paid, today)
    assert found is not None
    assert found.low_nano_usd <= found.expected_nano_usd <= found.high_nano_usd
    assert found.until.month == today.month
