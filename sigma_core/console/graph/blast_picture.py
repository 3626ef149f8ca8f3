"""The blast radius of a change as ECharts draws it: what changes at the left, each step further to the right. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sigma_core.console import words
from sigma_core.console.graph.kinds import category
from sigma_core.console.network_chart import network_chart
from sigma_core.graph.vocabulary import CLASS, FUNCTION, MODULE, TEST
from sigma_core.text import cut

if TYPE_CHECKING:
    from sigma_core.strategies.blast_radius import BlastRadius

MOST_A_STEP = 18
"""Entities of one step that are drawn: more names cannot be read below each other."""
ROW, LEAST_HEIGHT = 26, 220
LONGEST = {1: 40, 2: 26, 3: 17}
"""Characters of a name, by the last step that is drawn: more would reach into the next column."""
LAST = 24
KINDS = (FUNCTION, CLASS, MODULE, TEST)


@dataclass(frozen=True)
class Reached:
    """Something within the radius."""

    position: int
    name: str
    kind: str
    step: int
    """0: it is what changes."""
    via: int
    because: str
    is_tested: bool

    @property
    def is_untested(self) -> bool:
        """Whether a test could reach it and none does."""
        return not self.is_tested and self.kind in (FUNCTION, CLASS)


def reached(radius: "BlastRadius") -> list[Reached]:
    """All of it, what changes first and then the nearest."""
    starts = [int(each) for each in radius.starts if radius.code.kind[int(each)] in KINDS]
    return [_reached(radius, each, 0) for each in starts] + [
        _reached(radius, int(each), int(radius.hops[int(each)])) for each in radius.of(*KINDS)
    ]


def _reached(radius: "BlastRadius", position: int, step: int) -> Reached:
    return Reached(
        position,
        radius.code.snapshot.names[position],
        str(radius.code.kind[position]),
        step,
        int(radius.via[position]) if step else position,
        radius.because(position) if step else "It is what changes.",
        bool(radius.tested[position]),
    )


def drawn(found: Sequence[Reached]) -> list[Reached]:
    """Of each step so many as can be read, the nearest first; none without that by which it was reached."""
    shown: dict[int, Reached] = {}
    count: dict[int, int] = {}
    for each in sorted(found, key=lambda each: each.step):
        if count.get(each.step, 0) < MOST_A_STEP and (each.step == 0 or each.via in shown):
            shown[each.position] = each
            count[each.step] = count.get(each.step, 0) + 1
    return list(shown.values())


def height(shown: Sequence[Reached]) -> int:
    """As high as the longest column needs."""
    columns = _columns(shown)
    return max(LEAST_HEIGHT, ROW * max(len(column) for column in columns.values()) + 90)


def finding(found: Sequence[Reached], shown: Sequence[Reached], steps: int) -> str:
    """What the picture shows, in words."""
    beyond = [each for each in found if each.step]
    dependents = sum(each.kind in (FUNCTION, CLASS) for each in beyond)
    modules = sum(each.kind == MODULE for each in beyond)
    tests = sum(each.kind == TEST for each in beyond)
    untested = sum(each.is_untested for each in found)
    within = f"within {words.plural(steps, 'step')}"
    through = f", {words.plural(modules, 'module')}" if modules else ""
    told = f"{words.plural(dependents, 'dependent')}{through} and {words.plural(tests, 'test')} {within}"
    bare = f"; {untested} that no test reaches" if untested else "; tests reach all of it"
    left = f"; {len(found) - len(shown)} more not drawn" if len(shown) < len(found) else ""
    return f"{told}{bare if dependents or untested else ''}{left}"


def picture(shown: Sequence[Reached], *, dark: bool) -> dict[str, Any]:
    """Filled what a test reaches, hollow what none does."""
    text, muted = ("#E9E9ED", "#5C5D68") if dark else ("#1B1B1F", "#B5B6C0")
    ground = "#101114" if dark else "#FFFFFF"
    places = _places(shown)
    kinds = [kind for kind in KINDS if any(each.kind == kind for each in shown)]
    last = max(each.step for each in shown)
    return network_chart(
        grid={"left": 24, "right": 175, "top": 24, "bottom": 48},
        x={"min": 0, "max": max(1, last)},
        y={"min": -0.5, "max": _longest(shown) - 0.5, "inverse": True},
        kinds=[category(kind, dark=dark) for kind in kinds],
        entities=[_entity(each, places[each.position], kinds, ground, last) for each in shown],
        lines=[_line(each) for each in shown if each.step],
        label={"color": text, "position": "right", "distance": 6},
        line={"color": muted, "width": 1.2, "opacity": 0.9, "curveness": 0.04},
        emphasis={},
    )


def _columns(shown: Sequence[Reached]) -> dict[int, list[Reached]]:
    """What stands below each other, near that by which it was reached."""
    columns: dict[int, list[Reached]] = {}
    for each in shown:
        columns.setdefault(each.step, []).append(each)
    rank: dict[int, int] = {}
    for step in sorted(columns):
        columns[step].sort(key=lambda each: (rank.get(each.via, 0), each.kind == TEST, each.name))
        rank |= {each.position: number for number, each in enumerate(columns[step])}
    return columns


def _longest(shown: Sequence[Reached]) -> int:
    return max(len(column) for column in _columns(shown).values())


def _places(shown: Sequence[Reached]) -> dict[int, tuple[float, float]]:
    """A column that is shorter than the longest is spread over its height."""
    longest, found = _longest(shown), dict[int, tuple[float, float]]()
    for step, column in _columns(shown).items():
        for number, each in enumerate(column):
            found[each.position] = (step, (number + 0.5) * longest / len(column) - 0.5)
    return found


def _entity(each: Reached, place: tuple[float, float], kinds: Sequence[str], ground: str, last: int) -> dict[str, Any]:
    longest = LAST if each.step == last else LONGEST[max(1, last)]
    entity: dict[str, Any] = {
        "id": str(each.position),
        "name": each.name[:200],
        "value": [place[0], round(place[1], 3)],
        "category": kinds.index(each.kind),
        "symbolSize": 14 if each.step == 0 else 10,
        "label": {"formatter": _short(each.name, longest), "fontWeight": 600 if each.step == 0 else 400},
    }
    hollow: Mapping[str, Any] = {"color": ground, "borderColor": "#D08A0C", "borderWidth": 2}
    return entity | {"itemStyle": hollow} if each.is_untested else entity


def _short(name: str, longest: int) -> str:
    """The last parts of a dotted name, as many as fit."""
    *before, last = name.split(".")
    while before and len(before[-1]) + 1 + len(last) <= longest:
        last = f"{before.pop()}.{last}"
    return cut(last, longest)


def _line(each: Reached) -> dict[str, Any]:
    return {"source": str(each.via), "target": str(each.position)}
