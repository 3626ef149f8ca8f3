"""The Analytics page's words, figures and rows. Pure: rollups and the moment come in."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple

from sigma_core.console import words
from sigma_core.console.components import charts
from sigma_core.console.components.blocks import command_line, page_head
from sigma_core.console.components.kpi import Tile, strip
from sigma_core.console.components.signs import Tone, chip
from sigma_core.console.markup import Html, div, element, join, span
from sigma_core.llm.budgets import Standing
from sigma_core.llm.interval import wilson
from sigma_core.llm.ledger import UsageTotal
from sigma_core.llm.money import NANO

BY: Mapping[str, str] = {
    "Template": "template", "Version": "version", "Label": "label", "Model": "model", "Worker": "worker", "Day": "day",
}  # fmt: skip
PERIODS: Mapping[str, int] = {"7 days": 7, "30 days": 30, "90 days": 90}

Day = tuple[str, UsageTotal | None]
"""A day's name and its calls, if there were any."""


class Chart(NamedTuple):
    """A chart, and what it shows in words."""

    title: str
    spec: dict[str, Any]
    finding: str


def head(total: UsageTotal, standings: Sequence[Standing], days: int, list_model: str) -> Html:
    """What it cost, and whether anything needs a look."""
    if not total.calls:
        return page_head("Analytics", element("strong", "No model was called"), f" in {days} days.")
    tone: Tone = "warn" if total.unpriced or any(each.reached for each in standings) else "ok"
    lead = f"{cost(total)} in {days} days"
    said = [f"for {words.plural(total.calls, 'call')}."]
    if total.unpriced:
        said.append(f"{words.plural(total.unpriced, 'call')} without a price are not in it.")
    if total.list_nano_usd:
        said.append(f"Offline rules cost nothing; about {words.money(total.list_nano_usd)} at {list_model}.")
    if reached := [each.budget.scope for each in standings if each.reached]:
        said.append(f"Budget reached today: {', '.join(reached)}.")
    return page_head("Analytics", element("strong", lead), " " + " ".join(said), tone=tone)


def tiles(total: UsageTotal, by_day: Sequence[UsageTotal], list_model: str) -> Html:
    """The four figures of the period."""
    low, high = wilson(total.successes, total.calls)
    paid = [float(day.cost_nano_usd) for day in by_day]
    tokens = f"{words.count(total.input_tokens)} tokens in, {words.count(total.output_tokens)} out"
    return strip(
        [
            Tile("Cost", cost(total), cost_note(total, list_model), tuple(paid)),
            Tile("Calls", words.count(total.calls), tokens, tuple(float(day.calls) for day in by_day)),
            Tile("Success", words.percent(total.successes / total.calls), f"{span_of(low, high)}, n {total.calls}"),
            Tile("Latency, p95", _ms(total.p95_ms), f"p50 {_ms(total.p50_ms)}", _known(day.p95_ms for day in by_day)),
        ]
    )


def cost(total: UsageTotal) -> str:
    """Unknown is never $0."""
    known = total.known_cost_nano_usd
    return "unpriced" if known is None else words.money(known)


def cost_note(total: UsageTotal, list_model: str) -> str:
    """What the cost leaves out."""
    if total.unpriced:
        return f"{words.plural(total.unpriced, 'call')} unpriced"
    if total.list_nano_usd:
        return f"{words.money(total.list_nano_usd)} at {list_model}, tokens estimated"
    return f"{words.money(round(total.cost_nano_usd / total.calls))} per call"


def table(totals: Sequence[UsageTotal], by: str) -> Html:
    """A row per value of the dimension, the most called first; days newest first."""
    ordered = sorted(totals, key=lambda total: -total.calls)
    if by == "day":
        ordered = list(reversed(totals))
    names = (by.capitalize(), "Calls", "Success", "95 % interval", "Cost", "Per call", "Tokens in / out", "p50", "p95")
    header = element("tr", *(element("th", name, cls="sg-right" if at else "") for at, name in enumerate(names)))
    return element("table", header, *(_row(total) for total in ordered), cls="sg-table")


def _row(total: UsageTotal) -> Html:
    (name,) = total.key.values()
    low, high = wilson(total.successes, total.calls)
    known = total.known_cost_nano_usd
    rest = f" + {total.unpriced} unpriced" if total.unpriced and known is not None else ""
    rest += f" ({words.money(total.list_nano_usd)} list)" if total.list_nano_usd else ""
    priced = total.calls - total.unpriced
    cells = (
        words.count(total.calls), words.percent(total.successes / total.calls), span_of(low, high),
        cost(total) + rest, words.money(round(known / priced)) if known is not None and priced else "unpriced",
        f"{words.count(total.input_tokens)} / {words.count(total.output_tokens)}", _ms(total.p50_ms), _ms(total.p95_ms),
    )  # fmt: skip
    shown = name or span("no label", cls="sg-muted")
    return element("tr", element("td", shown), *(element("td", cell, cls="sg-right") for cell in cells))


def budgets(standings: Sequence[Standing]) -> Html:
    """Every budget and what is used of it today."""
    if not standings:
        why = (
            "No budget is set. A budget alerts, gives calls to a cheaper model or stops them when a day gets too dear."
        )
        return join(div(why, cls="sg-quiet"), command_line("sigma budget set day --usd-per-day 5 --on-reach stop"))
    names = ("Budget", "A day", "Spent today", "Under way", "Then", "Today")
    header = element(
        "tr", *(element("th", name, cls="sg-right" if 0 < at < 4 else "") for at, name in enumerate(names))
    )
    return element("table", header, *(_budget(each) for each in standings), cls="sg-table")


def _budget(standing: Standing) -> Html:
    budget, today = standing.budget, standing.today
    amounts = (budget.nano_usd_per_day, today.spent_nano_usd, today.reserved_nano_usd)
    then = f"{budget.on_reach} to {budget.degrade_to}" if budget.degrade_to else budget.on_reach
    return element(
        "tr",
        element("td", budget.scope),
        *(element("td", words.money(amount), cls="sg-right") for amount in amounts),
        element("td", then),
        element("td", _state(standing)),
    )


def _state(standing: Standing) -> Html:
    today = standing.today
    done = [f"{today.stopped} stopped"] if today.stopped else []
    done += [f"{today.degraded} degraded"] if today.degraded else []
    said = f" {', '.join(done)}" if done else ""
    return join(chip("Reached", "warn") if standing.reached else span("within", cls="sg-muted"), said)


def amounts(course: Sequence[Day]) -> Chart:
    """What was paid each day; where nothing was, how many calls there were."""
    names = [name for name, _ in course]
    paid = [day.cost_nano_usd / NANO if day else None for _, day in course]
    if any(paid):
        return Chart("Cost a day", charts.bars(names, paid, unit="$"), _most(course, paid, "cost"))
    calls = [float(day.calls) if day else None for _, day in course]
    return Chart("Calls a day", charts.bars(names, calls, unit="calls"), _most(course, calls, "calls"))


def latencies(course: Sequence[Day]) -> Chart:
    """How long calls took each day."""
    names = [name for name, _ in course]
    scale, unit = (1000, "s") if any(day and (day.p95_ms or 0) >= 1000 for _, day in course) else (1, "ms")
    p50 = [day.p50_ms / scale if day and day.p50_ms is not None else None for _, day in course]
    p95 = [day.p95_ms / scale if day and day.p95_ms is not None else None for _, day in course]
    spec = charts.lines(names, (("p50", p50, 0.5), ("p95", p95, 1.0)), unit=unit)
    return Chart("Latency a day", spec, _most(course, p95, "p95 latency"))


def _most(course: Sequence[Day], values: Sequence[float | None], what: str) -> str:
    name, _ = max(zip((name for name, _ in course), values, strict=True), key=lambda each: each[1] or 0)
    return f"Most {what} on {name}"


def each_day(by_day: Sequence[UsageTotal], since: date, until: date) -> Iterator[Day]:
    """Every day of the period, those without a call as None."""
    known = {total.key["day"]: total for total in by_day}
    for number in range((until - since).days + 1):
        day = since + timedelta(days=number)
        yield f"{day.day} {day:%b}", known.get(day.isoformat())


def as_csv(totals: Sequence[UsageTotal]) -> str:
    """The table for a spreadsheet, amounts in nano-USD."""
    out = io.StringIO()
    rows = [total.document() for total in totals]
    writer = csv.DictWriter(out, list(rows[0]) if rows else [])
    writer.writeheader()
    writer.writerows({name: _plain(value) for name, value in row.items()} for row in rows)
    return out.getvalue()


def _plain(value: object) -> object:
    """Text that a spreadsheet does not take for a formula."""
    return f"'{value}" if isinstance(value, str) and value[:1] in tuple("=+-@\t\r") else value


def span_of(low: float, high: float) -> str:
    """[57, 100] in percent."""
    return f"[{low * 100:.0f}, {high * 100:.0f}]"


def _ms(value: float | None) -> str:
    return "n/a" if value is None else words.duration(value)


def _known(values: Iterator[float | None]) -> tuple[float, ...]:
    return tuple(value for value in values if value is not None)
