"""Modules of two projects with like neighbourhoods: what surrounds them counts, never their own names. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import exp
from typing import TYPE_CHECKING, Any

from sigma_core.formatting import plural
from sigma_core.graph.snapshot import GraphSnapshot, Numbers
from sigma_core.graph.vocabulary import CALLS, CLASS, FUNCTION, HAS_ISSUE, IMPORTS, INHERITS, MODULE, PACKAGE
from sigma_core.strategies.code_graph import NOTHING, CodeGraph, code_graph

if TYPE_CHECKING:
    import numpy as np

    Table = np.ndarray[Any, np.dtype[np.float64]]
else:
    Table = Any

SHOWN = 3


@dataclass(frozen=True)
class LikeModule:
    """A module and the one of the other project that it is most like (0–1)."""

    module: int
    nearest: int
    likeness: float
    packages: tuple[str, ...]
    """Packages that both import."""
    rules: tuple[str, ...]
    """Rules that the first has had issues of."""

    def because(self, snapshot: GraphSnapshot) -> str:
        """Why it is named, in one sentence."""
        names = snapshot.names
        shared = f" and import {', '.join(self.packages[:SHOWN])} both" if self.packages else ""
        known = f"; the first had issues of {plural(len(self.rules), 'rule')}" if self.rules else ""
        return f"{names[self.module]} and {names[self.nearest]} have like neighbourhoods{shared}{known}."


def like_modules(snapshot: GraphSnapshot, source: Numbers, target: Numbers, least: float) -> list[LikeModule]:
    """For each module among the source the likest among the target, from `least` on, the likest first.

    Likeness is the mean of how near the counts around both are (definitions; calls, imports and bases in and out) and
    of the packages that both import (Jaccard's index); the former alone where neither imports any.
    """
    import numpy as np

    code = code_graph(snapshot)
    table, packages, rules = _counts(code), _names(code, IMPORTS, PACKAGE), _names(code, HAS_ISSUE, "")
    asked = code.are(MODULE) & ~code.in_tests
    ours, theirs = source[asked[source]].tolist(), target[asked[target]].tolist()
    found = []
    for module in ours:
        best: tuple[float, int] = (0.0, NOTHING)
        for other in theirs:
            far = float(np.abs(table[module] - table[other]).mean())
            mine, its = packages.get(module, frozenset()), packages.get(other, frozenset())
            near = exp(-far)
            best = max(best, ((near + len(mine & its) / len(mine | its)) / 2 if mine | its else near, -other))
        if best[1] != NOTHING and best[0] >= least and theirs:
            nearest = -best[1]
            shared = packages.get(module, frozenset()) & packages.get(nearest, frozenset())
            had = tuple(sorted(rules.get(module, ())))
            found.append(LikeModule(module, nearest, best[0], tuple(sorted(shared)), had))
    return sorted(found, key=lambda each: (-each.likeness, each.module))


def _counts(code: CodeGraph) -> Table:
    """A row for each module: logarithms of what it defines, and of the facts that lead into it and out of it."""
    import numpy as np

    facts, count = code.snapshot.facts, len(code.kind)
    columns = []
    for kind in (FUNCTION, CLASS):
        inside = code.module[code.are(kind) & (code.module != NOTHING)]
        columns.append(np.bincount(inside, minlength=count))
    for predicate in (CALLS, IMPORTS, INHERITS):
        some = code.facts(predicate)
        one, other = code.module[facts.source[some]], code.module[facts.target[some]]
        crossing = one != other
        sides = (one[crossing], other[crossing])
        columns += [np.bincount(ends[ends != NOTHING], minlength=count) for ends in sides]
    table: Table = np.log1p(np.column_stack(columns).astype(np.float64))
    return table


def _names(code: CodeGraph, predicate: str, kind: str) -> Mapping[int, frozenset[str]]:
    """By module, the names of what its facts of a predicate lead to; only of a kind, where one is given."""
    snapshot, found = code.snapshot, dict[int, set[str]]()
    for fact in code.facts(predicate).tolist():
        module, other = int(code.module[snapshot.facts.source[fact]]), int(snapshot.facts.target[fact])
        if module != NOTHING and (not kind or kind in snapshot.kinds[other]):
            found.setdefault(module, set()).add(snapshot.names[other])
    return {module: frozenset(names) for module, names in found.items()}
