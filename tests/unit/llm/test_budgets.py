"""Budgets in the path of every call: over real HTTP, with calls at once, and after a crash."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from fakes.chat_server import ChatServer, answer, failure

from sigma_core.database import Database
from sigma_core.errors import BudgetExceeded, Invalid, NotFound
from sigma_core.llm.budget_tables import BudgetReservation
from sigma_core.llm.budgets import Budgets
from sigma_core.llm.errors import ModelBusy
from sigma_core.llm.ledger import UsageLedger
from sigma_core.llm.meter import Meter
from sigma_core.llm.metered import MeteredModel
from sigma_core.llm.model import ChatMessage, Rendered
from sigma_core.llm.models import ModelOrigin
from sigma_core.llm.openai import OpenAIModel
from sigma_core.llm.prices import Prices
from sigma_core.llm.pricing import Pricing, Rates
from sigma_core.llm.recorder import UsageRecorder
from sigma_core.llm.scopes import Charge
from sigma_core.llm.tokens import worst_tokens

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
SCHEMA = {"type": "object", "required": ["score"], "properties": {"score": {"type": "number"}}}
PROMPT = Rendered("think/test", "1", (ChatMessage("user", "Judge."),), SCHEMA, {}, max_output_tokens=100)
GOOD = answer({"score": 0.5})
DOLLAR = 10**9
RATES = Rates(1000 * DOLLAR, 1000 * DOLLAR, 1000 * DOLLAR)
"""A tenth of a cent a token, so that figures are easy to follow: 150 tokens cost $0.15."""
COST = 150 * DOLLAR // 1000
CHARGE = Charge("think", "think/test", "large")


class Parts:
    """The model layer with two models of one server."""

    def __init__(self, database: Database, server: ChatServer, folder: Path) -> None:
        self.database = database
        self.prices = Prices(database, {"large": ModelOrigin("x", server.url)}, "openai/gpt-4.1-mini")
        pricing = Pricing(database, lambda: NOON, self.prices)
        for model in ("large", "small"):
            pricing.enter(model, RATES, actor="ada", valid_from=NOON.date())
        self.budgets = Budgets(database, lambda: NOON, models=("large", "small"), degrade_model="small")
        recorder = UsageRecorder(database, folder / "spool", budgets=self.budgets)
        self.models = {
            name: OpenAIModel(name, api_key=None, base_url=server.url, timeout_s=60, concurrency=10, retries=0)
            for name in ("large", "small")
        }
        self.metered = MeteredModel(
            self.models["large"],
            Meter(recorder, lambda: NOON, prices=self.prices, budgets=self.budgets),
            deadline_s=60,
            others=self.models,
        )
        worst = self.prices.book().cost("large", worst_tokens(PROMPT), NOON)
        assert worst is not None
        self.worst = worst

    def ask(self, worker: str = "think") -> str:
        return self.metered.ask(PROMPT, worker=worker, run_id=None, project=None).model

    def today(self, scope: str = "day") -> tuple[int, int]:
        (standing,) = [each for each in self.budgets.statuses() if each.budget.scope == scope]
        return standing.today.spent_nano_usd, standing.today.reserved_nano_usd


@pytest.fixture
def server() -> Iterator[ChatServer]:
    with ChatServer() as server:
        server.script(GOOD)
        yield server


@pytest.fixture
def parts(database: Database, server: ChatServer, tmp_path: Path) -> Iterator[Parts]:
    parts = Parts(database, server, tmp_path)
    yield parts
    for model in parts.models.values():
        model.close()


def test_a_call_within_its_budget_is_counted_when_it_is_recorded(parts: Parts) -> None:
    parts.budgets.set("worker:think", parts.worst + COST, "stop", actor="ada")
    parts.ask()
    assert parts.today("worker:think") == (COST, 0)
    (row,) = UsageLedger(parts.database).rows()
    assert row.cost_nano_usd == COST


def test_a_stop_is_an_error_before_anything_is_sent(parts: Parts, server: ChatServer) -> None:
    parts.budgets.set("prompt:think/test", parts.worst - 1, "stop", actor="ada")
    with pytest.raises(BudgetExceeded, match=r"prompt:think/test .* has no room for a call that may cost"):
        parts.ask()
    assert server.requests == []
    assert UsageLedger(parts.database).rows() == []
    (standing,) = parts.budgets.statuses()
    assert (standing.today.stopped, standing.reached, standing.today.reserved_nano_usd) == (1, True, 0)


def test_ten_calls_at_once_cannot_overspend(parts: Parts, server: ChatServer) -> None:
    server.script(answer({"score": 0.5}, delay_s=0.3))
    parts.budgets.set("day", 3 * parts.worst, "stop", actor="ada")

    def one(_: int) -> bool:
        try:
            parts.ask()
        except BudgetExceeded:
            return False
        return True

    with ThreadPoolExecutor(10) as pool:
        made = sum(pool.map(one, range(10)))
    # each that is made gives back what it did not need, so a late one may still find room
    assert 3 <= made == len(server.requests) < 10
    spent, reserved = parts.today()
    assert (spent, reserved) == (made * COST, 0)
    assert server.most_at_once <= 3


def test_a_budget_that_degrades_gives_the_call_to_the_cheaper_model(parts: Parts, server: ChatServer) -> None:
    parts.budgets.set("worker:think", 0, "degrade", actor="ada")
    assert parts.ask() == "small"
    (request,) = server.requests
    assert request["model"] == "small"
    (row,) = UsageLedger(parts.database).rows()
    assert (row.model, row.context["degraded_from"]) == ("small", "large")
    (standing,) = parts.budgets.statuses()
    assert (standing.today.degraded, standing.today.spent_nano_usd) == (1, COST)


def test_the_cheaper_model_has_budgets_of_its_own(parts: Parts) -> None:
    parts.budgets.set("worker:think", 0, "degrade", actor="ada")
    parts.budgets.set("model:small", 0, "stop", actor="ada")
    with pytest.raises(BudgetExceeded, match="model:small"):
        parts.ask()
    assert all(standing.today.reserved_nano_usd == 0 for standing in parts.budgets.statuses())


def test_an_alert_lets_the_call_pass_and_says_when_it_was_reached(parts: Parts) -> None:
    parts.budgets.set("model:large", 1, "alert", actor="ada")
    assert parts.ask() == "large"
    (standing,) = parts.budgets.statuses()
    assert standing.today.reached_at is not None
    parts.budgets.set("model:large", DOLLAR * 1000, "alert", actor="ada")
    assert not parts.budgets.statuses()[0].reached


def test_what_a_crash_left_set_aside_comes_back_when_it_expires(parts: Parts) -> None:
    parts.budgets.set("day", parts.worst, "stop", actor="ada")
    parts.budgets.reserve(CHARGE, parts.worst, call_id="crashed", call_s=10)
    with pytest.raises(BudgetExceeded):
        parts.ask()
    with parts.database.transaction() as session:
        left = session.get(BudgetReservation, ("crashed", 1))
        assert left is not None
        left.expires_at -= timedelta(minutes=5)
    assert parts.ask() == "large"
    assert parts.today() == (COST, 0)


def test_a_call_whose_tokens_are_unknown_counts_at_its_worst(parts: Parts, server: ChatServer) -> None:
    server.script(failure(500))
    parts.budgets.set("day", 2 * parts.worst, "stop", actor="ada")
    with pytest.raises(ModelBusy):
        parts.ask()
    assert parts.today() == (parts.worst, 0)


def test_a_model_without_a_price_cannot_be_kept_within_a_budget_that_stops(parts: Parts) -> None:
    parts.budgets.set("day", DOLLAR, "stop", actor="ada")
    with pytest.raises(BudgetExceeded, match="other has no price"):
        parts.budgets.reserve(Charge("think", "think/test", "other"), None, call_id="c", call_s=1)


def test_a_budget_counts_what_its_calls_cost_before_it_was_set(parts: Parts) -> None:
    parts.ask()
    parts.ask("dream")
    for scope, spent in (("day", 2 * COST), ("worker:think", COST), ("model:small", 0)):
        assert parts.budgets.set(scope, DOLLAR, "stop", actor="ada").today.spent_nano_usd == spent


@pytest.mark.parametrize("scope", ["", "days", "worker:", "worker", "prompt:think", "team:a", "worker: x", "model:a\n"])
def test_a_scope_that_is_none_is_refused(parts: Parts, scope: str) -> None:
    with pytest.raises(Invalid, match="scope"):
        parts.budgets.set(scope, DOLLAR, "stop", actor="ada")


def test_only_a_configured_model_takes_over(parts: Parts) -> None:
    with pytest.raises(Invalid, match="none of the configured"):
        parts.budgets.set("day", DOLLAR, "degrade", to="huge", actor="ada")
    with pytest.raises(NotFound):
        parts.budgets.remove("day", actor="ada")
