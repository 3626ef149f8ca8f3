"""The why-trace as ECharts draws it: where it came from at the left, what became of it at the right. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from sigma_core.console import words
from sigma_core.console.network_chart import network_chart
from sigma_core.runtime.why_graph import WhyEdge, WhyGraph, WhyNode, WhyStep
from sigma_core.text import cut

ROW, LEAST_HEIGHT = 50, 200
LONGEST = 15
"""Characters of a line below a node: more would reach into the next column at 800 pixels."""
STEPS = {
    WhyStep.ORIGIN: "Origin",
    WhyStep.CONTEXT: "Told",
    WhyStep.WORK: "Runs",
    WhyStep.FINDINGS: "Found",
    WhyStep.DECISION: "Decided",
    WhyStep.AFTERWARDS: "Afterwards",
}


def drawn(graph: WhyGraph) -> list[WhyNode]:
    """The nodes in the order in which they are drawn, and told by number."""
    return sorted(graph.nodes, key=lambda each: each.step)


def height(graph: WhyGraph) -> int:
    """As high as the longest column needs."""
    return max(LEAST_HEIGHT, ROW * _longest(graph) + 46)


def finding(graph: WhyGraph) -> str:
    """What the picture shows, in words."""
    wrong = [each.wrong for each in graph.nodes if each.wrong]
    used = sum(each.key.startswith("knowledge/") for each in graph.nodes)
    votes = sum(each.key.startswith("vote/") for each in graph.nodes)
    told = f"The decision rests on {words.plural(votes, 'vote')} and {words.plural(used, 'item')} of knowledge"
    if wrong:
        return f"{told}; not as it was: {'; '.join(wrong)}"
    return f"{told}; all of it is stored as it was then"


def picture(graph: WhyGraph, *, dark: bool) -> dict[str, Any]:
    """Red and square what is missing or altered; a thicker line where the graph explains why it counted."""
    text, muted = ("#E9E9ED", "#5C5D68") if dark else ("#1B1B1F", "#B5B6C0")
    nodes = drawn(graph)
    places = _places(graph)
    steps = sorted({each.step for each in nodes})
    columns = {step: number for number, step in enumerate(steps)}
    chart = network_chart(
        grid={"left": 52, "right": 52, "top": 34, "bottom": 34},
        x={"min": 0, "max": max(1, len(steps) - 1)},
        y={"min": -0.5, "max": _longest(graph) - 0.5, "inverse": True},
        kinds=[{"name": ""}],
        entities=[_entity(each, (columns[each.step], places[each.key]), dark=dark) for each in nodes],
        lines=[_line(each, dark=dark) for each in graph.edges],
        label={"color": text, "position": "bottom", "distance": 4, "width": 92, "overflow": "break", "lineHeight": 14},
        line={"color": muted, "width": 1.1, "opacity": 0.9, "curveness": 0.06},
        emphasis={},
        arrow=5,
    )
    chart["series"][0]["labelLayout"] = {}
    return chart


def _entity(node: WhyNode, place: tuple[float, float], *, dark: bool) -> dict[str, Any]:
    entity: dict[str, Any] = {
        "id": node.key,
        "name": cut(f"{node.wrong or node.said}", 300),
        "value": [place[0], round(place[1], 3)],
        "category": 0,
        "symbolSize": 13 if node.step == WhyStep.DECISION else 10,
        "itemStyle": {"color": _colour(node, dark=dark)},
        "label": {"formatter": _label(node), "fontWeight": 600 if node.step == WhyStep.DECISION else 400},
    }
    return entity | {"symbol": "diamond", "symbolSize": 15} if node.wrong else entity


def _colour(node: WhyNode, *, dark: bool) -> str:
    if node.wrong:
        return "#F58A92" if dark else "#C22F3D"
    if node.step == WhyStep.DECISION:
        return "#8A86F5" if dark else "#5046C8"
    return "#8A8B96"


def _label(node: WhyNode) -> str:
    mark = "◆ " if node.wrong else ""
    return "\n".join(cut(each, LONGEST) for each in _lines(f"{mark}{node.label}"))


def _lines(label: str) -> list[str]:
    """At most two, parted at a space."""
    if len(label) <= LONGEST or " " not in label:
        return [label]
    first, _, rest = label.partition(" ")
    while rest and len(first) + 1 + len(rest.partition(" ")[0]) <= LONGEST:
        word, _, rest = rest.partition(" ")
        first = f"{first} {word}"
    return [first, rest] if rest else [first]


def _line(edge: WhyEdge, *, dark: bool) -> dict[str, Any]:
    line: dict[str, Any] = {"source": edge.source, "target": edge.target}
    if not edge.because:
        return line
    style: Mapping[str, Any] = {"color": "#8A86F5" if dark else "#5046C8", "width": 2}
    return {**line, "name": cut(edge.because, 300), "lineStyle": style}


def _columns(graph: WhyGraph) -> dict[WhyStep, list[WhyNode]]:
    columns: dict[WhyStep, list[WhyNode]] = {}
    for each in drawn(graph):
        columns.setdefault(each.step, []).append(each)
    return columns


def _longest(graph: WhyGraph) -> int:
    return max(len(column) for column in _columns(graph).values())


def _places(graph: WhyGraph) -> dict[str, float]:
    """A column that is shorter than the longest is spread over its height."""
    longest = _longest(graph)
    return {
        each.key: (number + 0.5) * longest / len(column) - 0.5
        for column in _columns(graph).values()
        for number, each in enumerate(column)
    }


def chosen(graph: WhyGraph, index: int | None) -> WhyNode | None:
    """The node of a number in the picture."""
    nodes = drawn(graph)
    return nodes[index] if index is not None and 0 <= index < len(nodes) else None


def explained(graph: WhyGraph, key: str) -> Sequence[str]:
    """Why a node counted, by the graph of knowledge."""
    return [each.because for each in graph.edges if each.source == key and each.because]
