"""Where entities stand in the picture: rings around the one in the middle, each near what it was reached by. Pure."""

import math
from collections.abc import Mapping, Sequence

from sigma_core.graph.read_models import EntityNeighbourhood

Place = tuple[float, float]
WIDER = 1.9
"""How much wider than high the picture is."""


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
