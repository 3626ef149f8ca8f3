"""Figures: one card split by hairlines."""

from collections.abc import Sequence
from dataclasses import dataclass

from sigma_core.console.markup import Html, div, element, span


@dataclass(frozen=True)
class Tile:
    """A figure, the change in words, and its recent course."""

    label: str
    value: str
    note: str
    series: tuple[float, ...] = ()


def strip(tiles: Sequence[Tile]) -> Html:
    """The tiles side by side."""
    return div(*map(_tile, tiles), cls="sg-strip")


def square(tiles: Sequence[Tile]) -> Html:
    """The tiles two by two, for a narrow place."""
    return div(*map(_tile, tiles), cls="sg-strip sg-square")


def sparkline(series: Sequence[float]) -> Html | None:
    """A line without axes, its last point a dot; None where there is no course to draw."""
    low, high = min(series, default=0), max(series, default=0)
    if len(series) < 2 or low == high:
        return None
    points = [(100 * i / (len(series) - 1), 100 * (high - value) / (high - low)) for i, value in enumerate(series)]
    upper = [f"{x:.1f}% calc({y:.1f}% - {y * 0.015:.2f}px)" for x, y in points]
    lower = [f"{x:.1f}% calc({y:.1f}% + {1.5 - y * 0.015:.2f}px)" for x, y in reversed(points)]
    shape = f"clip-path:polygon({','.join(upper + lower)})"
    last = f"top:{points[-1][1]:.1f}%"
    return span(
        element("i", style=shape, cls="sg-spark-line"),
        element("b", style=last, cls="sg-spark-end"),
        cls="sg-spark",
        aria_hidden="true",
    )


def _tile(tile: Tile) -> Html:
    return div(
        span(tile.label, cls="sg-kpi-label"),
        span(tile.value, cls="sg-kpi-value"),
        sparkline(tile.series) or span(),
        span(tile.note, cls="sg-kpi-note"),
        cls="sg-kpi",
    )
