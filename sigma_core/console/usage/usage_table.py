"""Usage by one dimension, as a table that is sorted in place."""

from collections.abc import Mapping, Sequence

import streamlit as st

from sigma_core.console import widgets, words
from sigma_core.console.components import table
from sigma_core.console.components.blocks import card_title
from sigma_core.console.markup import Html, div, span
from sigma_core.console.usage.figures import span_of
from sigma_core.formatting import NANO
from sigma_core.llm.interval import wilson
from sigma_core.llm.ledger import UsageTotal


def draw(totals: Sequence[UsageTotal], by: str, aside: str, below: Html | None = None) -> None:
    """The card."""
    title = card_title(f"By {by}")
    with st.container(border=True):
        widgets.draw(div(title, span(aside, cls="sg-faint"), cls="sg-card-head"))
        table.draw(
            rows(totals, by),
            key=f"table-{by}",
            formats=FORMATS,
            missing="unpriced",
            alt=f"Calls, cost and latency by {by}",
        )
        if below is not None:
            widgets.draw(below)


FORMATS: Mapping[str, str] = {
    "Calls": "localized",
    "Success": words.PERCENT,
    "Cost": "$%.4f",
    "Per call": "$%.6f",
    "List price": "$%.4f",
    "Unpriced": "localized",
    "Tokens in": "localized",
    "Tokens out": "localized",
    "p50 ms": "%.0f",
    "p95 ms": "%.0f",
}
"""How the columns of `rows` are written."""


def rows(totals: Sequence[UsageTotal], by: str) -> list[dict[str, object]]:
    """A row per value of the dimension, the most called first; days newest first. What has no price is None."""
    ordered = reversed(totals) if by == "day" else sorted(totals, key=lambda total: -total.calls)
    return [_values(total, by) for total in ordered]


def _values(total: UsageTotal, by: str) -> dict[str, object]:
    (name,) = total.key.values()
    known, priced = total.known_cost_nano_usd, total.calls - total.unpriced
    low, high = wilson(total.successes, total.calls)
    return {
        by.capitalize(): name or "no label",
        "Calls": total.calls,
        "Success": words.whole_percent(total.successes / total.calls),
        "95 % interval": span_of(low, high),
        "Cost": None if known is None else known / NANO,
        "Per call": known / priced / NANO if known is not None and priced else None,
        "Unpriced": total.unpriced,
        "List price": total.list_nano_usd / NANO,
        "Tokens in": total.input_tokens,
        "Tokens out": total.output_tokens,
        "p50 ms": total.p50_ms,
        "p95 ms": total.p95_ms,
        "p99 ms": total.p99_ms,
    }
