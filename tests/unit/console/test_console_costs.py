"""What pages say of costs: what a fix cost, and what the offline rules' tokens would have cost."""

from dataclasses import replace

from sigma_core.console.cost import figures
from sigma_core.console.overview import cards
from sigma_core.llm.ledger import UsageTotal
from sigma_core.proposals.costs import Fixes
from sigma_core.runtime.figures import Spend

PAID = UsageTotal({}, 10, 0, 0, 1, 1, 0, 6_000_000_000, 0, None, None, None)


def test_what_a_fix_cost_is_said_where_there_was_one_and_calls_have_a_price() -> None:
    assert list(figures.per_fix(PAID, Fixes(3, 1))) == [
        "$2.00 for each of 3 accepted fixes.",
        "$6.00 for each of 1 surviving fix.",
    ]
    assert list(figures.per_fix(PAID, Fixes(0, 0))) == []
    assert list(figures.per_fix(replace(PAID, unpriced=10), Fixes(3, 1))) == []
    assert list(figures.per_fix(replace(PAID, cost_nano_usd=0), Fixes(3, 1))) == []


def test_the_overview_says_what_free_calls_cost_by_the_price_list() -> None:
    free = Spend(calls=12, unpriced=0, nano_usd=0, list_nano_usd=30_000_000, daily_nano_usd=())
    assert cards._spend_note(free, None) == "12 calls, $0.03 at list price"
    assert cards._spend_note(replace(free, list_nano_usd=0), None) == "12 calls, offline rules"
    assert cards._spend_note(replace(free, unpriced=2), "m-1") == "12 calls, 2 unpriced"
