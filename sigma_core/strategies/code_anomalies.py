"""What is wrong with the shape of code: hubs that no test reaches, functions that do too much, circles. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Literal

from sigma_core.formatting import plural
from sigma_core.graph.snapshot import GraphSnapshot, Numbers
from sigma_core.graph.vocabulary import CALLS, CLASS, FUNCTION, IMPORTS, MODULE, TEST
from sigma_core.strategies.blast_radius import blast_radius
from sigma_core.strategies.code_graph import NOTHING, CodeGraph, code_graph

if TYPE_CHECKING:
    import igraph
    import numpy as np

    Counts = np.ndarray[Any, np.dtype[np.integer[Any]]]
else:
    Counts = Any

Kind = Literal["untested hub", "god function", "import circle", "ownership circle"]
STEPS = 3
"""How far from a test a function may be and still count as reached by it."""
FEWEST_CALLERS, FEWEST_CALLEES = 5, 12
"""Below these nothing is a hub or does too much, however small the project is."""
OUTLYING = 2.0
"""Robust z-score of its logarithm from which a count stands out: few have very many in any code."""
CLOSED = 7.0
"""What circles score, by their length: one of two as a count that stands out by 3.5."""
LONGEST = 12
"""Modules or classes of a circle that are named."""


@dataclass(frozen=True)
class CodeAnomaly:
    """One thing that is wrong, with the entities it is about, the foremost first."""

    kind: Kind
    entities: tuple[int, ...]
    score: float
    """How far beyond what is usual, in deviations; of a circle the greater the shorter it is."""
    because: str


def code_anomalies(snapshot: GraphSnapshot) -> list[CodeAnomaly]:
    """All there are, the gravest first."""
    code = code_graph(snapshot)
    found = [*_untested_hubs(code), *_god_functions(code), *_import_circles(code), *_ownership_circles(code)]
    return sorted(found, key=lambda each: (-each.score, each.entities))


def _untested_hubs(code: CodeGraph) -> Iterator[CodeAnomaly]:
    functions, names = code.are(FUNCTION) & ~code.in_tests, code.snapshot.names
    callers = _partners(code, towards=True)
    tested = blast_radius(code.snapshot, (), STEPS).tested
    if not code.are(TEST).any():
        return
    for position, z in _standing_out(callers, functions, FEWEST_CALLERS):
        if not tested[position]:
            said = f"{names[position]} is called by {callers[position]} functions, and no test is known to reach it."
            yield CodeAnomaly("untested hub", (position,), z, said)


def _god_functions(code: CodeGraph) -> Iterator[CodeAnomaly]:
    functions, names = code.are(FUNCTION) & ~code.in_tests, code.snapshot.names
    callees = _partners(code, towards=False)
    for position, z in _standing_out(callees, functions, FEWEST_CALLEES):
        modules = len({int(code.module[each]) for each in _callees(code, position)})
        said = f"{names[position]} calls {callees[position]} functions and classes of {plural(modules, 'module')}."
        yield CodeAnomaly("god function", (position,), z, said)


def _import_circles(code: CodeGraph) -> Iterator[CodeAnomaly]:
    """Modules that import each other. A package and what lies in it are one family: that is no circle."""
    import numpy as np

    facts, names = code.snapshot.facts, code.snapshot.names
    some = code.facts(IMPORTS)
    source, target = facts.source[some], facts.target[some]
    inside = code.are(MODULE)
    kept = [
        number
        for number in np.flatnonzero(inside[source] & inside[target]).tolist()
        if not _is_family(names[int(source[number])], names[int(target[number])])
    ]
    for circle in circles(len(code.kind), source[kept], target[kept]):
        begun = _begun(code, circle)
        yield CodeAnomaly("import circle", begun, _weight(circle), _sentence(code, begun, "imports"))


def _ownership_circles(code: CodeGraph) -> Iterator[CodeAnomaly]:
    """Classes whose methods make objects of each other."""
    facts = code.snapshot.facts
    some = code.facts(CALLS)
    made = some[code.are(CLASS)[facts.target[some]] & (code.owner[facts.source[some]] != NOTHING)]
    owner = code.owner[facts.source[made]]
    made, owner = made[code.are(CLASS)[owner]], owner[code.are(CLASS)[owner]]
    for circle in circles(len(code.kind), owner, facts.target[made]):
        begun = _begun(code, circle)
        yield CodeAnomaly("ownership circle", begun, _weight(circle), _sentence(code, begun, "makes"))


def circles(count: int, source: Numbers, target: Numbers) -> Iterator[tuple[int, ...]]:
    """The shortest circle of each set whose members all reach each other."""
    import igraph
    import numpy as np

    other = source != target
    pairs = np.unique(np.column_stack((source[other], target[other])), axis=0) if other.any() else np.zeros((0, 2), int)
    graph = igraph.Graph(n=count, edges=pairs, directed=True)
    for members in graph.connected_components(mode="strong"):
        if len(members) > 1:
            yield _shortest(graph.induced_subgraph(members), sorted(members))


def _shortest(graph: "igraph.Graph", members: Sequence[int]) -> tuple[int, ...]:
    """By breadth first from each of the first members, back to itself."""
    best: tuple[int, ...] = ()
    for start in range(min(len(members), LONGEST * 10)):
        for before in graph.predecessors(start):
            way = graph.get_shortest_paths(start, before)[0]
            if not best or len(way) < len(best):
                best = tuple(way)
        if len(best) == 2:
            break
    return tuple(members[each] for each in best)


def _partners(code: CodeGraph, *, towards: bool) -> Counts:
    """How many others call each function (`towards`), tests aside, or are called by it."""
    import numpy as np

    facts, some = code.snapshot.facts, code.facts(CALLS)
    tests = code.are(TEST)
    some = some[~tests[facts.source[some]] & (code.kind[facts.target[some]] != "")]
    pairs = np.unique(np.column_stack((facts.source[some], facts.target[some])), axis=0)
    counts: Counts = np.bincount(pairs[:, 1 if towards else 0], minlength=len(code.kind))
    return counts


def _callees(code: CodeGraph, position: int) -> list[int]:
    facts, some = code.snapshot.facts, code.facts(CALLS)
    mine = some[facts.source[some] == position]
    return [each for each in facts.target[mine].tolist() if code.kind[each]]


def _standing_out(counts: Counts, among: Any, fewest: int) -> Iterator[tuple[int, float]]:  # noqa: ANN401 (a mask)
    """Those whose count stands out among the others that have any, with how far."""
    import numpy as np

    some = np.flatnonzero(among & (counts > 0))
    if not len(some):
        return
    values = np.log(counts[some])
    away = values - np.median(values)
    spread = max(1.4826 * float(np.median(np.abs(away))), 1.2533 * float(np.mean(np.abs(away))), 0.3)
    for position, z in zip(some.tolist(), (away / spread).tolist(), strict=True):
        if counts[position] >= fewest and z >= OUTLYING:
            yield position, z


def _weight(circle: Sequence[int]) -> float:
    return CLOSED / len(circle)


def _begun(code: CodeGraph, circle: tuple[int, ...]) -> tuple[int, ...]:
    """The same circle, begun at the first of the names."""
    first = circle.index(min(circle, key=lambda each: code.snapshot.names[each]))
    return (*circle[first:], *circle[:first])


def _sentence(code: CodeGraph, circle: Sequence[int], verb: str) -> str:
    names = [code.snapshot.names[each] for each in circle]
    if len(names) > LONGEST:
        return f"{names[0]} and {len(names) - 1} others form a circle: each {verb} the next."
    return ", ".join(f"{one} {verb} {other}" for one, other in pairwise([*names, names[0]])) + "."


def _is_family(one: str, other: str) -> bool:
    return one.startswith(f"{other}.") or other.startswith(f"{one}.")
