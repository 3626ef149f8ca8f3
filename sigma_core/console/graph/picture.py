"""The neighbourhood of an entity as ECharts draws it. Pure."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sigma_core.console import words
from sigma_core.console.graph.kinds import category, drawn_kind
from sigma_core.console.graph.layout import places
from sigma_core.console.network_chart import network_chart
from sigma_core.graph.read_models import EntityNeighbourhood, EntityView, FactView

HEIGHT, ABOVE, BENEATH = 460, 24, 52
ROOM = HEIGHT - ABOVE - BENEATH
MARGIN, LETTER = 24, 6.6
"""Left and right of the names of the outermost entities, and what a letter of a name takes."""
LONGEST, LONGEST_WITHIN = 26, 16
"""Letters of a name, and of one that other entities stand beyond."""
FEW = 16
"""With no more lines than this those that reach the middle are named."""
SIZES = (26, 14, 10, 8)
FADED = 0.35
CURVED = 0.18


def picture(near: EntityNeighbourhood, at: datetime, *, dark: bool) -> dict[str, Any]:
    """Solid what holds at the moment, dashed what does not; entities that only such facts lead to are faded."""
    kinds = _kinds(near)
    where = places(near)
    reached = _reached(near, at)
    text, page = ("#E9E9ED", "#0F1013") if dark else ("#1B1B1F", "#FFFFFF")
    outermost = max(hop for _, hop in near.entities)
    entities = [
        _entity(
            entity,
            hop,
            where[entity.uuid],
            kinds,
            longest=LONGEST_WITHIN if 0 < hop < outermost else LONGEST,
            holds=entity.uuid in reached,
        )
        for entity, hop in near.entities
    ]
    lines = _lines(near, at, named="#A0A1AC" if dark else "#5F606A")
    across, upwards = (_extent([place[axis] for place in where.values()]) for axis in (0, 1))
    return network_chart(
        grid={"left": _beside(entities, "left"), "right": _beside(entities, "right"), "top": ABOVE, "bottom": BENEATH},
        x=across,
        y=upwards,
        kinds=[category(kind, dark=dark) for kind in kinds],
        entities=entities,
        lines=lines,
        # Names stand on lines: the page's colour around them keeps them readable
        label={"color": text, "distance": 6, "textBorderColor": page, "textBorderWidth": 3},
        line={"color": "#5C5D68" if dark else "#B5B6C0", "width": 1.2, "opacity": 1},
        emphasis={"label": {"show": True}},
    )


def _beside(entities: Sequence[Mapping[str, Any]], side: str) -> int:
    """As much as the longest name takes on one side."""
    names = [each["label"]["formatter"] for each in entities if each["label"]["position"] == side]
    return MARGIN + round(LETTER * max(map(len, names), default=0))


def finding(near: EntityNeighbourhood, at: datetime) -> str:
    """What the picture shows, in words."""
    holding = sum(fact.state(at) == "holds" for fact in near.facts)
    others = words.plural(len(near.entities) - 1, "entity", "entities")
    more = f", {near.left_out} more not drawn" if near.left_out else ""
    ended = f", {len(near.facts) - holding} not at this moment" if holding < len(near.facts) else ""
    return f"{near.centre.name} and {others} around it{more}; {words.plural(holding, 'fact')}{ended}"


def _kinds(near: EntityNeighbourhood) -> list[str]:
    """The commonest first."""
    counted = Counter(drawn_kind(entity.kind) for entity, _ in near.entities)
    return sorted(counted, key=lambda kind: (-counted[kind], kind))


def _extent(values: Sequence[float]) -> dict[str, float]:
    return {"min": min(values) - 0.1, "max": max(values) + 0.1}


def _reached(near: EntityNeighbourhood, at: datetime) -> set[str]:
    """What facts that hold at the moment connect with the middle."""
    linked: dict[str, set[str]] = {}
    for fact in near.facts:
        if fact.state(at) == "holds":
            linked.setdefault(fact.subject[0], set()).add(fact.object[0])
            linked.setdefault(fact.object[0], set()).add(fact.subject[0])
    known, edge = {near.centre.uuid}, [near.centre.uuid]
    while edge:
        new = linked.get(edge.pop(), set()) - known
        known |= new
        edge += sorted(new)
    return known


def _entity(
    entity: EntityView, hop: int, place: tuple[float, float], kinds: Sequence[str], *, longest: int, holds: bool
) -> dict[str, Any]:
    x, y = place
    side = "bottom" if hop == 0 else "right" if x >= 0 else "left"
    name = entity.name if len(entity.name) <= longest else f"{entity.name[: longest - 1].rstrip()}…"
    drawn: dict[str, Any] = {
        "id": entity.uuid,
        "name": entity.name[:200],
        "value": [round(x, 4), round(y, 4)],
        "category": kinds.index(drawn_kind(entity.kind)),
        "symbolSize": SIZES[min(hop, len(SIZES) - 1)],
        "label": {
            "position": side,
            "formatter": name,
            "fontWeight": 600 if hop == 0 else 400,
            "opacity": 1 if holds else 0.6,
        },
    }
    return drawn if holds else drawn | {"itemStyle": {"opacity": FADED}}


def _lines(near: EntityNeighbourhood, at: datetime, *, named: str) -> list[dict[str, Any]]:
    between: dict[tuple[str, str], list[FactView]] = {}
    for fact in near.facts:
        between.setdefault((fact.subject[0], fact.object[0]), []).append(fact)
    label = named if len(between) <= FEW else None
    return [_line(ends, facts, at, label, curved=near.centre.uuid not in ends) for ends, facts in between.items()]


def _line(
    ends: tuple[str, str], facts: Sequence[FactView], at: datetime, named: str | None, *, curved: bool
) -> dict[str, Any]:
    """Those that do not reach the middle are curved, so that none lies on another."""
    held = [fact for fact in facts if fact.state(at) == "holds"]
    predicate, *rest = dict.fromkeys(fact.predicate for fact in held or facts)
    said = f"{predicate.replace('_', ' ').lower()[:LONGEST]}{f' +{len(rest)}' if rest else ''}"
    dashed: Mapping[str, Any] = {} if held else {"type": "dashed", "opacity": 0.6}
    label: Mapping[str, Any] = (
        {"label": {"show": True, "formatter": said, "fontSize": 10, "color": named}} if named and not curved else {}
    )
    style = {"curveness": CURVED if curved else 0.0, **dashed}
    return {"source": ends[0], "target": ends[1], "lineStyle": style, **label}
