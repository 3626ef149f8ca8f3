"""`sigma usage`, `sigma budget`, `sigma price`: what model calls cost, and how much they may."""

from datetime import date, timedelta
from typing import TYPE_CHECKING, Annotated, cast

import typer

from sigma_core.cli.frame import actor, counted, emit, moment, system, table
from sigma_core.errors import Invalid

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sigma_core.llm.budgets import Standing
    from sigma_core.llm.ledger import Dimension, UsageTotal
    from sigma_core.llm.prices import Listed, ModelPrice
    from sigma_core.llm.pricing import Repriced

budgets = typer.Typer(no_args_is_help=True, help="How much model calls may cost a day (UTC), and what happens then.")
prices = typer.Typer(no_args_is_help=True, help="What models cost: the operator's own prices go before the price list.")

Scope = Annotated[str, typer.Argument(help="day (every call), worker:NAME, prompt:WORKER/TYPE or model:NAME.")]


def usage(
    by: Annotated[
        str, typer.Option(metavar="DIMENSION,…", help="day, template, version, label, model, worker.")
    ] = "day",
    days: Annotated[int, typer.Option(min=1, max=3660, help="How many days back, today (UTC) among them.")] = 30,
) -> None:
    """Calls, tokens, cost and latency of the prompts, added up by any of the dimensions."""
    from sigma_core.llm.ledger import totals, whole

    dimensions = _dimensions(by)
    sigma = system()
    today = sigma.clock().date()
    rollups = sigma.usage.rollups(today - timedelta(days=days - 1), today)
    rows, total = totals(rollups, dimensions), whole(rollups)
    document = {
        "by": dimensions, "days": days, "price_list_model": sigma.prices.list_model,
        "rows": [row.document() for row in rows], "totals": total.document(),
    }  # fmt: skip
    if not total.calls:
        emit(document, [f"No model was called in {counted(days, 'day')}."])
        return
    keyed = [(*row.key.values(), *_cells(row)) for row in rows]
    altogether = ("all", *[""] * (len(dimensions) - 1), *_cells(total))
    emit(
        document,
        [*table((*dimensions, *_HEADER), [*keyed, altogether]), *_notes(total, sigma.prices.list_model)],
    )


@budgets.command("set")
def set_budget(
    scope: Scope,
    usd_per_day: Annotated[str, typer.Option(metavar="X", help="Dollars a day.")],
    on_reach: Annotated[str, typer.Option(metavar="alert|degrade|stop", help="When there is no room for a call.")],
    to: Annotated[str | None, typer.Option(metavar="MODEL", help="degrade: the model that takes over.")] = None,
) -> None:
    """Bound what the calls of a scope may cost a day."""
    from sigma_core.llm.money import read_usd

    amount = read_usd("usd_per_day", usd_per_day)
    standing = system().budgets.set(scope, amount, on_reach, to=to, actor=actor())
    emit({"budget": _standing(standing)}, _standing_lines([standing]))


@budgets.command("list")
def list_budgets() -> None:
    """Every budget with what is used of it today."""
    standings = system().budgets.standings()
    none = ["No budget is set; set one: sigma budget set day --usd-per-day 5 --on-reach stop"]
    emit({"budgets": [_standing(each) for each in standings]}, _standing_lines(standings) if standings else none)


@budgets.command("remove")
def remove_budget(scope: Scope) -> None:
    """Bound the calls of a scope no longer."""
    system().budgets.remove(scope, actor=actor())
    emit({"removed": scope}, [f"{scope} has no budget any more."])


@prices.command("list")
def list_prices() -> None:
    """The configured models' prices now, and the prices that the operator entered."""
    sigma = system()
    book, now, entries = sigma.prices.book(), sigma.clock(), sigma.pricing.entries()
    names = sorted({*sigma.model_names, *(entry.model for entry in entries), sigma.model.name} - {"offline-rules"})
    models = [book.now(name, now) for name in names]
    lines = [*table(("model", "per million: in", "out", "cached", "from"), [_price_cells(each) for each in models])]
    none = [f"No model is configured. The offline rules are compared with {sigma.prices.list_model}."]
    emit(
        {"prices": [vars(each) for each in models], "entries": [_entry(each) for each in entries]},
        lines if models else none,
    )


@prices.command("set")
def set_price(
    model: Annotated[str, typer.Argument(help="As usage names it.")],
    input_usd: Annotated[str, typer.Option("--input", metavar="USD", help="Per million input tokens.")],
    output_usd: Annotated[str, typer.Option("--output", metavar="USD", help="Per million output tokens.")],
    cached_usd: Annotated[
        str | None, typer.Option("--cached", metavar="USD", help="Per million cached input tokens; unset: as input.")
    ] = None,
    valid_from: Annotated[str | None, typer.Option("--from", metavar="DATE", help="First day; unset: today.")] = None,
    valid_until: Annotated[str | None, typer.Option("--until", metavar="DATE", help="First day without it.")] = None,
) -> None:
    """Enter a price. Calls recorded since its first day are priced by it."""
    from sigma_core.llm.money import read_usd
    from sigma_core.llm.pricing import Rates

    sigma = system()
    entered = read_usd("input", input_usd)
    rates = Rates(
        entered, read_usd("output", output_usd), entered if cached_usd is None else read_usd("cached", cached_usd)
    )
    first = _day("from", valid_from) or sigma.clock().date()
    price, done = sigma.pricing.enter(
        model, rates, actor=actor(), valid_from=first, valid_until=_day("until", valid_until)
    )
    emit({"price": _entry(price), **vars(done)}, [_repriced(done)])


@prices.command("apply")
def apply_prices(
    days: Annotated[int, typer.Option(min=1, max=3660, help="How many days back, today (UTC) among them.")] = 30,
) -> None:
    """Price recorded calls by what is known now: those without a price, and those whose price has changed."""
    sigma = system()
    done = sigma.pricing.again(since=sigma.clock().date() - timedelta(days=days - 1))
    emit({**vars(done)}, [_repriced(done)])


_HEADER = ("calls", "failed", "tokens in", "out", "cost", "p50 ms", "p95 ms")


def _dimensions(by: str) -> "tuple[Dimension, ...]":
    from sigma_core.llm.ledger import DIMENSIONS

    names = tuple(dict.fromkeys(part.strip() for part in by.split(",") if part.strip()))
    if not names:
        raise Invalid({"by": f"names some of {', '.join(DIMENSIONS)}"})
    if wrong := [name for name in names if name not in DIMENSIONS]:
        raise Invalid({"by": f"{', '.join(wrong)} is none of {', '.join(DIMENSIONS)}"})
    return cast("tuple[Dimension, ...]", names)


def _cells(row: "UsageTotal") -> "Sequence[object]":
    from sigma_core.llm.money import dollars

    cost = dollars(row.known_cost_nano_usd)
    if row.unpriced and row.known_cost_nano_usd is not None:
        cost += f" + {row.unpriced} unpriced"
    latencies = [f"{value:.0f}" if value is not None else None for value in (row.p50_ms, row.p95_ms)]
    return (row.calls, row.failures, row.input_tokens, row.output_tokens, cost, *latencies)


def _notes(whole: "UsageTotal", list_model: str) -> "Iterator[str]":
    from sigma_core.llm.money import dollars

    if whole.list_nano_usd:
        yield f"The offline rules cost nothing; about the same tokens of {list_model}: {dollars(whole.list_nano_usd)}."
    if whole.unpriced:
        yield f"{counted(whole.unpriced, 'call')} without a price (sigma price set MODEL, sigma price apply)."


def _standing(standing: "Standing") -> dict[str, object]:
    budget, today = standing.budget, standing.today
    return {
        "scope": budget.scope, "nano_usd_per_day": budget.nano_usd_per_day,
        "usd_per_day": budget.nano_usd_per_day / 1e9, "on_reach": budget.on_reach, "degrade_to": budget.degrade_to,
        "spent_nano_usd": today.spent_nano_usd, "reserved_nano_usd": today.reserved_nano_usd,
        "room_nano_usd": standing.room_nano_usd, "stopped": today.stopped, "degraded": today.degraded,
        "reached": standing.reached, "reached_at": today.reached_at,
    }  # fmt: skip


def _standing_lines(standings: "Sequence[Standing]") -> "Iterator[str]":
    from sigma_core.llm.money import dollars

    rows = [
        (
            each.budget.scope, dollars(each.budget.nano_usd_per_day),
            f"{each.budget.on_reach}{f' to {each.budget.degrade_to}' if each.budget.degrade_to else ''}",
            dollars(each.today.spent_nano_usd), dollars(each.today.reserved_nano_usd), each.today.stopped,
            each.today.degraded, moment(each.today.reached_at),
        )
        for each in standings
    ]  # fmt: skip
    return table(("scope", "a day", "then", "spent today", "reserved", "stopped", "degraded", "reached"), rows)


def _price_cells(price: "Listed") -> "Sequence[object]":
    from sigma_core.llm.money import dollars

    rates = (price.input_nano_usd, price.output_nano_usd, price.cached_nano_usd)
    return (price.model, *(dollars(rate) for rate in rates), price.source)


def _entry(price: "ModelPrice") -> dict[str, object]:
    return price.model_dump(mode="json", exclude={"id"})


def _repriced(done: "Repriced") -> str:
    rest = f"; {counted(done.unpriced, 'call')} still without a price" if done.unpriced else ""
    return f"{counted(done.changed, 'recorded call')} priced anew{rest}."


def _day(field: str, text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise Invalid({field: f"{text!r} is no date like 2026-03-01"}) from None
