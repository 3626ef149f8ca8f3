"""Which entities belong together because facts join them closely; which modules, beside their packages."""

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import Field

from sigma_core.formatting import duration, plural
from sigma_core.graph.reader import GraphReader
from sigma_core.graph.snapshot import GraphSnapshot, Numbers
from sigma_core.strategies.base import Finding, Strategy
from sigma_core.strategies.context import StrategyContext
from sigma_core.strategies.entity_lookup import described, listed
from sigma_core.strategies.module_communities import ModuleCommunities, adjusted_rand, module_communities
from sigma_core.strategies.result import Figure, Metric, unavailable
from sigma_core.strategies.structure import pairs, seeded, undirected

Algorithm = Literal["louvain", "leiden"]
RETURNED, MEMBERS = 50, 25
"""Communities in a result, the largest, and members of each, the best connected."""
RERUNS = 4
RERUNS_S = 10.0
"""Seconds that all re-runs together may take."""
LEIDEN_ROUNDS = 2


class GraphCommunityDetection(Strategy):
    """Partitions the graph so that more facts stay within parts than chance would keep there."""

    name = "graph_community_detection"
    title = "Graph community detection"
    description = "Groups of entities that facts join more closely than chance would."
    risk = "low"
    workers = ("analysis", "think")
    metrics = (
        Metric("cohesion", "mean share of all pairs of a community that facts join"),
        Metric(
            "separation",
            "modularity: facts within communities beyond those that chance would keep there",
            unit="-0.5 to 1",
        ),
        Metric("stability", "mean agreement of re-runs with this one (adjusted Rand index)", unit="-1 to 1"),
    )

    look_at: Literal["graph", "modules"] = Field(
        "graph", description="graph: all entities; modules: those of the code, beside the packages they live in."
    )
    algorithm: Algorithm = Field("louvain", description="Louvain, or its successor Leiden.")
    min_community_size: int = Field(3, ge=1, le=1000, description="Smaller groups are not told of.")

    def find(self, graph: GraphReader, context: StrategyContext) -> Finding:
        """One partition, the largest communities first."""
        snapshot = graph.holding()
        if self.look_at == "modules":
            return self._of_modules(snapshot, context.seed)
        began = time.perf_counter()
        membership = communities(snapshot, self.algorithm, context.seed)
        took_s = time.perf_counter() - began
        found = grouped(snapshot, membership, self.min_community_size)

        def measure() -> Mapping[str, Figure]:
            return {
                "cohesion": cohesion(found.density),
                "separation": separation(snapshot, membership),
                "stability": self._stability(snapshot, membership, context.seed, took_s),
            }

        rows = [_document(snapshot, found, number) for number in range(min(RETURNED, len(found.members)))]
        details = {
            "algorithm": self.algorithm,
            "communities": len(found.members),
            "returned": len(rows),
            "members": sum(map(len, found.members)),
            "entities_in_none": len(snapshot) - sum(map(len, found.members)),
            "sizes": [len(members) for members in found.members[:1000]],
            "found": rows,
        }
        uuids = tuple(member["uuid"] for row in rows for member in row["members"][:MEMBERS])
        return Finding(self._summary(details), details, uuids, snapshot.version, measure)

    def _of_modules(self, snapshot: GraphSnapshot, seed: int) -> Finding:
        found = module_communities(snapshot, seed)
        groups = _module_groups(snapshot, found, self.min_community_size)
        drift = [
            {
                **described(snapshot, each.module),
                "score": round(each.score, 4),
                "because": each.because,
                "lives_in": each.lives_in,
                "belongs_to": each.belongs_to,
            }
            for each in found.drift[:RETURNED]
        ]
        details = {
            "communities": len(groups),
            "modules": len(found.modules),
            "packages": len(set(found.packages)),
            "agreement": round(found.agreement, 4),
            "drift": drift,
            "found": groups[:RETURNED],
        }

        def measure() -> Mapping[str, Figure]:
            others = [module_communities(snapshot, seed + 1 + number) for number in range(RERUNS)]
            same = [adjusted_rand(found.membership, other.membership) for other in others] if len(found.modules) else []
            return {
                "cohesion": unavailable("ties of modules are weighted, not counted"),
                "separation": Figure(found.modularity, len(groups)),
                "stability": Figure(sum(same) / len(same), len(same)) if same else unavailable("there are no modules"),
            }

        uuids = tuple(snapshot.uuids[each] for each in found.modules.tolist()[:RETURNED])
        return Finding(_module_summary(details), details, uuids, snapshot.version, measure)

    def _stability(self, snapshot: GraphSnapshot, membership: Numbers, seed: int, took_s: float) -> Figure:
        runs = RERUNS if not took_s else min(RERUNS, int(RERUNS_S / took_s))
        if not len(pairs(snapshot).one):
            return unavailable("there is nothing to divide")
        if not runs:
            return unavailable(f"one run took {duration(took_s * 1000)}, too long to repeat")
        others = [communities(snapshot, self.algorithm, seed + 1 + number) for number in range(runs)]
        return Figure(sum(adjusted_rand(membership, other) for other in others) / runs, runs)

    def _summary(self, details: Mapping[str, Any]) -> str:
        if not details["communities"]:
            return f"There are no communities of {plural(self.min_community_size, 'entity', 'entities')} or more."
        first = details["found"][0]
        names = listed([member["name"] for member in first["members"]], 3)
        many = plural(details["communities"], "community", "communities")
        return f"{many}; the largest has {plural(first['size'], 'entity', 'entities')} around {names}."


def communities(snapshot: GraphSnapshot, algorithm: Algorithm, seed: int) -> Numbers:
    """The number of each entity's community; joined by more facts counts for more."""
    import numpy as np

    graph, weights = undirected(snapshot), pairs(snapshot).facts.tolist()
    if not weights:
        return np.arange(len(snapshot))
    seeded(seed)
    if algorithm == "louvain":
        found = graph.community_multilevel(weights=weights)
    else:
        found = graph.community_leiden(objective_function="modularity", weights=weights, n_iterations=LEIDEN_ROUNDS)
    return np.array(found.membership)


@dataclass(frozen=True, eq=False)
class Grouped:
    """Communities that are large enough, the largest first."""

    members: Sequence[Numbers]
    """Positions, the best connected within the community first."""
    density: Sequence[float]
    """Share of a community's pairs that facts join."""
    facts: Sequence[int]
    """Facts within each."""


def grouped(snapshot: GraphSnapshot, membership: Numbers, least: int) -> Grouped:
    """Entities by community."""
    import numpy as np

    joined = pairs(snapshot)
    inside = membership[joined.one] == membership[joined.other] if len(membership) else np.zeros(0, bool)
    count = int(membership.max()) + 1 if len(membership) else 0
    size = np.bincount(membership, minlength=count)
    links = np.bincount(membership[joined.one[inside]], minlength=count)
    facts = np.bincount(membership[joined.one[inside]], weights=joined.facts[inside], minlength=count)
    ends = np.concatenate((joined.one[inside], joined.other[inside]))
    degree = np.bincount(ends, minlength=len(membership))
    order = np.lexsort((np.arange(len(membership)), -degree, membership))
    start = np.concatenate(([0], np.cumsum(size)))
    large = [number for number in np.argsort(-size, kind="stable").tolist() if size[number] >= least]
    return Grouped(
        members=[order[start[number] : start[number + 1]] for number in large],
        density=[_density(int(links[number]), int(size[number])) for number in large],
        facts=[int(facts[number]) for number in large],
    )


def _density(links: int, size: int) -> float:
    return 2 * links / (size * (size - 1)) if size > 1 else float("nan")


def cohesion(density: Sequence[float]) -> Figure:
    """Mean density of communities of two and more."""
    some = [each for each in density if each == each]  # noqa: PLR0124 (nan is no density)
    return Figure(sum(some) / len(some), len(some)) if some else unavailable("there are no communities of this size")


def separation(snapshot: GraphSnapshot, membership: Numbers) -> Figure:
    """Modularity of the whole partition (Newman and Girvan, 2004)."""
    weights = pairs(snapshot).facts.tolist()
    if not weights:
        return unavailable("no facts join anything")
    value = undirected(snapshot).modularity(membership.tolist(), weights=weights)
    return Figure(value, len(set(membership.tolist())))


def _document(snapshot: GraphSnapshot, found: Grouped, number: int) -> dict[str, Any]:
    members, density = found.members[number], found.density[number]
    return {
        "size": len(members),
        "facts": found.facts[number],
        "density": round(density, 4) if density == density else None,  # noqa: PLR0124 (nan is no density)
        "members": [described(snapshot, position) for position in members[:MEMBERS].tolist()],
    }


def _module_groups(snapshot: GraphSnapshot, found: ModuleCommunities, least: int) -> list[dict[str, Any]]:
    """Communities of modules, the largest first, each with the packages its members live in."""
    by_number: dict[int, list[int]] = {}
    for place, number in enumerate(found.membership.tolist()):
        by_number.setdefault(number, []).append(place)
    rows = []
    for places in sorted(by_number.values(), key=lambda each: (-len(each), each)):
        if len(places) < least:
            continue
        packages = Counter(found.packages[place] for place in places)
        members = [described(snapshot, int(found.modules[place])) for place in places]
        rows.append({"size": len(places), "packages": dict(packages.most_common(5)), "members": members[:MEMBERS]})
    return rows


def _module_summary(details: Mapping[str, Any]) -> str:
    if not details["modules"]:
        return "There are no packages with modules of their own to compare with communities."
    many = plural(details["communities"], "community", "communities")
    of = f"{plural(details['modules'], 'module')} in {plural(details['packages'], 'package')}"
    said = f"{many} of {of}; they agree with the packages by {details['agreement']:.2f} (adjusted Rand index)"
    return f"{said}. {details['drift'][0]['because']}" if details["drift"] else f"{said}; no module is out of place."
