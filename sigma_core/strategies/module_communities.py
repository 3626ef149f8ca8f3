"""Which modules belong together, beside the packages they live in; and which live in the wrong one. Pure."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sigma_core.graph.snapshot import GraphSnapshot, Numbers
from sigma_core.graph.vocabulary import CALLS, CHANGES_WITH, IMPORTS, INHERITS, MODULE
from sigma_core.strategies.code_graph import NOTHING, CodeGraph, code_graph
from sigma_core.strategies.structure import seeded

if TYPE_CHECKING:
    import numpy as np

    Reals = np.ndarray[Any, np.dtype[np.floating[Any]]]
else:
    Reals = Any

WEIGHTS = {IMPORTS: 1.0, CALLS: 0.5, INHERITS: 1.0, CHANGES_WITH: 1.5}
"""What one fact between two modules says of their belonging together; many of a kind add up as the square root."""
LEAST_TIES = 2.0
"""Weight with modules of another package from which a module may be said to belong there."""
NO_TIE = 0.1
"""Less than the lightest tie."""
CLEARLY = 2.0
"""By how much the ties to the other package must outweigh those to its own."""


@dataclass(frozen=True)
class ModuleDrift:
    """A module that lives in one package and belongs to another."""

    module: int
    lives_in: str
    belongs_to: str
    score: float
    """0–1: share of its ties with the other package, less the share with its own, the surer the more ties there are."""
    because: str


@dataclass(frozen=True, eq=False)
class ModuleCommunities:
    """Modules, their packages, and the communities that their ties make of them."""

    modules: Numbers
    """Positions in the snapshot."""
    packages: Sequence[str]
    membership: Numbers
    """The number of each module's community, as they stand in `modules`."""
    agreement: float
    """Of communities and packages (adjusted Rand index), 1 where they are the same."""
    modularity: float
    drift: Sequence[ModuleDrift]
    """The clearest first."""


def module_communities(snapshot: GraphSnapshot, seed: int) -> ModuleCommunities:
    """By Louvain's method on all ties between modules that are no tests; a package's own file is left out."""
    import igraph
    import numpy as np

    code = code_graph(snapshot)
    chosen = _chosen(code)
    if not len(chosen):
        return ModuleCommunities(chosen, (), chosen, 1.0, 0.0, ())
    ties = _ties(code, chosen)
    packages = [snapshot.names[each].rpartition(".")[0] for each in chosen.tolist()]
    one, other = np.nonzero(np.triu(ties))
    weights = ties[one, other].tolist()
    graph = igraph.Graph(n=len(chosen), edges=np.column_stack((one, other)))
    seeded(seed)
    found = graph.community_multilevel(weights=weights) if weights else None
    membership = np.array(found.membership if found else range(len(chosen)), np.int64)
    numbers = {name: number for number, name in enumerate(dict.fromkeys(packages))}
    lived = np.array([numbers[each] for each in packages], np.int64)
    return ModuleCommunities(
        modules=chosen,
        packages=packages,
        membership=membership,
        agreement=adjusted_rand(membership, lived),
        modularity=graph.modularity(membership.tolist(), weights=weights) if weights else 0.0,
        drift=_drift(code, chosen, packages, ties),
    )


def _chosen(code: CodeGraph) -> Numbers:
    import numpy as np

    modules = np.flatnonzero(code.are(MODULE) & ~code.in_tests)
    names = [code.snapshot.names[each] for each in modules.tolist()]
    parents = {name.rpartition(".")[0] for name in names}
    inside = np.array([name not in parents and "." in name for name in names], bool)
    kept: Numbers = modules[inside]
    return kept


def _ties(code: CodeGraph, chosen: Numbers) -> Reals:
    """How strongly each two modules hang together."""
    import numpy as np

    place = np.full(len(code.kind), NOTHING, np.int64)
    place[chosen] = np.arange(len(chosen))
    facts, ties = code.snapshot.facts, np.zeros((len(chosen), len(chosen)))
    inside = np.where(code.module != NOTHING, code.module, 0)
    for predicate, weight in WEIGHTS.items():
        some, counts = code.facts(predicate), np.zeros_like(ties)
        known = (code.module[facts.source[some]] != NOTHING) & (code.module[facts.target[some]] != NOTHING)
        some = some[known]
        one, other = place[inside[facts.source[some]]], place[inside[facts.target[some]]]
        both = (one != NOTHING) & (other != NOTHING) & (one != other)
        np.add.at(counts, (one[both], other[both]), 1)
        ties += weight * np.sqrt(counts + counts.T)
    return ties


def _drift(code: CodeGraph, chosen: Numbers, packages: Sequence[str], ties: Reals) -> list[ModuleDrift]:
    import numpy as np

    names = list(dict.fromkeys(packages))
    member = np.array([[package == name for name in names] for package in packages], float).reshape(
        len(packages), len(names)
    )
    by_package, total = ties @ member, ties.sum(axis=1)
    # Each tie counts from both ends
    within = (member * by_package).sum(axis=0) / 2
    found = []
    for number, module in enumerate(chosen.tolist()):
        own = packages[number]
        to = by_package[number].copy()
        mine = float(to[names.index(own)])
        # Where the others do not hang together either, as in a folder of scripts, it is in no wrong package
        if within[names.index(own)] - mine < NO_TIE:
            continue
        # A package and those within it are one family: modules of one may lean on the other
        to[[_is_family(own, name) for name in names]] = 0.0
        best = int(to.argmax())
        most = float(to[best])
        if most < LEAST_TIES or most < CLEARLY * mine or most * 2 < total[number]:
            continue
        score = (most - mine) / float(total[number]) * (1 - math.exp(-most / LEAST_TIES))
        name = code.snapshot.names[module]
        there, here = most / float(total[number]), mine / float(total[number])
        said = (
            f"{name} lives in {own} and belongs to {names[best]}: {there:.0%} of its ties lead there, "
            f"{here:.0%} to its own package."
        )
        found.append(ModuleDrift(module, own, names[best], score, said))
    return sorted(found, key=lambda each: (-each.score, each.module))


def _is_family(one: str, other: str) -> bool:
    return one == other or one.startswith(f"{other}.") or other.startswith(f"{one}.")


def adjusted_rand(one: Numbers, other: Numbers) -> float:
    """Agreement of two partitions beyond chance (Hubert and Arabie, 1985)."""
    import numpy as np

    def chosen(counts: Numbers) -> float:
        return float((counts.astype(np.float64) * (counts - 1) / 2).sum())

    both = np.unique(one.astype(np.int64) * (int(other.max()) + 1) + other, return_counts=True)[1]
    together = chosen(both)
    first, second = chosen(np.bincount(one)), chosen(np.bincount(other))
    pairs_ = len(one) * (len(one) - 1) / 2
    expected = first * second / pairs_ if pairs_ else 0.0
    most = (first + second) / 2
    return 1.0 if most == expected else (together - expected) / (most - expected)
