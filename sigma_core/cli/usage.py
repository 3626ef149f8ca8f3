"""`sigma usage`: what model calls cost."""

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, cast

import typer

from sigma_core.cli.frame import emit, system, table
from sigma_core.errors import Invalid
from sigma_core.formatting import money, plural

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sigma_core.llm.ledger import Dimension, UsageTotal
    from sigma_core.proposals.costs import Fixes

app = typer.Typer(help="Calls, tokens, cost and latency of the prompts, added up by any of the dimensions.")


@app.callback(invoke_without_command=True)
def usage(
    context: typer.Context,
    by: Annotated[
        str, typer.Option(metavar="DIMENSION,…", help="day, template, version, label, model, worker.")
    ] = "day",
    days: Annotated[int, typer.Option(min=1, max=3660, help="How many days back, today (UTC) among them.")] = 30,
    project: Annotated[str | None, typer.Option(help="Id or name; the calls of all projects if left out.")] = None,
) -> None:
    """Calls, tokens, cost and latency of the prompts, added up by any of the dimensions."""
    if context.invoked_subcommand is not None:
        return
    from sigma_core.llm.ledger import total_of, totals

    dimensions = _dimensions(by)
    sigma = system()
    today = sigma.clock().date()
    since = today - timedelta(days=days - 1)
    project_id = sigma.projects.service.get(project).id if project else None
    rollups = sigma.llm.usage.rollups(since, today, project_id)
    rows, total, fixes = totals(rollups, dimensions), total_of(rollups), sigma.proposals.fixes_since(since, project_id)
    document = {
        "by": dimensions,
        "days": days,
        "price_list_model": sigma.llm.prices.list_model,
        "rows": [row.document() for row in rows],
        "totals": total.document(),
        "fixes": fixes.document(total.known_cost_nano_usd),
    }
    if not total.calls:
        emit(document, [f"No model was called in {plural(days, 'day')}."])
        return
    keyed = [(*row.key.values(), *_cells(row)) for row in rows]
    altogether = ("all", *[""] * (len(dimensions) - 1), *_cells(total))
    emit(
        document,
        [
            *table((*dimensions, *_HEADER), [*keyed, altogether]),
            *_notes(total, sigma.llm.prices.list_model),
            *_per_fix(fixes, total),
        ],
    )


@app.command()
def rebuild(
    days: Annotated[
        int | None, typer.Option(min=1, max=3660, help="How many days back, today (UTC) among them; unset: all.")
    ] = None,
) -> None:
    """Add up the recorded calls anew; says how many sums were not what the calls add up to."""
    sigma = system()
    done = sigma.llm.usage.rebuild(sigma.clock().date() - timedelta(days=days - 1) if days else None)
    wrong = f"{plural(done.wrong, 'sum')} put right" if done.wrong else "the sums were what they add up to"
    emit({**vars(done)}, [f"{plural(done.calls, 'call')} added up anew; {wrong}."])


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

    cost = money(row.known_cost_nano_usd)
    if row.unpriced and row.known_cost_nano_usd is not None:
        cost += f" + {row.unpriced} unpriced"
    latencies = [f"{value:.0f}" if value is not None else None for value in (row.p50_ms, row.p95_ms)]
    return (row.calls, row.failures, row.input_tokens, row.output_tokens, cost, *latencies)


def _notes(total_of: "UsageTotal", list_model: str) -> "Iterator[str]":

    if total_of.list_nano_usd:
        yield f"The offline rules cost nothing; about the same tokens of {list_model}: {money(total_of.list_nano_usd)}."
    if total_of.unpriced:
        yield f"{plural(total_of.unpriced, 'call')} without a price (sigma price set MODEL, sigma price apply)."


def _per_fix(fixes: "Fixes", total_of: "UsageTotal") -> "Iterator[str]":
    from sigma_core.proposals.costs import each

    known = total_of.known_cost_nano_usd
    for count, what in ((fixes.accepted, "accepted"), (fixes.survived, "surviving")):
        if (cost := each(known, count)) is not None:
            yield f"Each of {count} {what} {'fix' if count == 1 else 'fixes'}: {money(cost)}."
