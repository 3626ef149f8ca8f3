"""What all pictures of the graph have in common: entities at their places, lines between them, kinds below."""

from collections.abc import Mapping, Sequence
from typing import Any

Options = Mapping[str, Any]
LABEL_GAP = 2
"""Pixels between two names; one that would come nearer is shown when it is pointed at."""


def network_chart(
    *,
    grid: Options,
    x: Options,
    y: Options,
    kinds: Sequence[Options],
    entities: Sequence[Options],
    lines: Sequence[Options],
    label: Options,
    line: Options,
    emphasis: Options,
    arrow: int = 6,
) -> dict[str, Any]:
    """The options of the chart. `kinds` are the categories that entities name by number, each with its name."""
    return {
        "animation": False,
        "grid": grid,
        "xAxis": {"show": False, "type": "value", **x},
        "yAxis": {"show": False, "type": "value", **y},
        "legend": {
            "show": len(kinds) > 1,
            "data": [{"name": kind["name"], "icon": kind.get("symbol", "circle")} for kind in kinds],
            "bottom": 0,
            "itemWidth": 9,
            "itemHeight": 9,
        },
        "tooltip": {"confine": True, "formatter": "{b}"},
        "series": [
            {
                "type": "graph",
                "layout": "none",
                "coordinateSystem": "cartesian2d",
                "selectedMode": "single",
                "categories": list(kinds),
                "data": entities,
                "links": lines,
                "label": {"show": True, "fontSize": 12, "minMargin": LABEL_GAP, **label},
                "labelLayout": {"hideOverlap": True},
                "edgeSymbol": ["none", "arrow"],
                "edgeSymbolSize": arrow,
                "lineStyle": line,
                "emphasis": {"focus": "adjacency", **emphasis},
                "cursor": "pointer",
            }
        ],
    }


def picked_number(state: object) -> int | None:
    """The number of the entity that was clicked in a picture, as it was handed in."""
    selection = state.get("selection") if isinstance(state, Mapping) else None
    for one in (selection or {}).get("selected", ()):
        places = one.get("data_indices") or ()
        if one.get("data_type") == "node" and places:
            return int(places[0])
    return None
