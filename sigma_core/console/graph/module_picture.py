"""Modules in the packages they live in, coloured by the community they belong to, as ECharts draws it. Pure."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sigma_core.console import words
from sigma_core.console.network_chart import network_chart
from sigma_core.graph.vocabulary import IMPORTS
from sigma_core.text import cut

if TYPE_CHECKING:
    from sigma_core.graph.snapshot import GraphSnapshot
    from sigma_core.strategies.module_communities import ModuleCommunities

COLUMNS = 4
"""Modules side by side: their names need room."""
MOST_MODULES = 120
MOST_LINES = 300
MOST_HUES = 5
"""Communities with a hue of their own; the smaller ones share one."""
LONGEST = 18
PER_COLUMN = 20
"""Characters of a package's name above each column."""
ROW = 34
OTHERS = "smaller ones"


@dataclass(frozen=True)
class Placed:
    """A module in its box."""

    position: int
    """In the snapshot."""
    name: str
    package: str
    community: int
    x: float
    y: float
    belongs_to: str
    """The package it belongs to, where that is not the one it lives in."""


@dataclass(frozen=True)
class Box:
    """A package's place."""

    package: str
    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True)
class ModuleMap:
    """What is drawn."""

    modules: Sequence[Placed]
    boxes: Sequence[Box]
    lines: Sequence[tuple[int, int]]
    """Imports, by positions in `modules`."""
    left_out: int
    rows: float

    @property
    def height(self) -> int:
        """The picture's height in pixels."""
        return int(ROW * self.rows) + 70


def module_map(snapshot: "GraphSnapshot", found: "ModuleCommunities") -> ModuleMap:
    """The largest packages whole, as long as there is room; of one that is larger alone its first modules."""
    drift = {each.module: each.belongs_to for each in found.drift}
    living: dict[str, list[int]] = {}
    for number, package in enumerate(found.packages):
        living.setdefault(package, []).append(number)
    # Modules that live in the wrong package are never left out
    for numbers in living.values():
        numbers.sort(key=lambda each: (int(found.modules[each]) not in drift, snapshot.names[int(found.modules[each])]))
    ordered = sorted(living, key=lambda name: (not _drifts(living[name], found, drift), -len(living[name]), name))
    modules, boxes, room, shelf = list[Placed](), list[Box](), MOST_MODULES, _Shelf()
    for package in ordered:
        numbers = living[package][:room]
        if not numbers:
            break
        room -= len(numbers)
        box, places = shelf.put(package, len(numbers))
        boxes.append(box)
        for number, (x, y) in zip(numbers, places, strict=True):
            at = int(found.modules[number])
            name, community = snapshot.names[at], int(found.membership[number])
            modules.append(Placed(at, name, package, community, x, y, drift.get(at, "")))
    return ModuleMap(modules, boxes, _lines(snapshot, modules), len(found.packages) - len(modules), shelf.bottom)


def _drifts(numbers: Sequence[int], found: "ModuleCommunities", drift: dict[int, str]) -> bool:
    return any(int(found.modules[number]) in drift for number in numbers)


class _Shelf:
    """Boxes side by side, in rows."""

    def __init__(self) -> None:
        self._left, self._top, self.bottom = 0.0, 0.0, 0.0

    def put(self, package: str, count: int) -> tuple[Box, list[tuple[float, float]]]:
        across = min(COLUMNS, count, max(1, math.ceil(math.sqrt(count * 0.7))))
        down = math.ceil(count / across)
        if self._left + across > COLUMNS:
            self._left, self._top = 0.0, self.bottom
        left, top = self._left, self._top
        box = Box(package, left + 0.04, top + 0.1, left + across - 0.04, top + down + 1.0)
        self._left, self.bottom = left + across, max(self.bottom, top + down + 1.15)
        return box, [(left + 0.16 + each % across, top + 1.15 + each // across) for each in range(count)]


def _lines(snapshot: "GraphSnapshot", modules: Sequence[Placed]) -> list[tuple[int, int]]:
    """Imports between packages: those within one say little and would hide them."""
    place = {each.position: number for number, each in enumerate(modules)}
    facts = snapshot.facts
    imports = list(snapshot.predicates).index(IMPORTS) if IMPORTS in snapshot.predicates else -1
    found = [
        (place[source], place[target])
        for source, target, predicate in zip(
            facts.source.tolist(), facts.target.tolist(), facts.predicate.tolist(), strict=True
        )
        if predicate == imports and source in place and target in place
    ]
    across = [(one, other) for one, other in found if modules[one].package != modules[other].package]
    drifting = sorted(across, key=lambda pair: not (modules[pair[0]].belongs_to or modules[pair[1]].belongs_to))
    return drifting[:MOST_LINES]


def finding(drawn: ModuleMap, found: "ModuleCommunities") -> str:
    """What the picture shows, in words."""
    packages, communities = len(set(found.packages)), len(set(found.membership.tolist()))
    many = f"{words.plural(len(found.packages), 'module')} in {words.plural(packages, 'package')}"
    agree = words.plural(communities, "community", "communities")
    if packages > 1:
        agree += f", which agree with the packages by {found.agreement:.2f} (1 would be the same, 0 is chance)"
    left = f"; {drawn.left_out} modules not drawn" if drawn.left_out else ""
    wrong = words.plural(len(found.drift), "module")
    return f"{many}; {agree}; {wrong + ' out of place' if found.drift else 'no module is out of place'}{left}"


def picture(drawn: ModuleMap, *, dark: bool) -> dict[str, Any]:
    """A ring around what lives in one package and belongs to another."""
    text, muted = ("#E9E9ED", "#5C5D68") if dark else ("#1B1B1F", "#B5B6C0")
    box, title = ("#17181C", "#A0A1AC") if dark else ("#F6F6F8", "#5F606A")
    hues = _hues(drawn)
    options = network_chart(
        grid={"left": 8, "right": 70, "top": 8, "bottom": 40},
        x={"min": 0, "max": COLUMNS},
        y={"min": 0, "max": drawn.rows, "inverse": True},
        kinds=[{"name": hue} for hue in hues],
        entities=[_module(each, drawn, hues) for each in drawn.modules],
        lines=[{"source": one, "target": other} for one, other in drawn.lines],
        label={"color": text, "position": "right", "distance": 5},
        line={"color": muted, "width": 1, "opacity": 0.35, "curveness": 0.12},
        emphasis={"lineStyle": {"opacity": 1, "width": 1.5}},
        arrow=5,
    )
    boxes = {
        "type": "scatter",
        "data": [],
        "markArea": {
            "silent": True,
            "itemStyle": {"color": box, "borderColor": muted, "borderWidth": 1},
            "label": {"color": title, "fontSize": 11, "position": "insideTopLeft", "distance": 4},
            "data": [_area(each) for each in drawn.boxes],
        },
    }
    options["series"].append(boxes)
    return options


def _hues(drawn: ModuleMap) -> list[str]:
    """Communities by the package that most of their modules live in, the largest first."""
    return list(dict.fromkeys(_hue_of(drawn).values()))


def _hue_of(drawn: ModuleMap) -> dict[int, str]:
    sizes = Counter(each.community for each in drawn.modules)
    homes = {
        community: Counter(each.package for each in drawn.modules if each.community == community).most_common(1)[0][0]
        for community in sizes
    }
    ordered = sorted(sizes, key=lambda community: (-sizes[community], community))
    named, used = dict[int, str](), Counter[str]()
    for place, community in enumerate(ordered):
        home = homes[community]
        used[home] += 1
        own = f"around {home}" if used[home] == 1 else f"around {home} ({used[home]})"
        named[community] = own if place < MOST_HUES and sizes[community] > 1 else OTHERS
    return named


def _module(each: Placed, drawn: ModuleMap, hues: Sequence[str]) -> dict[str, Any]:
    module: dict[str, Any] = {
        "name": f"{each.name} belongs to {each.belongs_to}" if each.belongs_to else each.name[:200],
        "value": [each.x, each.y],
        "category": hues.index(_hue_of(drawn)[each.community]),
        "symbolSize": 14 if each.belongs_to else 10,
        "label": {
            "formatter": cut(each.name.rpartition(".")[2], LONGEST),
            "fontWeight": 600 if each.belongs_to else 400,
        },
    }
    return module | {"itemStyle": {"borderColor": "#D08A0C", "borderWidth": 3}} if each.belongs_to else module


def _area(box: Box) -> list[dict[str, Any]]:
    return [
        {"name": cut(box.package, int(PER_COLUMN * (box.right - box.left))), "xAxis": box.left, "yAxis": box.top},
        {"xAxis": box.right, "yAxis": box.bottom},
    ]
