"""The code that a snapshot knows: what each thing is, what defines it, and the facts of each predicate. Pure."""

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from sigma_core.graph.snapshot import GraphSnapshot, Mask, Numbers
from sigma_core.graph.vocabulary import DEFINES, MODULE, TEST
from sigma_core.strategies.entity_lookup import DEFINED

if TYPE_CHECKING:
    import numpy as np

DEEPEST = 30
"""Definitions within definitions that are followed to their module."""
NOTHING = -1


@dataclass(frozen=True, eq=False)
class CodeGraph:
    """Of each entity by position: its kind, and the positions of its definer and its module, `NOTHING` without one."""

    snapshot: GraphSnapshot
    kind: "np.ndarray[tuple[int], np.dtype[np.str_]]"
    """Empty for what is no code of the project."""
    owner: Numbers
    module: Numbers
    defined_by: Numbers
    """The fact that says who defines it."""

    def facts(self, predicate: str) -> Numbers:
        """Positions of the facts of a predicate; none where it is not known."""
        import numpy as np

        known = self.snapshot.predicates
        if predicate not in known:
            return np.zeros(0, np.int64)
        found: Numbers = np.flatnonzero(self.snapshot.facts.predicate == known.index(predicate))
        return found

    def are(self, *kinds: str) -> Mask:
        """Which entities are of these kinds."""
        import numpy as np

        found: Mask = np.isin(self.kind, kinds)
        return found

    @cached_property
    def in_tests(self) -> Mask:
        """What lies in modules of tests: those with a test in them, and what stands beside such."""
        import numpy as np

        names, beside = self.snapshot.names, np.zeros(len(self.kind), bool)
        beside[self.module[self.are(TEST) & (self.module != NOTHING)]] = True
        for position in np.flatnonzero(self.kind == MODULE).tolist():
            parts = names[position].split(".")
            beside[position] |= parts[0] in _TESTS or parts[-1] == "conftest"
        found: Mask = (self.module != NOTHING) & beside[self.module]
        return found


_TESTS = frozenset({"tests", "test"})
"""Packages of tests and of what serves them."""


def code_graph(snapshot: GraphSnapshot) -> CodeGraph:
    """Of a snapshot, kept with it."""
    return snapshot.derived("code", _code_graph)


def _code_graph(snapshot: GraphSnapshot) -> CodeGraph:
    import numpy as np

    count, facts = len(snapshot), snapshot.facts
    kind = np.array([next((each for each in DEFINED if each in kinds), "") for kinds in snapshot.kinds], "U8")
    owner, defined_by = np.full(count, NOTHING, np.int64), np.full(count, NOTHING, np.int64)
    known = list(snapshot.predicates)
    defines = np.flatnonzero(facts.predicate == (known.index(DEFINES) if DEFINES in known else NOTHING))
    owner[facts.target[defines]], defined_by[facts.target[defines]] = facts.source[defines], defines
    module = np.where(kind == MODULE, np.arange(count), owner)
    for _ in range(DEEPEST):
        inside = np.flatnonzero((module != NOTHING) & (kind[module] != MODULE))
        if not len(inside):
            break
        module[inside] = owner[module[inside]]
    return CodeGraph(snapshot, kind, owner, np.where(kind == "", NOTHING, module), defined_by)
