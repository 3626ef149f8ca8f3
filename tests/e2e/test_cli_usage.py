"""`sigma usage`, `sigma budget` and `sigma price`, as another program meets them."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from fakes.command import Command

from sigma_core.database import Database
from sigma_core.llm.recorder import UsageRecorder
from sigma_core.llm.tables import PromptUsage

NOW = datetime.now(UTC)


def call(number: int, model: str, days_ago: int = 0, tokens: int | None = 1000) -> PromptUsage:
    at = NOW - timedelta(days=days_ago)
    rules = model == "offline-rules"
    return PromptUsage(
        call_id=f"{model}-{number}",
        prompt="think/committee_scoring",
        version="builtin-1",
        worker="think",
        model=model,
        input_tokens=tokens,
        output_tokens=tokens,
        cost_nano_usd=0 if rules else None,
        list_nano_usd=5_000_000 if rules else None,
        latency_ms=100 + number,
        success=number > 0,
        day=at.date(),
        created_at=at,
    )


@pytest.fixture
def sigma(tmp_path: Path, home: Path) -> Command:
    command = Command(home)
    database = Database(f"sqlite:///{command.home / 'sigma.db'}")
    rows = [call(n, "offline-rules") for n in range(3)] + [call(n, "m-1", days_ago=1) for n in range(2)]
    UsageRecorder(database, tmp_path / "spool").record(*rows)
    database.dispose()
    return command


def test_usage_adds_up_by_any_dimensions_and_tells_what_is_unpriced(sigma: Command) -> None:
    found = sigma.json("usage", "--by", "model,worker", "--days", 7)
    assert [(row["model"], row["worker"], row["calls"], row["cost_nano_usd"]) for row in found["rows"]] == [
        ("m-1", "think", 2, None),
        ("offline-rules", "think", 3, 0),
    ]
    totals = found["totals"]
    assert (totals["calls"], totals["failures"], totals["unpriced"], totals["list_nano_usd"]) == (5, 2, 2, 15_000_000)
    assert totals["p95_ms"] == pytest.approx(102, rel=0.01)
    assert len(sigma.json("usage", "--by", "day,template,version,model,worker")["rows"]) == 2
    said = sigma("usage", "--days", 7).out
    assert "unpriced" in said
    assert "about the same tokens of openai/gpt-5-mini: $0.02" in said
    assert sigma.json("usage", "--days", 1)["totals"]["calls"] == 3


def test_sums_that_were_tampered_with_are_made_again_from_the_calls(sigma: Command) -> None:
    truth = sigma.json("usage", "--by", "day,model")
    with closing(sqlite3.connect(sigma.home / "sigma.db")) as database:
        database.execute("UPDATE prompt_analytics SET calls = calls + 7, cost_nano_usd = 1 WHERE model = 'm-1'")
        database.execute("DELETE FROM prompt_analytics WHERE model = 'offline-rules'")
        database.commit()
    assert sigma.json("usage", "--by", "day,model")["totals"]["calls"] == 9
    assert sigma.json("usage", "rebuild") == {"calls": 5, "wrong": 2}
    assert sigma.json("usage", "--by", "day,model") == truth
    assert sigma.json("usage", "rebuild", "--days", 1) == {"calls": 3, "wrong": 0}


def test_a_price_entered_later_is_the_price_of_earlier_calls(sigma: Command) -> None:
    yesterday = (NOW - timedelta(days=1)).date().isoformat()
    done = sigma.json("price", "set", "m-1", "--input", "1", "--output", "2", "--from", yesterday)
    assert (done["changed"], done["unpriced"], done["price"]["cached_nano_usd"]) == (2, 0, 10**9)
    assert sigma.json("usage", "--by", "model")["rows"][0]["cost_nano_usd"] == 6_000_000
    (price,) = sigma.json("price", "list")["prices"]
    assert (price["model"], price["source"]) == ("m-1", "own")
    assert sigma.json("price", "apply")["changed"] == 0


def test_a_budget_is_set_listed_and_removed(sigma: Command) -> None:
    made = sigma.json("budget", "set", "worker:think", "--usd-per-day", "2.50", "--on-reach", "stop")["budget"]
    assert (made["scope"], made["nano_usd_per_day"], made["on_reach"]) == ("worker:think", 2_500_000_000, "stop")
    (listed,) = sigma.json("budget", "list")["budgets"]
    assert listed == made
    assert "worker:think" in sigma("budget", "list").out
    sigma("budget", "remove", "worker:think")
    assert sigma.json("budget", "list") == {"budgets": []}


def test_what_is_wrong_is_named_and_changes_nothing(sigma: Command) -> None:
    budget = ("budget", "set", "day", "--usd-per-day")
    assert "no amount" in sigma.refused(2, *budget, "much", "--on-reach", "stop")
    assert "is one of" in sigma.refused(2, *budget, "1", "--on-reach", "panic")
    assert "names no cheaper model" in sigma.refused(2, *budget, "1", "--on-reach", "degrade")
    assert "scope" in sigma.refused(2, "budget", "set", "team:a", "--usd-per-day", "1", "--on-reach", "stop")
    assert "is none of" in sigma.refused(2, "usage", "--by", "colour")
    assert "no date" in sigma.refused(2, "price", "set", "m", "--input", "1", "--output", "1", "--from", "soon")
    assert "No budget day" in sigma.refused(3, "budget", "remove", "day")
    assert sigma.json("budget", "list") == {"budgets": []}
