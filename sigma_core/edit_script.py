"""How one sequence becomes another, as difflib tells it, in time that grows with what differs and not with the whole.

Common beginnings and ends are set aside; what is left is compared by difflib where it is small. Where it is large it is
parted at lines that stand exactly once on both sides; what then is still large and has none is replaced as a whole.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

Opcode = tuple[str, int, int, int, int]
"""``equal``, ``replace``, ``delete`` or ``insert``, and the spans of old and new, as difflib has them."""
Block = tuple[int, int, int]
"""Where a run of equal entries begins on both sides, and how many they are."""
SMALL = 250_000
"""Pairs of entries that difflib compares in the worst case in a tenth of a second."""


def opcodes(old: Sequence[str], new: Sequence[str]) -> list[Opcode]:
    """Spans that stay and spans that change, in order, from the beginning to the end of both."""
    found: list[Opcode] = []
    i = j = 0
    for at, to, size in _joined([*_blocks(old, 0, len(old), new, 0, len(new)), (len(old), len(new), 0)]):
        if i < at or j < to:
            found.append(("replace" if i < at and j < to else "delete" if i < at else "insert", i, at, j, to))
        if size:
            found.append(("equal", at, at + size, to, to + size))
        i, j = at + size, to + size
    return found


def groups(script: Sequence[Opcode], context: int) -> Iterator[list[Opcode]]:
    """The changes with so many equal entries around each; those that are near each other together."""
    group: list[Opcode] = []
    for number, (tag, i1, i2, j1, j2) in enumerate(script):
        if tag != "equal":
            group.append((tag, i1, i2, j1, j2))
            continue
        first, last = number == 0, number == len(script) - 1
        if not first and not last and i2 - i1 <= 2 * context:
            group.append((tag, i1, i2, j1, j2))
            continue
        if not first:
            yield [*group, *_equal(i1, min(i2, i1 + context), j1)]
        at = max(i1, i2 - context)
        group = [] if last else _equal(at, i2, j2 - (i2 - at))
    if group:
        yield group


def _equal(start: int, end: int, other: int) -> list[Opcode]:
    return [("equal", start, end, other, other + end - start)] if start < end else []


def _joined(blocks: Sequence[Block]) -> Iterator[Block]:
    """Blocks that follow one another without a gap as one; the last is the end of both."""
    i = j = size = 0
    for at, to, more in blocks[:-1]:
        if (at, to) == (i + size, j + size):
            size += more
            continue
        if size:
            yield i, j, size
        i, j, size = at, to, more
    if size:
        yield i, j, size
    yield blocks[-1]


def _blocks(old: Sequence[str], i1: int, i2: int, new: Sequence[str], j1: int, j2: int) -> Iterator[Block]:
    head = 0
    while i1 + head < i2 and j1 + head < j2 and old[i1 + head] == new[j1 + head]:
        head += 1
    yield from [(i1, j1, head)] if head else []
    i1, j1 = i1 + head, j1 + head
    tail = 0
    while i1 < i2 - tail and j1 < j2 - tail and old[i2 - tail - 1] == new[j2 - tail - 1]:
        tail += 1
    yield from _between(old, i1, i2 - tail, new, j1, j2 - tail)
    yield from [(i2 - tail, j2 - tail, tail)] if tail else []


def _between(old: Sequence[str], i1: int, i2: int, new: Sequence[str], j1: int, j2: int) -> Iterator[Block]:
    if (i2 - i1) * (j2 - j1) <= SMALL:
        matcher = SequenceMatcher(None, old[i1:i2], new[j1:j2], autojunk=False)
        yield from ((i1 + at, j1 + to, size) for at, to, size in matcher.get_matching_blocks() if size)
        return
    for at, to in _anchors(old, i1, i2, new, j1, j2):
        yield from _blocks(old, i1, at, new, j1, to)
        yield at, to, 1
        i1, j1 = at + 1, to + 1
    if (i2 - i1) * (j2 - j1) <= SMALL:
        yield from _blocks(old, i1, i2, new, j1, j2)


def _anchors(old: Sequence[str], i1: int, i2: int, new: Sequence[str], j1: int, j2: int) -> list[tuple[int, int]]:
    """Entries that stand once on both sides: the longest run of them that is in the same order on both."""
    times, other = Counter(old[i1:i2]), Counter(new[j1:j2])
    places = {new[j]: j for j in range(j1, j2) if other[new[j]] == 1}
    pairs = [(i, places[old[i]]) for i in range(i1, i2) if times[old[i]] == 1 and old[i] in places]
    ends: list[int] = []
    last: list[int] = []
    before: list[int] = []
    for number, (_, j) in enumerate(pairs):
        length = bisect_left(ends, j)
        before.append(last[length - 1] if length else -1)
        ends[length : length + 1], last[length : length + 1] = [j], [number]
    chain, number = [], last[-1] if last else -1
    while number >= 0:
        chain.append(pairs[number])
        number = before[number]
    return chain[::-1]
