"""Where entities stand in the picture: rings around the one in the middle, each near what it was reached by. Pure."""

import math
from collections.abc import Mapping, Sequence

from sigma_core.graph.read_models import EntityNeighbourhood

Place = tuple[float, float]
WIDER = 1.9
"""How much wider than high the picture is."""
ROW = 1 / 13.5
"""Of the height above or below the middle, what the line of a name takes."""
HIGHEST = 0.97
"""Of a ring's height: none stands right above the middle, where left and right meet."""
NEXT_RING = 0.4
"""The least that one ring is further out than the one before."""


def places(near: EntityNeighbourhood) -> dict[str, Place]:
    """A place for each entity, the same whatever moment is looked at: nothing jumps while time moves."""
    order = [entity.uuid for entity, _ in near.entities]
    distance = {entity.uuid: hop for entity, hop in near.entities}
    below = _below(near, order, distance)
    leaves: dict[str, int] = {}
    for uuid in reversed(order):
        leaves[uuid] = sum(leaves[each] for each in below.get(uuid, ())) or 1
    found: dict[str, Place] = {}
    # The first to the right, so that few stand side by side: their names need room there
    first = leaves[order[1]] / leaves[near.centre.uuid] if len(order) > 1 else 1
    start = math.pi / 2 - math.pi * first
    _spread(near.centre.uuid, (start, start + math.tau), below, leaves, distance, found)
    return _in_rows(found, distance)


def _in_rows(found: Mapping[str, Place], distance: Mapping[str, int]) -> dict[str, Place]:
    """The same, with names of one side of a ring a line apart: a ring with many of them is larger, and where they
    crowd above and below the middle they move down and up along it."""
    placed, radius, outermost = dict(found), 0.0, max(distance.values(), default=0)
    row = ROW * outermost
    for hop in range(1, outermost + 1):
        ring = sorted((uuid for uuid in found if distance[uuid] == hop), key=lambda each: found[each][1])
        sides = [[uuid for uuid in ring if (found[uuid][0] >= 0) is right] for right in (True, False)]
        needed = row * (max(map(len, sides)) - 1) / 2
        radius = min(max(hop, radius + NEXT_RING, needed), outermost - NEXT_RING * (outermost - hop))
        for side, sign in zip(sides, (1, -1), strict=True):
            heights = _apart([found[uuid][1] * radius / hop for uuid in side], row, HIGHEST * radius)
            for uuid, y in zip(side, heights, strict=True):
                placed[uuid] = (sign * WIDER * math.sqrt(max(0.0, radius**2 - y**2)), y)
    return placed


def _apart(heights: Sequence[float], row: float, most: float) -> list[float]:
    """Rising heights, each a row above the one before, or as far as there is room; as near to these as that goes."""
    count = len(heights)
    row = min(row, 2 * most / (count - 1)) if count > 1 else row
    found = list[float]()
    for number, each in enumerate(heights):
        lowest = found[-1] + row if found else -most
        found.append(min(max(each, lowest), most - row * (count - 1 - number)))
    return found


def _below(near: EntityNeighbourhood, order: Sequence[str], distance: Mapping[str, int]) -> dict[str, list[str]]:
    linked: dict[str, set[str]] = {}
    for fact in near.facts:
        linked.setdefault(fact.subject[0], set()).add(fact.object[0])
        linked.setdefault(fact.object[0], set()).add(fact.subject[0])
    below: dict[str, list[str]] = {}
    for uuid in order[1:]:
        nearer = (other for other in order if other in linked.get(uuid, ()) and distance[other] == distance[uuid] - 1)
        below.setdefault(next(nearer, near.centre.uuid), []).append(uuid)
    return below


def _spread(
    uuid: str,
    sector: tuple[float, float],
    below: Mapping[str, Sequence[str]],
    leaves: Mapping[str, int],
    distance: Mapping[str, int],
    found: dict[str, Place],
) -> None:
    start, end = sector
    middle, radius = (start + end) / 2, distance[uuid]
    found[uuid] = (radius * WIDER * math.sin(middle), radius * math.cos(middle))
    width = (end - start) / leaves[uuid]
    for child in below.get(uuid, ()):
        _spread(child, (start, start + width * leaves[child]), below, leaves, distance, found)
        start += width * leaves[child]
