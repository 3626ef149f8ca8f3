"""What scores said, held against what happened: the reliability diagram."""

from collections.abc import Mapping, Sequence
from typing import Any

from sigma_core.console import words
from sigma_core.console.charts import ACCENT, MARK, Chart
from sigma_core.formatting import plural


def diagram(scored: Mapping[str, Any]) -> Chart:
    """A point for each bin of scores with its 95 % interval; on the straight line all would be as it was said."""
    from plotly import graph_objects as go

    bins: Sequence[Mapping[str, Any]] = scored["bins"]
    figure = go.Figure()
    figure.add_scatter(
        x=[0, 1], y=[0, 1], mode="lines", line={"color": MARK, "width": 1, "dash": "dot"}, hoverinfo="skip"
    )
    figure.add_scatter(
        x=[each["said"] for each in bins],
        y=[each["share"] for each in bins],
        customdata=[plural(each["n"], "change") for each in bins],
        mode="lines+markers",
        line={"color": ACCENT, "width": 2},
        marker={"size": 7},
        error_y={
            "type": "data",
            "symmetric": False,
            "array": [each["high"] - each["share"] for each in bins],
            "arrayminus": [each["share"] - each["low"] for each in bins],
            "color": ACCENT,
            "thickness": 1,
            "width": 3,
        },
        hovertemplate="said %{x:.0%}, happened %{y:.0%}, %{customdata}<extra></extra>",
    )
    axis = {"range": [0, 1], "fixedrange": True, "tickformat": ".0%", "zeroline": False, "automargin": True}
    figure.update_layout(
        uirevision="reliability",
        showlegend=False,
        dragmode=False,
        margin={"l": 0, "r": 12, "t": 12, "b": 0},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        xaxis={**axis, "title": "the committee said", "showgrid": False},
        yaxis={**axis, "title": "was taken and kept"},
    )
    return Chart("What scores have stood for", figure, _finding(scored))


def _finding(scored: Mapping[str, Any]) -> str:
    missed = words.percent(scored["calibration_error"])
    return (
        f"On {plural(scored['n'], 'change')}, none of which it was learned from, what was said was off by {missed} in "
        f"the mean. Brier score {scored['brier']:.3f}; always saying the base rate: {scored['base_brier']:.3f}."
    )
