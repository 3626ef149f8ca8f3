"""Names much like one that is not known. Pure."""

from collections.abc import Iterable
from difflib import SequenceMatcher

SHORTEST = 3
MOST_PARTS = 12
LONGEST = 200
"""Letters of a name that are compared."""
LIKE = 0.5
"""Below this share of letters in common nobody would have meant it."""


def parts_of(text: str) -> list[str]:
    """Pieces of a text, of which a name that was meant holds at least one: beginnings and ends of its words."""
    words = text.lower().replace("_", " ").replace("/", " ").replace("-", " ").split()[:MOST_PARTS]
    pieces = [piece for word in words for piece in (word[:SHORTEST], word[-SHORTEST:])]
    return list(dict.fromkeys(pieces))[:MOST_PARTS]


def close_names(text: str, names: Iterable[str], limit: int) -> list[str]:
    """The names likest to a text, the likest first."""
    wanted = text.lower()[:LONGEST]
    matcher = SequenceMatcher(autojunk=False)
    matcher.set_seq2(wanted)
    rated = []
    for name in names:
        matcher.set_seq1(name.lower()[:LONGEST])
        if matcher.real_quick_ratio() >= LIKE and (like := matcher.ratio()) >= LIKE:
            rated.append((-like, name))
    return [name for _, name in sorted(rated)[:limit]]
