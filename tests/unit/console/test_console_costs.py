"""What pages say of costs: what a fix cost, and what the offline rules' tokens would have cost."""

from dataclasses import replace
from datetime import date

from sigma_core.console.overview import cards
from sigma_core.console.usage import daily, figures
from sigma_core.llm.ledger import Rollup, UsageTotal, by_day
from sigma_core.llm.spend_forecast import SpendForecast
from sigma_core.proposals.costs import Fixes
from sigma_core.runtime.figures import Spend

PAID = UsageTotal({}, 10, 0, 0, 1, 1, 0, 6_000_000_000, 0, None, None, None, None)


def test_what_a_fix_cost_is_said_where_there_was_one_and_calls_have_a_price() -> None:
    tile = figures.per_fix(PAID, Fixes(3, 1))
    assert tile is not None
    assert (tile.value, tile.note) == ("$2.00", "3 accepted, $6.00 for each of 1 that survived")
    assert figures.per_fix(PAID, Fixes(0, 0)) is None
    assert figures.per_fix(replace(PAID, unpriced=10), Fixes(3, 1)) is None
    assert figures.per_fix(replace(PAID, cost_nano_usd=0), Fixes(3, 1)) is None


def test_the_overview_says_what_free_calls_cost_by_the_price_list() -> None:
    free = Spend(calls=12, unpriced=0, nano_usd=0, list_nano_usd=30_000_000, daily_nano_usd=())
    assert cards._spend_note(free, None) == "12 calls, $0.03 at list price"
    assert cards._spend_note(replace(free, list_nano_usd=0), None) == "12 calls, offline rules"
    assert cards._spend_note(replace(free, unpriced=2), "m-1") == "12 calls, 2 unpriced"


def rollup(day: str, model: str, calls: int, cost: int) -> Rollup:
    return Rollup(day, "dream/error_fix", 1, "v1", "", model, "dream", 1, calls, 0, 0, 0, 0, 0, cost, 0, 0, b"")


def test_what_was_paid_is_compared_with_the_days_before_and_calls_where_nothing_was() -> None:
    now, before = [rollup("2026-01-02", "m", 3, 300)], [rollup("2026-01-01", "m", 2, 200)]
    assert figures.against(now, before, 1) == "50\u202f% more than in the day before."
    assert figures.against(now, [], 30) == "Nothing was paid in the 30 days before."
    free = [each._replace(cost_nano_usd=0) for each in (*now, *before)]
    assert figures.against(free[:1], free[1:], 7) == "50\u202f% more calls than in the 7 days before."
    assert figures.against(free[1:], free[:1], 7) == "33\u202f% fewer calls than in the 7 days before."
    assert figures.against(now, now, 7) == "As much as in the 7 days before."
    assert figures.against(free[:1], [], 7) is None
    assert figures.against([], [], 7) is None


def test_amounts_of_a_day_are_divided_among_few_and_all_others() -> None:
    days = [date(2026, 1, 1), date(2026, 1, 2)]
    rows = [rollup("2026-01-01", f"m{number}", 1, number * 1_000_000_000) for number in range(1, 7)]
    rows.append(rollup("2026-01-02", "m6", 1, 1_000_000_000))
    assert by_day(rows, "model")["m6"] == {"2026-01-01": (6_000_000_000, 1), "2026-01-02": (1_000_000_000, 1)}
    chart = daily.divided(rows, "model", days, 5_000_000_000)
    drawn = [(bar.name, list(bar.y)) for bar in chart.figure.data]
    assert drawn == [("m6", [6, 1]), ("m5", [5, 0]), ("m4", [4, 0]), ("3 others", [6, 0])]
    assert chart.finding == "32\u202f% of it: m6"
    assert [shape.y0 for shape in chart.figure.layout.shapes] == [5]
    assert not daily.divided(rows, "model", days, 500_000_000_000).figure.layout.shapes


def test_what_a_month_comes_to_is_said_with_its_interval_and_beside_the_budget() -> None:
    month = SpendForecast(date(2026, 11, 30), 30_000_000_000, 21_000_000_000, 39_000_000_000, 14)
    said = "At the pace of the last 14 days, $30.00 for all of November ($21.00 to $39.00)"
    assert figures.ahead(month, None, 0) == f"{said}."
    assert figures.ahead(month, None, 2) == f"{said}. Calls without a price are left out."
    assert figures.ahead(month, 2_000_000_000, 0) == f"{said}, 50\u202f% of what the budget allows."


def test_the_worst_day_is_one_that_had_calls() -> None:
    quick = replace(PAID, p50_ms=0.0, p95_ms=0.0, p99_ms=0.0)
    assert daily.latencies([("1 Jan", None), ("2 Jan", quick)]).finding == "Highest p95 on 2 Jan"
