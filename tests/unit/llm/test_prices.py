"""What calls cost: integers, validity dates, cached tokens, and unpriced where no price is known."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigma_core.database import Database
from sigma_core.errors import Invalid
from sigma_core.formatting import money
from sigma_core.llm import rollups
from sigma_core.llm.ledger import UsageLedger
from sigma_core.llm.models import ModelOrigin
from sigma_core.llm.money import read_usd
from sigma_core.llm.prices import ModelPrice, Prices
from sigma_core.llm.pricing import Pricing, Rates, Repriced
from sigma_core.llm.recorder import UsageRecorder
from sigma_core.llm.tables import PromptUsage
from sigma_core.llm.tokens import Tokens

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
KNOWN = {
    "fast": ModelOrigin("gpt-4.1-mini"),
    "claude": ModelOrigin("claude-sonnet-4-5", provider="anthropic"),
    "named-alike": ModelOrigin("gpt-4.1-mini", base_url="http://127.0.0.1:8000/v1"),
    "o3": ModelOrigin("o3"),
}


@pytest.fixture
def prices(database: Database) -> Prices:
    return Prices(database, KNOWN, "openai/gpt-4.1-mini")


@pytest.fixture
def pricing(database: Database, prices: Prices) -> Pricing:
    return Pricing(database, lambda: NOON, prices)


def test_the_price_list_counts_cached_tokens_at_their_own_price(prices: Prices) -> None:
    book = prices.book()
    # $0.40, $1.60 and $0.10 per million
    assert book.cost("fast", Tokens(1000, 500), NOON) == 1_200_000
    assert book.cost("fast", Tokens(1000, 500, 200), NOON) == 1_140_000


def test_a_call_is_priced_by_its_own_day(prices: Prices) -> None:
    book = prices.book()
    then = book.cost("o3", Tokens(1000, 500), datetime(2025, 5, 1, tzinfo=UTC))
    assert (then, book.cost("o3", Tokens(1000, 500), NOON)) == (30_000_000, 6_000_000)


@pytest.mark.parametrize("model", ["unheard-of", "named-alike"])
def test_a_model_of_an_unknown_server_is_unpriced_whatever_its_name(prices: Prices, model: str) -> None:
    assert prices.book().cost(model, Tokens(1000, 500), NOON) is None


def test_the_operators_price_goes_before_the_list_within_its_days(prices: Prices, pricing: Pricing) -> None:
    rates = Rates(read_usd("input", "1"), read_usd("output", "2"), read_usd("cached", "0.5"))
    pricing.enter("fast", rates, actor="ada", valid_from=date(2026, 11, 10), valid_until=date(2026, 11, 20))
    pricing.enter("fast", Rates(0, 0, 0), actor="ada", valid_from=date(2026, 11, 15))
    book = prices.book()
    costs = [book.cost("fast", Tokens(1000, 500, 100), datetime(2026, 11, day, tzinfo=UTC)) for day in (9, 10, 14, 15)]
    assert costs == [1_170_000, 1_950_000, 1_950_000, 0]
    assert (book.now("fast", NOON).source, book.now("unheard-of", NOON).source) == ("own", "unpriced")
    assert book.now("claude", NOON).source == "price list"


@given(st.integers(0, 10**7), st.integers(0, 10**7), st.integers(0, 10**7), st.integers(0, 10**13))
def test_a_cost_is_off_by_half_a_nano_dollar_at_most(input: int, output: int, cached: int, rate: int) -> None:
    price = ModelPrice(
        model="m",
        valid_from=date.min,
        input_nano_usd=rate,
        output_nano_usd=3 * rate,
        cached_nano_usd=rate // 7,
        changed_by="",
        changed_at=NOON,
    )
    tokens = Tokens.of(input, output, cached)
    exact = (tokens.input - tokens.cached) * rate + tokens.cached * (rate // 7) + tokens.output * 3 * rate
    assert abs(price.cost(tokens) * 10**6 - exact) * 2 <= 10**6


def test_amounts_are_read_exactly_and_nonsense_is_refused() -> None:
    assert (read_usd("x", "$0.000000001"), read_usd("x", "12.5")) == (1, 12_500_000_000)
    for wrong in ("", "many", "-1", "nan", "inf", "1e30"):
        with pytest.raises(Invalid):
            read_usd("usd_per_day", wrong)
    assert [money(amount) for amount in (None, 0, 4_100_000, 12_400_000_000)] == [
        "unpriced",
        "$0.00",
        "$0.0041",
        "$12.40",
    ]


def test_a_price_entered_later_prices_what_was_unpriced_and_the_sums(
    database: Database, pricing: Pricing, tmp_path: Path
) -> None:
    recorder = UsageRecorder(database, tmp_path / "spool")
    recorder.record(*(call(f"c{n}", day) for n, day in enumerate((1, 2, 2, 3))), call("unknown tokens", 2, tokens=None))
    rates = Rates(10**9, 10**9, 10**9)
    _, done = pricing.enter("mine", rates, actor="ada", valid_from=date(2026, 11, 2))
    assert done == Repriced(changed=3, unpriced=0)
    ledger = UsageLedger(database)
    by_day = [(total.key["day"][-1], total.known_cost_nano_usd, total.unpriced) for total in ledger.totals(("day",))]
    assert by_day == [("1", None, 1), ("2", 300_000, 1), ("3", 150_000, 0)]
    stored = ledger.rollups(date.min, date.max)
    rollups.rebuild(database)
    assert ledger.rollups(date.min, date.max) == stored


def test_a_call_keeps_its_cost_when_its_price_is_no_longer_known(
    database: Database, pricing: Pricing, tmp_path: Path
) -> None:
    priced = call("c", 2)
    priced.cost_nano_usd = 77
    UsageRecorder(database, tmp_path / "spool").record(priced)
    assert pricing.again(since=date(2026, 1, 1)) == Repriced(changed=0, unpriced=0)
    assert UsageLedger(database).totals()[0].cost_nano_usd == 77


def test_a_nameless_model_the_rules_and_an_empty_period_have_no_price(pricing: Pricing) -> None:
    for model, until in (("", None), ("offline-rules", None), ("m", date(2026, 11, 2))):
        with pytest.raises(Invalid):
            pricing.enter(model, Rates(0, 0, 0), actor="ada", valid_from=date(2026, 11, 2), valid_until=until)


def call(call_id: str, day: int, tokens: int | None = 100) -> PromptUsage:
    at = datetime(2026, 11, day, 9, tzinfo=UTC)
    return PromptUsage(
        call_id=call_id,
        prompt="think/test",
        version="1",
        worker="think",
        model="mine",
        input_tokens=tokens,
        output_tokens=50,
        cached_tokens=10,
        latency_ms=5,
        success=True,
        day=at.date(),
        created_at=at,
    )
