"""`sigma budget`: how much model calls may cost a day."""

from typing import TYPE_CHECKING, Annotated

import typer

from sigma_core.cli.frame import actor, emit, moment, system, table
from sigma_core.formatting import money

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sigma_core.llm.budgets import BudgetStatus

app = typer.Typer(no_args_is_help=True, help="How much model calls may cost a day (UTC), and what happens then.")

Scope = Annotated[str, typer.Argument(help="day (every call), worker:NAME, prompt:WORKER/TYPE or model:NAME.")]


@app.command("set")
def set_budget(
    scope: Scope,
    usd_per_day: Annotated[str, typer.Option(metavar="X", help="Dollars a day.")],
    on_reach: Annotated[str, typer.Option(metavar="alert|degrade|stop", help="When there is no room for a call.")],
    to: Annotated[str | None, typer.Option(metavar="MODEL", help="degrade: the model that takes over.")] = None,
) -> None:
    """Bound what the calls of a scope may cost a day."""
    from sigma_core.llm.money import read_usd

    amount = read_usd("usd_per_day", usd_per_day)
    status = system().llm.budgets.set(scope, amount, on_reach, to=to, actor=actor())
    emit({"budget": _status(status)}, _status_lines([status]))


@app.command("list")
def list_budgets() -> None:
    """Every budget with what is used of it today."""
    statuses = system().llm.budgets.statuses()
    none = ["No budget is set; set one: sigma budget set day --usd-per-day 5 --on-reach stop"]
    emit({"budgets": [_status(each) for each in statuses]}, _status_lines(statuses) if statuses else none)


@app.command("remove")
def remove_budget(scope: Scope) -> None:
    """Bound the calls of a scope no longer."""
    system().llm.budgets.remove(scope, actor=actor())
    emit({"removed": scope}, [f"{scope} has no budget any more."])


def _status(status: "BudgetStatus") -> dict[str, object]:
    budget, today = status.budget, status.today
    return {
        "scope": budget.scope,
        "nano_usd_per_day": budget.nano_usd_per_day,
        "usd_per_day": budget.nano_usd_per_day / 1e9,
        "on_reach": budget.on_reach,
        "degrade_to": budget.degrade_to,
        "spent_nano_usd": today.spent_nano_usd,
        "reserved_nano_usd": today.reserved_nano_usd,
        "room_nano_usd": status.room_nano_usd,
        "stopped": today.stopped,
        "degraded": today.degraded,
        "reached": status.reached,
        "reached_at": today.reached_at,
    }


def _status_lines(statuses: "Sequence[BudgetStatus]") -> "Iterator[str]":
    rows = [
        (
            each.budget.scope,
            money(each.budget.nano_usd_per_day),
            f"{each.budget.on_reach}{f' to {each.budget.degrade_to}' if each.budget.degrade_to else ''}",
            money(each.today.spent_nano_usd),
            money(each.today.reserved_nano_usd),
            each.today.stopped,
            each.today.degraded,
            moment(each.today.reached_at),
        )
        for each in statuses
    ]
    return table(("scope", "a day", "then", "spent today", "reserved", "stopped", "degraded", "reached"), rows)
