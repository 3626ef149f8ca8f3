"""What a change of code may reach: who calls it, derives from it, imports it and tests it, the nearest first. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import exp
from typing import TYPE_CHECKING, Any

from sigma_core.graph.snapshot import GraphSnapshot, Mask, Numbers
from sigma_core.graph.vocabulary import CALLS, CLASS, FUNCTION, IMPORTS, INHERITS, MODULE, TEST, TESTED_BY
from sigma_core.strategies.code_graph import NOTHING, CodeGraph, code_graph

if TYPE_CHECKING:
    import numpy as np

    Reals = np.ndarray[Any, np.dtype[np.floating[Any]]]
else:
    Reals = Any

SURE, LOOSE = 1.0, 1.25
"""What a step costs: along what was resolved or measured, and along what only suggests that one runs the other."""
MADE_BY = frozenset({"__init__", "__new__", "__post_init__"})
"""Methods that run whenever an object of their class is made."""
WIDE = 10
"""Dependents at which a radius counts as wide: an untested one of this width weighs 1 - 1/e."""


@dataclass(frozen=True, eq=False)
class Ways:
    """From what changes to what it may reach, each by a fact."""

    source: Numbers
    target: Numbers
    cost: Reals
    fact: Numbers


@dataclass(frozen=True, eq=False)
class BlastRadius:
    """What lies within some steps of a change."""

    code: CodeGraph
    starts: Numbers
    hops: Numbers
    """Steps to each entity; `NOTHING` for what is not reached."""
    cost: Reals
    via: Numbers
    """From where each was reached."""
    fact: Numbers
    """By which fact."""
    tested: Mask
    """Functions and classes that some test reaches, within as many steps."""

    def of(self, *kinds: str) -> Numbers:
        """Positions of what is reached of these kinds, the nearest first; the change itself is left out."""
        import numpy as np

        some = np.flatnonzero((self.hops > 0) & self.code.are(*kinds))
        near: Numbers = some[np.lexsort((some, self.cost[some]))]
        return near

    @property
    def dependents(self) -> Numbers:
        """Functions and classes that depend on the change."""
        return self.of(FUNCTION, CLASS)

    @property
    def untested(self) -> Numbers:
        """Of the change and its dependents, those that no test reaches."""
        import numpy as np

        whole = np.concatenate((self.starts[self.code.are(FUNCTION, CLASS)[self.starts]], self.dependents))
        found: Numbers = whole[~self.tested[whole]]
        return found

    @property
    def risk(self) -> float:
        """0–1: the untested share of the radius, the more the wider it is."""
        width = len(self.dependents)
        return len(self.untested) / (1 + width) * (1 - exp(-width / WIDE)) if width else 0.0

    def because(self, position: int) -> str:
        """Why something is within the radius, as a short sentence."""
        names, via = self.code.snapshot.names, int(self.via[position])
        one, other = names[position], names[via]
        return _REASONS[self._predicate(position, via)].format(one=one, other=other)

    def _predicate(self, position: int, via: int) -> str:
        kind = str(self.code.kind[position])
        if self.code.owner[via] == position or (self.code.module[via] == position and kind == MODULE):
            return _AROUND
        if self.code.module[position] == via:
            return _WITHIN
        facts = self.code.snapshot.facts
        return self.code.snapshot.predicates[int(facts.predicate[int(self.fact[position])])]


_AROUND, _WITHIN = "around", "within"
_REASONS = {
    CALLS: "{one} calls {other}.",
    INHERITS: "{one} derives from {other}.",
    IMPORTS: "{one} imports {other}.",
    TESTED_BY: "{one} was seen to run {other}.",
    _AROUND: "{one} defines {other}.",
    _WITHIN: "{one} is a test in {other}.",
}


def blast_radius(snapshot: GraphSnapshot, starts: Sequence[int], hops: int) -> BlastRadius:
    """Of a change of these entities; of a class or a module, of all that it defines."""
    import numpy as np

    code = code_graph(snapshot)
    changed = _with_inner(code, np.unique(np.array(starts, np.int64)))
    ways = snapshot.derived("blast ways", lambda _: _ways(code))
    own = _to_own_module(code, changed)
    distance, before, fact = _reach(code, _joined(ways, own), changed, hops)
    steps = _steps(before, changed, np.isfinite(distance))
    steps[steps > hops] = NOTHING
    tested = snapshot.derived(f"tested within {hops}", lambda _: _tested(code, ways, hops))
    return BlastRadius(code, changed, steps, distance, before, fact, tested)


def _with_inner(code: CodeGraph, starts: Numbers) -> Numbers:
    """These and what they define, at any depth."""
    import numpy as np

    inside = np.zeros(len(code.kind), bool)
    inside[starts] = True
    owned = np.flatnonzero(code.owner != NOTHING)
    while True:
        new = owned[inside[code.owner[owned]] & ~inside[owned] & (code.kind[code.owner[owned]] != "")]
        if not len(new):
            found: Numbers = np.flatnonzero(inside)
            return found
        inside[new] = True


def _ways(code: CodeGraph) -> Ways:
    import numpy as np

    return _joined(*(Ways(*map(np.asarray, each)) for each in _each_way(code)))


def _each_way(code: CodeGraph) -> Iterator[tuple[Any, Any, Any, Any]]:
    import numpy as np

    facts = code.snapshot.facts
    for predicate, cost in ((CALLS, SURE), (INHERITS, SURE), (IMPORTS, LOOSE)):
        some = code.facts(predicate)
        yield facts.target[some], facts.source[some], np.full(len(some), cost), some
    some = code.facts(TESTED_BY)
    yield facts.source[some], facts.target[some], np.full(len(some), SURE), some
    # Whoever makes an object may call its methods where nothing tells what the object is
    methods = np.flatnonzero(code.are(FUNCTION) & (code.kind[code.owner] == CLASS) & (code.owner != NOTHING))
    made = [SURE if _last(code, each) in MADE_BY else LOOSE for each in methods.tolist()]
    yield methods, code.owner[methods], np.array(made, float), code.defined_by[methods]
    tests = np.flatnonzero(code.are(TEST) & (code.module != NOTHING))
    yield code.module[tests], tests, np.full(len(tests), LOOSE), code.defined_by[tests]


def _to_own_module(code: CodeGraph, changed: Numbers) -> Ways:
    """From what changes to its module: only there, for else every caller's importers would be reached too."""
    import numpy as np

    some = changed[(code.module[changed] != NOTHING) & (code.module[changed] != changed)]
    return Ways(some, code.module[some], np.full(len(some), LOOSE), code.defined_by[some])


def _joined(*ways: Ways) -> Ways:
    import numpy as np

    return Ways(*(np.concatenate([getattr(each, name) for each in ways]) for name in Ways.__dataclass_fields__))


def _reach(code: CodeGraph, ways: Ways, starts: Numbers, hops: int) -> tuple[Reals, Numbers, Numbers]:
    """The cheapest way to each entity: what it costs, from where its last step comes, and by which fact."""
    import numpy as np
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import dijkstra

    count = len(code.kind)
    # Of two ways between the same the cheaper, and of those as cheap the first fact
    order = np.lexsort((ways.fact, ways.cost, ways.target, ways.source))
    pairs = ways.source[order].astype(np.int64) * max(1, count) + ways.target[order]
    order = order[np.unique(pairs, return_index=True)[1]]
    source, target = ways.source[order], ways.target[order]
    if not len(starts) or not count:
        return np.full(count, np.inf), np.full(count, NOTHING), np.full(count, NOTHING)
    joined = csr_array((ways.cost[order], (source, target)), shape=(count, count))
    distance, before, _ = dijkstra(joined, indices=starts, limit=hops * LOOSE, min_only=True, return_predecessors=True)
    before = np.where(before < 0, NOTHING, before).astype(np.int64)
    fact = np.full(count, NOTHING, np.int64)
    taken = before[target] == source
    fact[target[taken]] = ways.fact[order][taken]
    return distance, before, fact


def _steps(before: Numbers, starts: Numbers, reached: Mask) -> Numbers:
    """How many steps lie between each entity and where the walk began."""
    import numpy as np

    steps = np.full(len(before), NOTHING, np.int64)
    steps[starts] = 0
    waiting = np.flatnonzero(reached & (steps == NOTHING))
    while len(waiting):
        known = steps[before[waiting]] != NOTHING
        steps[waiting[known]] = steps[before[waiting[known]]] + 1
        waiting = waiting[~known]
    return steps


def _tested(code: CodeGraph, ways: Ways, hops: int) -> Mask:
    """What a test reaches by calls, by what it was seen to run, or by making an object; importing alone is no test."""
    import numpy as np

    sure = np.flatnonzero((code.kind[ways.source] != MODULE) & (code.kind[ways.target] != MODULE))
    back = Ways(ways.target[sure], ways.source[sure], ways.cost[sure], ways.fact[sure])
    distance, _, _ = _reach(code, back, np.flatnonzero(code.are(TEST)), hops)
    found: Mask = np.isfinite(distance)
    return found


def _last(code: CodeGraph, position: int) -> str:
    return code.snapshot.names[position].rpartition(".")[2]
