"""The Cost page's course of days."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from sigma_core.console import charts
from sigma_core.console.charts import Chart
from sigma_core.formatting import NANO
from sigma_core.llm.ledger import UsageTotal

Day = tuple[str, UsageTotal | None]
"""A day's name and its calls, if there were any."""


def amounts(course: Sequence[Day]) -> Chart:
    """What was paid each day; where nothing was, how many calls there were."""
    names = [name for name, _ in course]
    paid = [day.cost_nano_usd / NANO if day else None for _, day in course]
    if any(paid):
        return Chart("Cost a day", charts.bars(names, paid, unit="$"), _most(course, paid, "cost"))
    calls = [float(day.calls) if day else None for _, day in course]
    return Chart("Calls a day", charts.bars(names, calls, unit="calls"), _most(course, calls, "calls"))


def latencies(course: Sequence[Day]) -> Chart:
    """How long calls took each day."""
    names = [name for name, _ in course]
    scale, unit = (1000, "s") if any(day and (day.p95_ms or 0) >= 1000 for _, day in course) else (1, "ms")
    p50 = [day.p50_ms / scale if day and day.p50_ms is not None else None for _, day in course]
    p95 = [day.p95_ms / scale if day and day.p95_ms is not None else None for _, day in course]
    figure = charts.lines(names, (("p50", p50, 0.5), ("p95", p95, 1.0)), unit=unit)
    return Chart("Latency a day", figure, _most(course, p95, "p95 latency"))


def _most(course: Sequence[Day], values: Sequence[float | None], what: str) -> str:
    name, _ = max(zip((name for name, _ in course), values, strict=True), key=lambda each: each[1] or 0)
    return f"Most {what} on {name}"


def each_day(by_day: Sequence[UsageTotal], since: date, until: date) -> Iterator[Day]:
    """Every day of the period, those without a call as None."""
    known = {total.key["day"]: total for total in by_day}
    for number in range((until - since).days + 1):
        day = since + timedelta(days=number)
        yield f"{day.day} {day:%b}", known.get(day.isoformat())
