"""Charts by plotly: no legend up to three series, no animation, one accent. Loaded where a chart is drawn only."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

TICKS = 6
CONFIG: Mapping[str, Any] = {"displayModeBar": False, "scrollZoom": False}


@dataclass(frozen=True)
class Palette:
    """The theme's colours that a chart needs; those of text and marks differ, for text must be read."""

    accent: str
    mark: str
    text: str
    hair: str


LIGHT = Palette(accent="#5046C8", mark="#8A8B96", text="#5F606A", hair="#ECECF0")
DARK = Palette(accent="#8A86F5", mark="#8A8B96", text="#A0A1AC", hair="#212227")


def bars(names: Sequence[str], values: Sequence[float | None], *, unit: str, palette: Palette) -> "Figure":
    """An amount a day."""
    from plotly import graph_objects as go

    figure = go.Figure(
        go.Bar(y=list(values), customdata=list(names), marker={"color": palette.mark}, hovertemplate=_hover(unit))
    )
    return _framed(figure, names, unit, palette)


def add_line(figure: "Figure", values: Sequence[float], palette: Palette) -> None:
    """A line over bars: the series in question."""
    figure.add_scatter(y=list(values), mode="lines", line={"color": palette.accent, "width": 2}, hoverinfo="skip")


def lines(
    names: Sequence[str], series: Sequence[tuple[str, Sequence[float | None], float]], *, unit: str, palette: Palette
) -> "Figure":
    """Courses of one hue, each with its name at its end and its strength (0–1)."""
    from plotly import graph_objects as go

    figure = go.Figure()
    for name, values, strength in series:
        figure.add_scatter(
            y=list(values), customdata=list(names), mode="lines+markers", opacity=strength, connectgaps=False,
            line={"color": palette.accent, "width": 2}, marker={"size": 4}, hovertemplate=_hover(f"{unit}, {name}"),
        )  # fmt: skip
        if known := [(at, value) for at, value in enumerate(values) if value is not None]:
            figure.add_annotation(
                x=known[-1][0], y=known[-1][1], text=name, showarrow=False, xanchor="left", xshift=6,
                font={"color": palette.text},
            )  # fmt: skip
    return _framed(figure, names, unit, palette)


def _hover(what: str) -> str:
    return f"%{{customdata}}: %{{y:,.4~g}} {what}<extra></extra>"


def _framed(figure: "Figure", names: Sequence[str], unit: str, palette: Palette) -> "Figure":
    # Places are numbers: two moments of the same name are two places
    places = list(range(0, len(names), max(-(-len(names) // TICKS), 1)))
    plain = {"color": palette.text, "linecolor": palette.hair, "automargin": True, "fixedrange": True}
    figure.update_layout(
        # The same from drawing to drawing, so that nothing is begun anew while figures change
        uirevision="course", showlegend=False, hovermode="closest", dragmode=False, bargap=0.35,
        margin={"l": 0, "r": 36, "t": 28, "b": 0}, paper_bgcolor="rgba(0,0,0,0)", plot_bgcolor="rgba(0,0,0,0)",
        font={"size": 12, "color": palette.text},
        xaxis={
            **plain, "tickvals": places, "ticktext": [names[place] for place in places], "showgrid": False,
            "zeroline": False, "range": [-0.5, len(names) - 0.5],
        },
        yaxis={**plain, "rangemode": "tozero", "nticks": 4, "gridcolor": palette.hair, "zeroline": False},
    )  # fmt: skip
    figure.add_annotation(
        text=unit, showarrow=False, xref="paper", yref="paper", x=0, y=1, xanchor="left", yanchor="bottom", yshift=4,
        font={"color": palette.text},
    )  # fmt: skip
    return figure
