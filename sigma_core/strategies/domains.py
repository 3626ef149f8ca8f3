"""Domains of the graph: a project, or what is tagged alike in any of them."""

from collections.abc import Mapping

from sigma_core.errors import Invalid
from sigma_core.graph.reader import GraphReader
from sigma_core.graph.snapshot import GraphSnapshot, Numbers
from sigma_core.strategies.topics import TOPICS, tags

SHOWN = 40


def domains(graph: GraphReader, snapshot: GraphSnapshot) -> Mapping[str, Numbers]:
    """Positions of the entities of each domain, by its name; the six topics are always there."""
    import numpy as np

    tagged = snapshot.derived("topics", _tagged)
    projects = {
        name: np.flatnonzero(snapshot.group == snapshot.groups.index(group))
        for group, name in graph.project_names.items()
        if group in snapshot.groups
    }
    return {**tagged, **projects}


def domain(graph: GraphReader, snapshot: GraphSnapshot, field: str, name: str) -> Numbers:
    """Positions of a domain's entities. Raises `Invalid` for `field`, listing the domains there are."""
    known = domains(graph, snapshot)
    wanted = name.strip().casefold()
    for each, positions in known.items():
        if each.casefold() == wanted:
            return positions
    names = sorted(known, key=lambda each: (":" in each, each))
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    raise Invalid({field: f"no domain “{name[:80]}”; there are {', '.join(names[:SHOWN])}{more}"})


def _tagged(snapshot: GraphSnapshot) -> Mapping[str, Numbers]:
    import numpy as np

    found: dict[str, list[int]] = {topic: [] for topic in TOPICS}
    for position, (name, kinds) in enumerate(zip(snapshot.names, snapshot.kinds, strict=True)):
        for tag in tags(name, kinds):
            found.setdefault(tag, []).append(position)
    return {tag: np.array(positions, np.int64) for tag, positions in found.items()}
