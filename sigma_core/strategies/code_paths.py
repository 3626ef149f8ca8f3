"""How a change of code gets to what it may harm: a test, an endpoint, a call that is dangerous. Pure."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from sigma_core.graph.snapshot import GraphSnapshot
from sigma_core.graph.vocabulary import CALLS, HAS_ISSUE, TEST
from sigma_core.strategies.blast_radius import BlastRadius, blast_radius
from sigma_core.strategies.code_graph import NOTHING, code_graph
from sigma_core.strategies.nearest_first import nearest_first
from sigma_core.strategies.traversal import Distances, adjacency, reach

Target = Literal["test", "endpoint", "sink"]
SECURITY_RULE = re.compile(r"S\d{3}$")
"""Codes of the linter's security rules (flake8-bandit): a function with such an issue is a sink."""


@dataclass(frozen=True)
class CodePath:
    """Positions from the change on, the facts between them, and what the last one is."""

    entities: tuple[int, ...]
    facts: tuple[int, ...]
    arrives: str


def paths_to(
    snapshot: GraphSnapshot,
    starts: Sequence[int],
    target: Target,
    hops: int,
    *,
    endpoints: Mapping[str, str],
    only: Collection[int] = (),
) -> list[CodePath]:
    """One for each target that is reached, the nearest first. `endpoints`: routes by full name; `only`: these alone."""
    if target == "sink":
        return _to_sinks(snapshot, starts, hops, only)
    radius = blast_radius(snapshot, starts, hops)
    if target == TEST:
        some = [(each, f"the test {snapshot.names[each]}") for each in nearest_first(radius)]
    else:
        routed = [*radius.starts.tolist(), *radius.dependents.tolist()]
        some = [(each, endpoints[name]) for each in routed if (name := snapshot.names[each]) in endpoints]
    return [_back(radius, each, what) for each, what in some if not only or each in only]


def _back(radius: BlastRadius, position: int, what: str) -> CodePath:
    entities, facts = [position], list[int]()
    while radius.hops[entities[-1]] > 0:
        facts.append(int(radius.fact[entities[-1]]))
        entities.append(int(radius.via[entities[-1]]))
    return CodePath(tuple(reversed(entities)), tuple(reversed(facts)), what)


def _to_sinks(snapshot: GraphSnapshot, starts: Sequence[int], hops: int, only: Collection[int]) -> list[CodePath]:
    """Along calls, to functions with an issue of a security rule; that issue is the last step."""
    import numpy as np

    code, facts = code_graph(snapshot), snapshot.facts
    calls = np.zeros(len(facts), bool)
    calls[code.facts(CALLS)] = True
    seen = reach(adjacency(snapshot, "out"), np.array(starts, np.int64), max(0, hops - 1), calls)
    found = []
    for fact in code.facts(HAS_ISSUE).tolist():
        holder, rule = int(facts.source[fact]), int(facts.target[fact])
        is_asked = not only or holder in only or rule in only
        if SECURITY_RULE.search(snapshot.names[rule]) and seen.distance[holder] != NOTHING and is_asked:
            entities, passed = _forth(snapshot, seen, holder)
            found.append(CodePath((*entities, rule), (*passed, fact), snapshot.names[rule]))
    return sorted(found, key=lambda each: (len(each.facts), each.entities))


def _forth(snapshot: GraphSnapshot, seen: Distances, position: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    entities, facts = [position], list[int]()
    while seen.distance[entities[-1]] > 0:
        fact = int(seen.fact[entities[-1]])
        facts.append(fact)
        entities.append(int(snapshot.facts.source[fact]))
    return tuple(reversed(entities)), tuple(reversed(facts))
