"""What the calls of a month will have cost, if its days go on as the last ones went."""

import calendar
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import mean, stdev

LOOKED_BACK = 14
"""Days before today that tell the pace, at most."""
_STUDENT = (3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160)
"""97.5 % points of Student's t with 3 to 13 degrees of freedom: with fewer days nothing is foretold."""
FEWEST = 4


@dataclass(frozen=True)
class SpendForecast:
    """Amounts in nano-USD; `low` to `high` hold 95 % if days differ by chance alone, as the last ones did."""

    until: date
    expected_nano_usd: int
    low_nano_usd: int
    high_nano_usd: int
    days: int
    """How many days tell the pace."""


def reads_since(today: date) -> date:
    """The first day that a forecast looks at."""
    return min(today.replace(day=1), today - timedelta(days=LOOKED_BACK))


def of_month(paid: Mapping[str, int], today: date) -> SpendForecast | None:
    """By what was paid each day, in nano-USD, of days that had any calls; None where too few days are
    known, or nothing was paid.

    The sum of n more days like m known ones lies within t·s·√(n + n²/m) of n times their mean (the usual interval for
    a prediction). Today counts with what was paid, or with what a day costs if that is more.
    """
    if not any(paid.values()):
        return None
    begun = date.fromisoformat(min(paid))
    known = [
        paid.get(day.isoformat(), 0)
        for age in range(1, LOOKED_BACK + 1)
        if (day := today - timedelta(days=age)) >= begun
    ]
    if len(known) < FEWEST:
        return None
    until = today.replace(day=calendar.monthrange(today.year, today.month)[1])
    left, pace = (until - today).days, mean(known)
    spent = sum(cost for day, cost in paid.items() if date.fromisoformat(day) >= today.replace(day=1))
    expected = spent + max(0.0, pace - paid.get(today.isoformat(), 0)) + pace * left
    margin = _STUDENT[len(known) - FEWEST] * stdev(known) * math.sqrt(left + left * left / len(known))
    return SpendForecast(
        until, round(expected), max(spent, round(expected - margin)), round(expected + margin), len(known)
    )
