"""The page Cost: figures, deep links, honesty about what is unknown, hostile text as text."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from fakes.app_text import text_of
from sqlalchemy import event
from streamlit.testing.v1 import AppTest

from sigma_core.console.usage import figures
from sigma_core.database import Database
from sigma_core.llm.ledger import UsageLedger
from sigma_core.llm.recorder import UsageRecorder
from sigma_core.llm.tables import PromptUsage
from sigma_core.runtime.build import build
from sigma_core.settings import load_settings

Visit = Callable[..., AppTest]


@pytest.mark.usefixtures("seeded")
def test_the_page_says_what_is_unpriced_and_what_the_free_calls_would_cost(visit: Visit) -> None:
    shown = text_of(visit("cost"))
    assert "78 calls unpriced" in shown
    assert "list price of openai/gpt-5-mini" in shown
    assert "worker:think" in shown


@pytest.mark.usefixtures("seeded")
def test_a_link_keeps_dimension_and_period(visit: Visit) -> None:
    app = visit("cost", by="Model", days="7 days")
    shown = text_of(app)
    assert "By model" in shown
    (table,) = app.dataframe
    assert sorted(table.value["Model"]) == ["gpt-4.1-mini", "house-model", "offline-rules"]
    unpriced = table.value.set_index("Model").loc["house-model"]
    assert unpriced.isna()["Cost"]
    assert unpriced["Unpriced"] == unpriced["Calls"]
    assert "in 7 days" in shown


def test_the_month_is_foretold_and_the_spread_of_latencies_shown(
    visit: Visit, database: Database, tmp_path: Path
) -> None:
    now = datetime.now(UTC)
    calls = [
        PromptUsage(
            call_id=f"c{age}",
            prompt="dream/error_fix",
            version="1",
            worker="dream",
            model="m",
            latency_ms=900 + age,
            success=True,
            cost_nano_usd=2_000_000_000,
            day=(at := now - timedelta(days=age)).date(),
            created_at=at,
        )
        for age in range(10)
    ]
    UsageRecorder(database, tmp_path / "spool").record(*calls)
    assert "At the pace of the last 9 days, $" in text_of(visit("cost"))
    assert "Highest p95" in text_of(visit("cost", latency="By day"))
    assert "10 calls: half within 899 ms, 99 of 100 within 9" in text_of(visit("cost", latency="Spread"))


def test_text_of_a_stranger_is_shown_as_text(visit: Visit, database: Database, tmp_path: Path) -> None:
    at = datetime.now(UTC)
    nasty = "<script>alert(1)</script>"
    call = PromptUsage(
        call_id="c",
        prompt=nasty,
        version="1",
        worker="think",
        model="=cmd|' /C calc'!A0",
        latency_ms=5,
        success=True,
        day=at.date(),
        created_at=at,
    )
    UsageRecorder(database, tmp_path / "spool").record(call)
    app = visit("cost")
    assert not app.exception
    shown = text_of(app)
    assert nasty not in shown
    assert list(app.dataframe[0].value["Template"]) == [nasty]
    assert "\n'=cmd" in figures.as_csv(UsageLedger(database).totals(("model",)))


def test_the_page_asks_as_often_of_a_full_database_as_of_a_small_one(
    visit: Visit, seeded: Database, home: Path, tmp_path: Path
) -> None:
    asked: list[str] = []
    system = build(load_settings(home))

    def queries() -> int:
        asked.clear()
        system.llm.usage.rollups(date.min, date.max)
        system.llm.budgets.statuses()
        return len(asked)

    event.listen(system.database.engine, "before_cursor_execute", lambda _c, _u, text, *_: asked.append(text))
    few = queries()
    at = datetime.now(UTC)
    UsageRecorder(seeded, tmp_path / "spool").record(
        *(
            PromptUsage(
                call_id=f"n{n}",
                prompt=f"think/{n}",
                version="1",
                worker="think",
                model="m",
                latency_ms=5,
                success=True,
                day=at.date(),
                created_at=at,
            )
            for n in range(200)
        )
    )
    assert queries() == few
    system.database.dispose()


def test_a_budget_and_a_price_are_set_and_the_budget_removed(visit: Visit, home: Path, database: Database) -> None:
    llm = build(load_settings(home)).llm
    app = visit("cost")
    app.button(key="set-budget").click().run()
    app.text_input(key="budget-usd").input("2.50")
    app.button(key="budget-submit").click().run()
    (status,) = llm.budgets.statuses()
    assert (status.budget.scope, status.budget.nano_usd_per_day, status.budget.on_reach) == (
        "day",
        2_500_000_000,
        "stop",
    )
    app.button(key="set-price").click().run()
    app.text_input(key="price-model").input("house-model")
    app.text_input(key="price-input").input("0.25")
    app.text_input(key="price-output").input("2")
    app.button(key="price-submit").click().run()
    (price,) = llm.pricing.entries()
    assert (price.model, price.output_nano_usd, price.cached_nano_usd) == ("house-model", 2_000_000_000, 250_000_000)
    app.button(key="remove-budget").click().run()
    app.button(key="budget-remove").click().run()
    assert llm.budgets.statuses() == []
    app.button(key="set-budget").click().run()
    app.text_input(key="budget-usd").input("much")
    app.button(key="budget-submit").click().run()
    assert not app.exception
    assert "dollars a day" in text_of(app)
