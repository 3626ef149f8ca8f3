"""Charts by plotly: no legend up to three series, no animation, one accent. Loaded where a chart is drawn only."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from html import escape
from math import log10
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

ACCENT = "#000001"
"""Stands for the first of the theme's colours for charts: the browser puts in that of the viewer's theme."""
MARK = "#8A8B96"
"""The same on either theme."""
TICKS = 6
STRONG = 0.7
"""A line of less is dotted: told apart by more than how faint it is."""
LABEL_PX = 12
"""How far the names of the lowest and the highest line are moved, so that three that end together stay readable."""
_ABOVE: Mapping[str, Any] = {
    "showarrow": False,
    "xref": "paper",
    "yref": "paper",
    "y": 1,
    "yanchor": "bottom",
    "yshift": 4,
}
"""Where words of the whole chart stand."""
CONFIG: Mapping[str, Any] = {"displayModeBar": False, "scrollZoom": False}


class Chart(NamedTuple):
    """A chart, and what it shows in words."""

    title: str
    figure: "Figure"
    finding: str


def bars(names: Sequence[str], values: Sequence[float | None], *, unit: str) -> "Figure":
    """An amount a day."""
    from plotly import graph_objects as go

    figure = go.Figure(
        go.Bar(y=list(values), customdata=list(names), marker={"color": MARK}, hovertemplate=_hover(unit))
    )
    return _framed(figure, names, unit)


STACK = ("#000001", "#000002", "#000003", MARK)
"""Stand for the theme's colours, as `ACCENT`; the last is for all others together."""


def stacked(names: Sequence[str], series: Sequence[tuple[str, Sequence[float]]], *, unit: str) -> "Figure":
    """Amounts a day, of a few kinds on each other: as many as `STACK` has colours."""
    from plotly import graph_objects as go

    figure = go.Figure()
    for (name, values), colour in zip(series, STACK, strict=False):
        figure.add_bar(
            y=list(values),
            name=escape(name),
            customdata=list(names),
            marker={"color": colour},
            hovertemplate=_hover(f"{unit}, {escape(name)}"),
        )
    framed = _framed(figure, names, unit)
    framed.update_layout(barmode="stack", showlegend=True, legend={"orientation": "h", "y": -0.12, "yanchor": "top"})
    return framed


def add_limit(figure: "Figure", value: float, name: str) -> None:
    """A line that a day is not to pass; its name stands above the bars, which it would cover."""
    figure.add_hline(y=value, line={"color": MARK, "width": 1, "dash": "dash"})
    figure.add_annotation(text=f"– – {name}", x=1, xanchor="right", **_ABOVE)


def add_threshold(figure: "Figure", at: float, name: str, *, before: bool) -> None:
    """A rule between two bars or dots; its name stands above, on the side that it decides about."""
    figure.add_vline(x=at, line={"color": ACCENT, "width": 1, "dash": "dash"})
    # Of all that is drawn, words alone are not placed by the value where an axis goes by powers of ten
    place = log10(at) if figure.layout.xaxis.type == "log" else at
    figure.add_annotation(text=name, x=place, xanchor="right" if before else "left", **{**_ABOVE, "xref": "x"})


def add_line(figure: "Figure", values: Sequence[float]) -> None:
    """A line over bars: the series in question."""
    figure.add_scatter(y=list(values), mode="lines", line={"color": ACCENT, "width": 2}, hoverinfo="skip")


def lines(names: Sequence[str], series: Sequence[tuple[str, Sequence[float | None], float]], *, unit: str) -> "Figure":
    """Courses of one hue, the lowest first, each with its name at its end and its strength (0.5–1)."""
    from plotly import graph_objects as go

    figure, lowest, highest = go.Figure(), series[0][0], series[-1][0]
    for name, values, strength in series:
        figure.add_scatter(
            y=list(values),
            customdata=list(names),
            mode="lines+markers",
            opacity=strength,
            connectgaps=False,
            line={"color": ACCENT, "width": 2, "dash": "solid" if strength > STRONG else "dot"},
            marker={"size": 5},
            hovertemplate=_hover(f"{unit}, {name}"),
        )
        if known := [(at, value) for at, value in enumerate(values) if value is not None]:
            figure.add_annotation(
                x=known[-1][0],
                y=known[-1][1],
                text=name,
                showarrow=False,
                xanchor="left",
                xshift=6,
                yanchor="middle",
                yshift=-LABEL_PX if name == lowest else LABEL_PX if name == highest else 0,
            )
    return _framed(figure, names, unit)


class Moment(NamedTuple):
    """What something came to at a time, and what is said of it when it is pointed at."""

    at: datetime
    """As the clock of the viewer's zone shows it."""
    value: float
    said: Sequence[str]
    """Line by line."""


_DAY_MS = 86_400_000
_MOMENTS = (
    {"dtickrange": [None, _DAY_MS - 1], "value": "%H:%M\n%-d %b"},
    {"dtickrange": [_DAY_MS, "M1"], "value": "%-d %b\n%Y"},
    {"dtickrange": ["M1", None], "value": "%b\n%Y"},
)
"""How ticks read, by how far apart they are."""


def over_time(course: Sequence[Moment], *, unit: str, joined: bool) -> "Figure":
    """Dots where they belong in time, joined where they are of one thing; each can be clicked."""
    from plotly import graph_objects as go

    figure = go.Figure(
        go.Scatter(
            x=[each.at.replace(tzinfo=None).isoformat() for each in course],
            y=[each.value for each in course],
            customdata=["<br>".join(map(escape, each.said)) for each in course],
            mode="lines+markers" if joined else "markers",
            line={"color": ACCENT, "width": 2},
            marker={"color": ACCENT, "size": 7},
            cliponaxis=False,
            hovertemplate="%{y:,.4~g}<br>%{customdata}<extra></extra>",
        )
    )
    x = {"type": "date", "nticks": TICKS, "showgrid": False, "tickformatstops": _MOMENTS}
    return _laid_out(figure, unit, x=x, y={"rangemode": "tozero"})


class Dot(NamedTuple):
    """Something on a scale, and what is said of it when it is pointed at."""

    name: str
    value: float
    said: Sequence[str]
    """Line by line."""


LABELLED = 5
"""Dots of a strip whose names are written."""
_WIDE = 100
"""Times the lowest from which a scale goes by powers of ten: else all but the highest would lie on one spot."""
_GOLDEN = 0.618
"""Multiples of it, less their whole part, lie evenly wherever one stops: neighbours on the scale stand apart."""


def strip(dots: Sequence[Dot], others: Sequence[float], *, scale: str) -> "Figure":
    """Dots along one scale, the highest first, and grey those they are seen beside; how high one stands means nothing.

    Each of the first few has a line to itself, and its name at the end of that line, where nothing else is.
    """
    from plotly import graph_objects as go

    rows = [1 - (place + 0.5) / LABELLED for place in range(LABELLED)]
    scattered = [0.05 + 0.9 * (place * _GOLDEN % 1) for place in range(max(len(dots), len(others)))]
    # Of the two series the first one can be clicked
    figure = go.Figure(
        go.Scatter(
            x=[each.value for each in dots],
            y=[*rows, *scattered][: len(dots)],
            customdata=["<br>".join(map(escape, each.said)) for each in dots],
            mode="markers",
            marker={"color": ACCENT, "size": 8},
            hovertemplate="%{customdata}<extra></extra>",
        )
    )
    figure.add_scatter(
        x=list(others),
        y=scattered[: len(others)],
        mode="markers",
        marker={"color": MARK, "size": 5, "opacity": 0.6},
        hoverinfo="skip",
    )
    lowest, highest = min((*others, dots[-1].value)), dots[0].value
    is_log = lowest > 0 and highest > _WIDE * lowest
    low, high = (log10(lowest), log10(highest)) if is_log else (lowest, highest)
    margin = 0.04 * (high - low or 1)
    x = {"type": "log", "dtick": 1, "tickformat": "~s"} if is_log else {"nticks": TICKS}
    x |= {"range": [low - margin, high + margin], "showgrid": False, "zeroline": False, "title": scale}
    named = [_short(each.name) for each in dots[:LABELLED]]
    _laid_out(figure, "", x=x, y={"range": [0, 1], "visible": False})
    figure.update_layout(margin={"r": 12 + 6 * max(map(len, named), default=0)})
    end = 10 ** (high + margin) if is_log else high + margin
    for dot, row, name in zip(dots, rows, named, strict=False):
        figure.add_shape(
            type="line", x0=dot.value, x1=end, y0=row, y1=row, line={"color": MARK, "width": 1, "dash": "dot"}
        )
        figure.add_annotation(x=1, xref="paper", y=row, text=escape(name), showarrow=False, xanchor="left", xshift=4)
    return figure


def _short(name: str) -> str:
    """What tells names apart stands at their ends."""
    return name if len(name) <= _LONGEST_NAME else f"…{name[1 - _LONGEST_NAME :]}"


_LONGEST_NAME = 24


def picked_point(state: object) -> int | None:
    """The number of the dot that was clicked in a chart's first series, as it was handed in."""
    selection = state.get("selection") if isinstance(state, Mapping) else None
    points = (selection or {}).get("points", ())
    return next((int(each["point_index"]) for each in points if each.get("curve_number") == 0), None)


class TreeNode(NamedTuple):
    """A part of a whole that may have parts of its own."""

    id: str
    parent: str
    """Empty: of the whole."""
    label: str
    value: int
    strength: int
    """0–3: how strongly it is coloured."""


def treemap(nodes: Sequence[TreeNode], *, is_dark: bool) -> "Figure":
    """Areas in areas; a click goes into one."""
    from plotly import graph_objects as go

    shades, ink, page = (_DARK_SHADES, "#E9E9ED", "#0F1013") if is_dark else (_LIGHT_SHADES, "#1B1B1F", "#FFFFFF")
    return go.Figure(
        go.Treemap(
            ids=[node.id for node in nodes],
            parents=[node.parent for node in nodes],
            labels=[escape(node.label) for node in nodes],
            values=[node.value for node in nodes],
            branchvalues="total",
            maxdepth=3,
            marker={
                "colors": [shades[node.strength] for node in nodes],
                "line": {"width": 2, "color": page},
                "pad": {"t": 22, "l": 3, "r": 3, "b": 3},
            },
            textfont={"color": ink},
            textinfo="label+value",
            hovertemplate="%{label}: %{value}<extra></extra>",
            tiling={"pad": 2},
            pathbar={"visible": True, "side": "bottom"},
        ),
        layout={
            "uirevision": "places",
            "margin": {"l": 0, "r": 0, "t": 0, "b": 0},
            "paper_bgcolor": "rgba(0,0,0,0)",
        },
    )


_LIGHT_SHADES = ("#DCDCE6", "#C9C6F2", "#F6D999", "#F0A9B1")
_DARK_SHADES = ("#33353F", "#423F7A", "#6B4F14", "#7E2C36")
"""From a trifle to what is critical."""


def _hover(what: str) -> str:
    return f"%{{customdata}}: %{{y:,.4~g}} {what}<extra></extra>"


def _framed(figure: "Figure", names: Sequence[str], unit: str) -> "Figure":
    # Places are numbers: two moments of the same name are two places
    places = list(range(0, len(names), max(-(-len(names) // TICKS), 1)))
    x = {
        "tickvals": places,
        "ticktext": [names[place] for place in places],
        "showgrid": False,
        "zeroline": False,
        "range": [-0.5, len(names) - 0.5],
    }
    return _laid_out(figure, unit, x=x, y={"rangemode": "tozero"})


def _laid_out(figure: "Figure", unit: str, *, x: Mapping[str, Any], y: Mapping[str, Any]) -> "Figure":
    plain = {"automargin": True, "fixedrange": True}
    figure.update_layout(
        # None of it is set yet: merging it with what is there takes plotly twice as long
        overwrite=True,
        # The same from drawing to drawing, so that nothing is begun anew while figures change
        uirevision="course",
        showlegend=False,
        hovermode="closest",
        dragmode=False,
        bargap=0.35,
        margin={"l": 0, "r": 36, "t": 28, "b": 0},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        xaxis={**plain, **x},
        yaxis={**plain, "nticks": 4, "zeroline": False, **y},
    )
    if unit:
        figure.add_annotation(text=unit, x=0, xanchor="left", **_ABOVE)
    return figure
