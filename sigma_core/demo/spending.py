"""What calls cost in the demonstration, and who may spend how much."""

from datetime import date
from decimal import Decimal

from sigma_core.demo.answers import NAME
from sigma_core.llm.budget_tables import OnReach
from sigma_core.llm.money import nano_usd
from sigma_core.llm.pricing import Rates
from sigma_core.runtime.system import System

ACTOR = "ada"


def price(system: System, since: date) -> None:
    """Dollars per million tokens, as for a middling model."""
    rates = Rates(input=nano_usd(Decimal("2.50")), output=nano_usd(Decimal(10)), cached=nano_usd(Decimal("1.25")))
    system.llm.pricing.enter(NAME, rates, actor=ACTOR, valid_from=since)


def bound(system: System) -> None:
    """Budgets: one for a day, which has room; one for a worker, which is reached on busy days."""
    system.llm.budgets.set("day", nano_usd(Decimal("0.10")), OnReach.ALERT, actor=ACTOR)
    system.llm.budgets.set("worker:think", nano_usd(Decimal("0.0005")), OnReach.ALERT, actor=ACTOR)
