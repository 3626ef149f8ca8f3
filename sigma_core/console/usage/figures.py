"""The Cost page's words, figures and rows. Pure: rollups and the moment come in."""

from collections.abc import Iterator, Mapping, Sequence

from sigma_core.console import words
from sigma_core.console.components.blocks import page_head
from sigma_core.console.components.kpi import Tile, strip
from sigma_core.console.components.signs import Tone
from sigma_core.console.exporting import csv_of
from sigma_core.console.markup import Html, element
from sigma_core.llm.budgets import BudgetStatus
from sigma_core.llm.interval import wilson
from sigma_core.llm.ledger import Rollup, UsageTotal
from sigma_core.llm.spend_forecast import SpendForecast
from sigma_core.proposals.costs import Fixes, each

BY: Mapping[str, str] = {
    "Template": "template",
    "Version": "version",
    "Label": "label",
    "Model": "model",
    "Worker": "worker",
    "Day": "day",
}
PERIODS: Mapping[str, int] = {"7 days": 7, "30 days": 30, "90 days": 90}


def head(total: UsageTotal, statuses: Sequence[BudgetStatus], days: int, change: str | None = None) -> Html:
    """What it cost, and whether anything needs a look. `change`: against the days before."""
    if not total.calls:
        return page_head("Cost", element("strong", "No model was called"), f" in {days} days.")
    tone: Tone = "warn" if total.unpriced or any(each.reached for each in statuses) else "ok"
    lead = f"{cost(total)} in {days} days"
    said = [f"for {words.plural(total.calls, 'call')}."]
    if change is not None:
        said.append(change)
    if reached := [each.budget.scope for each in statuses if each.reached]:
        said.append(f"Budget reached today: {', '.join(reached)}.")
    return page_head("Cost", element("strong", lead), " " + " ".join(said), tone=tone)


def against(now: Sequence[Rollup], before: Sequence[Rollup], days: int) -> str | None:
    """What was paid, or else the calls, against as many days before; None where there is nothing to compare."""
    span = "day" if days == 1 else f"{days} days"
    for what in ("cost_nano_usd", "calls"):
        new, old = (sum(getattr(each, what) for each in rollups) for rollups in (now, before))
        if new or old:
            if not old:
                return f"Nothing was paid in the {span} before." if what == "cost_nano_usd" else None
            if new == old:
                return f"As {'much' if what == 'cost_nano_usd' else 'many'} as in the {span} before."
            change = f"{words.count(max(1, round(abs(new - old) / old * 100)))}{words.THIN}%"
            more = ("more", "less") if what == "cost_nano_usd" else ("more calls", "fewer calls")
            return f"{change} {more[new < old]} than in the {span} before."
    return None


def per_fix(total: UsageTotal, fixes: Fixes) -> Tile | None:
    """What an accepted fix cost, and one that survived; None where there was none or calls have no price."""
    accepted, survived = (each(total.known_cost_nano_usd, number) for number in (fixes.accepted, fixes.survived))
    if not total.cost_nano_usd or accepted is None:
        return None
    kept = f", {words.money(survived)} for each of {fixes.survived} that survived" if survived is not None else ""
    return Tile("Cost per accepted fix", words.money(accepted), f"{fixes.accepted} accepted{kept}")


def tiles(total: UsageTotal, by_day: Sequence[UsageTotal], fixes: Fixes | None = None) -> Html:
    """The figures of the period."""
    low, high = wilson(total.successes, total.calls)
    paid = [float(day.cost_nano_usd) for day in by_day]
    tokens = f"{words.count(total.input_tokens)} tokens in, {words.count(total.output_tokens)} out"
    fix = per_fix(total, fixes) if fixes else None
    return strip(
        [
            Tile("Cost", cost(total), cost_note(total), tuple(paid)),
            Tile("Calls", words.count(total.calls), tokens, tuple(float(day.calls) for day in by_day)),
            Tile("Success", words.percent(total.successes / total.calls), f"{span_of(low, high)}, n {total.calls}"),
            Tile(
                "Latency, p95",
                _ms(total.p95_ms),
                f"p50 {_ms(total.p50_ms)}, p99 {_ms(total.p99_ms)}",
                _without_gaps(day.p95_ms for day in by_day),
            ),
            *([fix] if fix else []),
        ]
    )


def ahead(forecast: SpendForecast, limit_nano_usd: int | None, unpriced: int) -> str:
    """What the month comes to at this pace. `limit_nano_usd`: a budget of a day; `unpriced`: calls without a price."""
    low, high = words.money(forecast.low_nano_usd), words.money(forecast.high_nano_usd)
    said = f"At the pace of the last {forecast.days} days, {words.money(forecast.expected_nano_usd)} for all of "
    said += f"{forecast.until:%B} ({low} to {high})"
    if limit_nano_usd:
        share = forecast.expected_nano_usd / (limit_nano_usd * forecast.until.day)
        said += f", {words.percent(share)} of what the budget allows"
    return f"{said}. Calls without a price are left out." if unpriced else f"{said}."


def cost(total: UsageTotal) -> str:
    """Unknown is never $0."""
    known = total.known_cost_nano_usd
    return "unpriced" if known is None else words.money(known)


def cost_note(total: UsageTotal) -> str:
    """What the cost leaves out."""
    left_out = [f"{words.plural(total.unpriced, 'call')} unpriced"] if total.unpriced else []
    if total.list_nano_usd:
        left_out.append(f"offline rules {words.money(total.list_nano_usd)} at list price")
    return ", ".join(left_out) or f"{words.money(round(total.cost_nano_usd / total.calls))} per call"


def as_csv(totals: Sequence[UsageTotal]) -> str:
    """The table for a spreadsheet, amounts in nano-USD."""
    rows = [total.document() for total in totals]
    return csv_of(rows, list(rows[0]) if rows else [])


def span_of(low: float, high: float) -> str:
    """[57, 100] in percent."""
    return f"[{low * 100:.0f}, {high * 100:.0f}]"


def _ms(value: float | None) -> str:
    return "n/a" if value is None else words.duration(value)


def _without_gaps(values: Iterator[float | None]) -> tuple[float, ...]:
    return tuple(value for value in values if value is not None)
