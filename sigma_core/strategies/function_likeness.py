"""Functions that are alike in meaning and in what they do: vectors, beside what they call and what calls them. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from sigma_core.formatting import plural
from sigma_core.graph.reader import Matrix
from sigma_core.graph.snapshot import GraphSnapshot, Mask
from sigma_core.graph.vocabulary import CALLS, CHANGES, FUNCTION, HAS_ISSUE, INHERITS, MENDS, TOUCHES
from sigma_core.strategies.code_graph import code_graph

SHAPED_BY = (CALLS, INHERITS, HAS_ISSUE)
"""Relations whose other end says what a function is like."""
MENDED_BY = (CHANGES, TOUCHES, MENDS)
"""Relations that lead from a fix to what it changed."""
CANDIDATES = 200
MOST_FIXES = 5


@dataclass(frozen=True)
class LikeFunction:
    """Another function, how alike it is (0–1), and which fixes it has had."""

    position: int
    meaning: float | None
    """Cosine of the vectors; None where one of them has none."""
    shape: float
    """What both have around them, of all that either has (Jaccard's index)."""
    shared: tuple[int, ...]
    fixes: tuple[int, ...]

    @property
    def likeness(self) -> float:
        """Mean of both; of the shape alone where there is no vector."""
        return self.shape if self.meaning is None else (max(0.0, self.meaning) + self.shape) / 2

    def because(self, snapshot: GraphSnapshot) -> str:
        """Why it is named, in one sentence."""
        shared = [snapshot.names[each] for each in self.shared[:3]]
        same = f"shares {', '.join(shared)} with it" if shared else "shares nothing with it"
        means = "" if self.meaning is None else f" and means {self.meaning:.0%} the same"
        fixed = f"; it had {plural(len(self.fixes), 'fix', 'fixes')}" if self.fixes else ""
        return f"{snapshot.names[self.position]} {same}{means}{fixed}."


def like_functions(
    snapshot: GraphSnapshot, position: int, vectors: tuple[Matrix, Mask] | None, most: int
) -> list[LikeFunction]:
    """The functions most like this one, itself left out: of those that share anything with it, and those that mean most
    nearly the same."""
    import numpy as np

    around = _surroundings(snapshot)
    own, functions = around.get(position, frozenset()), np.flatnonzero(code_graph(snapshot).are(FUNCTION))
    meaning = np.full(len(snapshot), np.nan)
    if vectors is not None and vectors[1][position]:
        known = functions[vectors[1][functions]]
        meaning[known] = vectors[0][known] @ vectors[0][position]
    nearest = functions[np.argsort(-np.nan_to_num(meaning[functions], nan=-1.0), kind="stable")[:CANDIDATES]].tolist()
    sharing = [each for each in functions.tolist() if not own.isdisjoint(around.get(each, frozenset()))]
    fixes = _fixes(snapshot)
    found = []
    for each in dict.fromkeys([*nearest, *sharing]):
        if each == position:
            continue
        other = around.get(each, frozenset())
        shared, whole = own & other, own | other
        value = float(meaning[each])
        found.append(
            LikeFunction(
                each,
                None if np.isnan(meaning[each]) else value,
                len(shared) / len(whole) if whole else 0.0,
                tuple(sorted(shared)),
                fixes.get(each, ()),
            )
        )
    return sorted(found, key=lambda one: (-one.likeness, one.position))[:most]


def _surroundings(snapshot: GraphSnapshot) -> Mapping[int, frozenset[int]]:
    """What each function calls, derives from and suffers from."""
    return snapshot.derived("surroundings", _read_surroundings)


def _read_surroundings(snapshot: GraphSnapshot) -> Mapping[int, frozenset[int]]:
    code, found = code_graph(snapshot), dict[int, set[int]]()
    for predicate in SHAPED_BY:
        some = code.facts(predicate)
        ends = zip(snapshot.facts.source[some].tolist(), snapshot.facts.target[some].tolist(), strict=True)
        for source, target in ends:
            found.setdefault(source, set()).add(target)
    return {source: frozenset(targets) for source, targets in found.items()}


def _fixes(snapshot: GraphSnapshot) -> Mapping[int, tuple[int, ...]]:
    """Proposals and fixing commits by the functions that they changed, the newest first."""
    return snapshot.derived("fixes", _read_fixes)


def _read_fixes(snapshot: GraphSnapshot) -> Mapping[int, tuple[int, ...]]:
    code, facts = code_graph(snapshot), snapshot.facts
    mending = {int(each) for each in facts.source[code.facts(MENDS)]}
    found: dict[int, dict[int, float]] = {}
    for predicate in MENDED_BY:
        for fact in code.facts(predicate).tolist():
            source, target = int(facts.source[fact]), int(facts.target[fact])
            if source in mending or predicate == CHANGES:
                found.setdefault(target, {})[source] = float(facts.valid_at[fact])
    return {target: tuple(sorted(some, key=lambda each: -some[each])[:MOST_FIXES]) for target, some in found.items()}
