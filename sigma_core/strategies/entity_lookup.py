"""Entities by their names: found, described, and guessed at where nobody has that name."""

from collections import Counter
from collections.abc import Sequence
from heapq import nlargest
from typing import Any

from sigma_core.errors import Invalid, NotFound
from sigma_core.graph.facts import plain
from sigma_core.graph.similar_names import close_names
from sigma_core.graph.snapshot import GraphSnapshot, Mask
from sigma_core.graph.vocabulary import CLASS, FUNCTION, MODULE, TEST

SEEN = 200_000
"""Names looked at for close ones."""
DEFINED = frozenset({MODULE, CLASS, FUNCTION, TEST})
"""Kinds of what a project's files define."""
PIECES, CANDIDATES, SUGGESTED = 24, 50, 3


class UnknownEntity(NotFound):
    """Nothing in the graph has this name; `close` are names it may have meant."""

    def __init__(self, name: str, close: Sequence[str]) -> None:
        self.close = tuple(close)
        shown = f"“{plain(name)[:80]}”"
        super().__init__("entity", f"{shown}; close to it: {', '.join(close)}" if close else f"{shown} in this graph")


def entities(snapshot: GraphSnapshot, name: str) -> Sequence[int]:
    """Positions of the entities of this name, or, if there are none, of one that differs in capitals alone.

    Raises `UnknownEntity`.
    """
    found = snapshot.positions(name)
    if found:
        return found
    folded = plain(name).casefold()
    alike = [known for known in snapshot.by_name if known.casefold() == folded]
    if len(alike) == 1:
        return snapshot.by_name[alike[0]]
    raise UnknownEntity(name, alike[:SUGGESTED] or close(name, snapshot))


def code_entities(snapshot: GraphSnapshot, name: str) -> Sequence[int]:
    """As `entities`, for something of the code: a package and a module, or a project, may have one name.

    Raises `UnknownEntity`.
    """
    found = entities(snapshot, name)
    return [each for each in found if not DEFINED.isdisjoint(snapshot.kinds[each])] or found


def close(name: str, snapshot: GraphSnapshot) -> list[str]:
    """Names much like this one, the likest first."""
    wanted = plain(name).casefold()[:200]
    pieces = [wanted[at : at + 3] for at in range(max(1, len(wanted) - 2))]
    pieces = pieces[:: -(-len(pieces) // PIECES)]
    shared: Counter[str] = Counter()
    for known, _ in zip(snapshot.by_name, range(SEEN), strict=False):
        folded = known.casefold()
        if hits := sum(piece in folded for piece in pieces):
            shared[known] = hits
    best = nlargest(CANDIDATES, shared.items(), key=lambda pair: (pair[1], -len(pair[0])))
    return close_names(plain(name)[:200], [known for known, _ in best], SUGGESTED)


def of_kind(snapshot: GraphSnapshot, kind: str | None) -> Mask:
    """Which entities are of this kind; None: all. Raises `Invalid`, listing the kinds there are."""
    import numpy as np

    if kind is None:
        return np.ones(len(snapshot), bool)
    mask = np.fromiter((kind in each for each in snapshot.kinds), bool, len(snapshot))
    if not mask.any():
        known = listed(sorted({each for kinds in snapshot.kinds for each in kinds}), 20) or "none at all"
        raise Invalid({"entity_type": f"no entity is a “{kind[:80]}”; there is {known}"})
    return mask


def described(snapshot: GraphSnapshot, position: int) -> dict[str, Any]:
    """An entity, as programs read it."""
    return {
        "uuid": snapshot.uuids[position],
        "name": snapshot.names[position],
        "kinds": list(snapshot.kinds[position]),
        "group": snapshot.groups[int(snapshot.group[position])],
    }


def fact_document(snapshot: GraphSnapshot, fact: int) -> dict[str, Any]:
    """A fact, as programs read it; moments in seconds since 1970."""
    facts = snapshot.facts
    end = float(facts.invalid_at[fact])
    return {
        "uuid": facts.uuids[fact],
        "subject": snapshot.names[int(facts.source[fact])],
        "predicate": snapshot.predicates[int(facts.predicate[fact])],
        "object": snapshot.names[int(facts.target[fact])],
        "sentence": facts.sentences[fact],
        "valid_at": float(facts.valid_at[fact]),
        "invalid_at": end if end == end else None,  # noqa: PLR0124 (nan is open)
    }


def listed(names: Sequence[str], most: int = 3) -> str:
    """Some names as words: “a”, “b” and 4 more."""
    shown = [f"“{name}”" for name in names[:most]]
    rest = len(names) - len(shown)
    if rest > 0:
        return f"{', '.join(shown)} and {rest:,} more"
    return " and ".join([", ".join(shown[:-1]), shown[-1]]) if len(shown) > 1 else "".join(shown)
