"""The Cost page's budgets."""

from collections.abc import Sequence

from sigma_core.console import words
from sigma_core.console.components.blocks import command_line
from sigma_core.console.components.signs import chip
from sigma_core.console.markup import Html, div, element, join, span
from sigma_core.llm.budgets import BudgetStatus
from sigma_core.llm.scopes import EVERYTHING


def budgets(statuses: Sequence[BudgetStatus]) -> Html:
    """Every budget and what is used of it today."""
    if not statuses:
        why = "No budget is set. Once a day cost as much, a budget alerts, takes a cheaper model or stops."
        return join(div(why, cls="sg-quiet"), command_line("sigma budget set day --usd-per-day 5 --on-reach stop"))
    names = ("Budget", "A day", "Spent today", "Under way", "Then", "Today")
    header = element(
        "tr", *(element("th", name, cls="sg-right" if 0 < at < 4 else "") for at, name in enumerate(names))
    )
    return element("table", header, *(_budget(each) for each in statuses), cls="sg-table")


def of_a_day(statuses: Sequence[BudgetStatus]) -> int | None:
    """What all calls together may cost a day, in nano-USD."""
    return next((each.budget.nano_usd_per_day for each in statuses if each.budget.scope == EVERYTHING), None)


def _budget(status: BudgetStatus) -> Html:
    budget, today = status.budget, status.today
    amounts = (budget.nano_usd_per_day, today.spent_nano_usd, today.reserved_nano_usd)
    then = f"{budget.on_reach} to {budget.degrade_to}" if budget.degrade_to else budget.on_reach
    return element(
        "tr",
        element("td", budget.scope),
        *(element("td", words.money(amount), cls="sg-right") for amount in amounts),
        element("td", then),
        element("td", _state(status)),
    )


def _state(status: BudgetStatus) -> Html:
    today = status.today
    done = [f"{today.stopped} stopped"] if today.stopped else []
    done += [f"{today.degraded} degraded"] if today.degraded else []
    said = f" {', '.join(done)}" if done else ""
    return join(chip("Reached", "warn") if status.reached else span("within", cls="sg-muted"), said)
