"""Freshness is inverted attention: fresh is quiet, stale is amber."""

import math
from collections.abc import Mapping, Sequence

from sigma_core.console.markup import Html, div, element, span

STALE = math.exp(-1)
"""Below this an item is older than one decay time."""


def bar(value: float) -> Html:
    """A short bar with the number beside it."""
    stale = " sg-stale" if value < STALE else ""
    filled = element("i", style=f"width:{max(value, 0.02) * 100:.0f}%", cls=f"sg-fresh-bar{stale}")
    return div(span(filled, cls="sg-fresh-track"), span(f"{value:.2f}"), cls="sg-fresh", title="freshness")


def grid(cells: Mapping[tuple[str, str], float], rows: Sequence[str], columns: Sequence[str]) -> Html:
    """Type × worker, the number in each cell; empty where nothing is to measure."""
    heads = (span(name, cls="sg-heat-head") for name in ("", *columns))
    return div(
        *heads,
        *(part for name in rows for part in _row(name, [(column, cells.get((name, column))) for column in columns])),
        cls="sg-heat",
        style=f"--columns:{len(columns)}",
        role="img",
        aria_label=_spoken(cells),
    )


def _row(name: str, values: Sequence[tuple[str, float | None]]) -> list[Html]:
    return [span(name, cls="sg-heat-name"), *(_cell(name, column, value) for column, value in values)]


def _cell(name: str, column: str, value: float | None) -> Html:
    if value is None:
        return span()
    return span(f"{value:.2f}", cls=f"sg-heat-cell sg-heat-{shade(value)}", title=f"{name}, {column}")


def shade(value: float) -> str:
    """Which of three tints, or amber below one decay time."""
    if value < STALE:
        return "stale"
    return "low" if value < 0.6 else "mid" if value < 0.8 else "high"


def _spoken(cells: Mapping[tuple[str, str], float]) -> str:
    stale = sorted(f"{kind} at {worker}" for (kind, worker), value in cells.items() if value < STALE)
    return f"Freshness by type and worker; stale: {', '.join(stale) or 'none'}"
