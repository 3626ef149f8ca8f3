"""`sigma price`: what models cost."""

from datetime import date, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from sigma_core.cli.frame import actor, emit, system, table
from sigma_core.errors import Invalid
from sigma_core.formatting import money, plural

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sigma_core.llm.prices import ListedPrice, ModelPrice
    from sigma_core.llm.pricing import Repriced

app = typer.Typer(no_args_is_help=True, help="What models cost: the operator's own prices go before the price list.")


@app.command("list")
def list_prices() -> None:
    """The configured models' prices now, and the prices that the operator entered."""
    sigma = system()
    book, now, entries = sigma.llm.prices.book(), sigma.clock(), sigma.llm.pricing.entries()
    names = sorted(
        {*sigma.llm.model_names, *(entry.model for entry in entries), sigma.llm.model.name} - {"offline-rules"}
    )
    models = [book.now(name, now) for name in names]
    lines = [*table(("model", "per million: in", "out", "cached", "from"), [_price_cells(each) for each in models])]
    none = [f"No model is configured. The offline rules are compared with {sigma.llm.prices.list_model}."]
    emit(
        {"prices": [vars(each) for each in models], "entries": [_entry(each) for each in entries]},
        lines if models else none,
    )


@app.command("set")
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
    price, done = sigma.llm.pricing.enter(
        model, rates, actor=actor(), valid_from=first, valid_until=_day("until", valid_until)
    )
    emit({"price": _entry(price), **vars(done)}, [_repriced(done)])


@app.command("apply")
def apply_prices(
    days: Annotated[int, typer.Option(min=1, max=3660, help="How many days back, today (UTC) among them.")] = 30,
) -> None:
    """Price recorded calls by what is known now: those without a price, and those whose price has changed."""
    sigma = system()
    done = sigma.llm.pricing.again(since=sigma.clock().date() - timedelta(days=days - 1), actor=actor())
    emit({**vars(done)}, [_repriced(done)])


def _price_cells(price: "ListedPrice") -> "Sequence[object]":

    rates = (price.input_nano_usd, price.output_nano_usd, price.cached_nano_usd)
    return (price.model, *(money(rate) for rate in rates), price.source)


def _entry(price: "ModelPrice") -> dict[str, object]:
    return price.model_dump(mode="json", exclude={"id"})


def _repriced(done: "Repriced") -> str:
    rest = f"; {plural(done.unpriced, 'call')} still without a price" if done.unpriced else ""
    return f"{plural(done.changed, 'recorded call')} priced anew{rest}."


def _day(field: str, text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise Invalid({field: f"{text!r} is no date like 2026-03-01"}) from None
