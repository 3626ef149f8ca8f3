"""Charts as ECharts reads them: no legend up to three series, no animation, one accent."""

from collections.abc import Sequence
from typing import Any

ACCENT = "#6A63E6"
"""Seen well on either theme."""
GREY = "#8A8B96"


def bars(names: Sequence[str], values: Sequence[float | None], *, unit: str, colour: str = GREY) -> dict[str, Any]:
    """An amount a day."""
    series = {"type": "bar", "data": list(values), "itemStyle": {"color": colour}, "barMaxWidth": 28}
    return _frame(names, unit) | {"series": [series]}


def line(values: Sequence[float]) -> dict[str, Any]:
    """A line over bars: the series in question."""
    return {"type": "line", "data": list(values), "symbol": "none", "lineStyle": {"color": ACCENT, "width": 2}}


def lines(
    names: Sequence[str], series: Sequence[tuple[str, Sequence[float | None], float]], *, unit: str
) -> dict[str, Any]:
    """Courses of one hue, each with its name at its end and its strength (0–1)."""
    return _frame(names, unit) | {
        "series": [
            {
                "type": "line", "name": name, "data": list(values), "symbol": "circle", "symbolSize": 4,
                "connectNulls": False, "itemStyle": {"color": ACCENT, "opacity": strength},
                "lineStyle": {"color": ACCENT, "opacity": strength, "width": 2},
                "endLabel": {"show": True, "formatter": name, "color": "inherit", "distance": 6},
                "labelLayout": {"moveOverlap": "shiftY"},
            }
            for name, values, strength in series
        ]
    }  # fmt: skip


def _frame(names: Sequence[str], unit: str) -> dict[str, Any]:
    return {
        "animation": False,
        "grid": {"left": 2, "right": 36, "top": 30, "bottom": 4, "containLabel": True},
        "tooltip": {"trigger": "axis"},
        "xAxis": {"type": "category", "data": list(names), "axisTick": {"show": False}},
        "yAxis": {"type": "value", "min": 0, "splitNumber": 3, "name": unit, "nameTextStyle": {"align": "left"}},
    }
