"""The Cost page's course of days."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta

from sigma_core.console import charts, words
from sigma_core.console.charts import STACK, Chart
from sigma_core.formatting import NANO
from sigma_core.llm import ledger
from sigma_core.llm.histogram import by_doubling
from sigma_core.llm.ledger import Dimension, Rollup, UsageTotal

SEEN_BELOW = 4
"""A limit is drawn up to so many times the dearest day."""
Day = tuple[str, UsageTotal | None]
"""A day's name and its calls, if there were any."""


def amounts(course: Sequence[Day]) -> Chart:
    """What was paid each day; where nothing was, how many calls there were."""
    names = [name for name, _ in course]
    paid = [day.cost_nano_usd / NANO if day else None for _, day in course]
    if any(paid):
        return Chart("Cost a day", charts.bars(names, paid, unit="$"), _most(course, paid, "Highest cost"))
    calls = [float(day.calls) if day else None for _, day in course]
    return Chart("Calls a day", charts.bars(names, calls, unit="calls"), _most(course, calls, "Most calls"))


def divided(rollups: Iterable[Rollup], by: Dimension, days: Sequence[date], limit_nano_usd: int | None) -> Chart:
    """What was paid each day, by a dimension; where nothing was, calls. `limit_nano_usd`: a budget of a day."""
    sums = ledger.by_day(rollups, by)
    paid = any(cost for one in sums.values() for cost, _ in one.values())
    at, scale = (0, NANO) if paid else (1, 1)
    amounts = {name: sum(each[at] for each in one.values()) for name, one in sums.items()}
    largest = sorted(amounts, key=lambda name: -amounts[name])
    # As many have a colour of their own as there are, less one for all others
    shown = largest if len(largest) <= len(STACK) else largest[: len(STACK) - 1]
    groups = [(name or "no label", [name]) for name in shown]
    if rest := largest[len(shown) :]:
        groups.append((f"{len(rest)} others", rest))
    series = [
        (label, [sum(sums[name].get(day.isoformat(), (0, 0))[at] for name in names) / scale for day in days])
        for label, names in groups
    ]
    unit, title = ("$", "Cost a day") if paid else ("calls", "Calls a day")
    figure = charts.stacked([f"{day.day} {day:%b}" for day in days], series, unit=unit)
    most = max(sum(values[place] for _, values in series) for place in range(len(days)))
    # One far above all bars would leave nothing of them to see
    if paid and limit_nano_usd is not None and limit_nano_usd / NANO <= most * SEEN_BELOW:
        charts.add_limit(figure, limit_nano_usd / NANO, "budget of a day")
    share = amounts[largest[0]] / max(sum(amounts.values()), 1)
    return Chart(f"{title} by {by}", figure, f"{words.percent(share)} of it: {groups[0][0]}")


def latencies(course: Sequence[Day]) -> Chart:
    """How long calls took each day."""
    names = [name for name, _ in course]
    scale, unit = (1000, "s") if any(day and (day.p95_ms or 0) >= 1000 for _, day in course) else (1, "ms")
    p50 = [day.p50_ms / scale if day and day.p50_ms is not None else None for _, day in course]
    p95 = [day.p95_ms / scale if day and day.p95_ms is not None else None for _, day in course]
    p99 = [day.p99_ms / scale if day and day.p99_ms is not None else None for _, day in course]
    figure = charts.lines(names, (("p50", p50, 0.5), ("p95", p95, 1.0), ("p99", p99, 0.5)), unit=unit)
    return Chart("Latency a day", figure, _most(course, p95, "Highest p95"))


def spread(total: UsageTotal, histogram: int) -> Chart:
    """How many calls took how long."""
    found = by_doubling(histogram)
    names = [f"≤ {words.duration(most)}" for most, _ in found]
    figure = charts.bars(names, [float(calls) for _, calls in found], unit="calls")
    most = [(name, ms) for name, ms in (("half", total.p50_ms), ("99 of 100", total.p99_ms)) if ms is not None]
    said = ", ".join(f"{name} within {words.duration(ms)}" for name, ms in most)
    return Chart("How long calls took", figure, f"{words.plural(total.calls, 'call')}: {said}")


def _most(course: Sequence[Day], values: Sequence[float | None], what: str) -> str:
    known = [(value, name) for (name, _), value in zip(course, values, strict=True) if value is not None]
    _, name = max(known, key=lambda each: each[0])
    return f"{what} on {name}"


def each_day(by_day: Sequence[UsageTotal], since: date, until: date) -> Iterator[Day]:
    """Every day of the period, those without a call as None."""
    known = {total.key["day"]: total for total in by_day}
    for number in range((until - since).days + 1):
        day = since + timedelta(days=number)
        yield f"{day.day} {day:%b}", known.get(day.isoformat())
