"""A part of the graph with anomalies put into it, to measure how many are found."""

from dataclasses import replace
from typing import TYPE_CHECKING

from sigma_core.graph.snapshot import GraphSnapshot, Numbers
from sigma_core.graph.texts import Texts
from sigma_core.strategies.structure import pairs
from sigma_core.strategies.traversal import adjacency

if TYPE_CHECKING:
    import numpy as np

MOST = 2_000
"""Entities of the part."""
SHARE, FEWEST = 0.02, 4
TIMES = (2, 4, 8)
"""Neighbours of what is put in, by the 95th percentile of all; each in turn."""


def with_anomalies(snapshot: GraphSnapshot, seed: int) -> tuple[GraphSnapshot, int]:
    """A part, followed by so many entities that are joined to far more others than is usual."""
    import numpy as np

    part, chance = sample(snapshot, seed), np.random.default_rng(seed)
    count, joined = len(part), pairs(part)
    degree = np.bincount(joined.one, minlength=count) + np.bincount(joined.other, minlength=count)
    usual = max(3.0, float(np.quantile(degree, 0.95)))
    added = max(FEWEST, round(SHARE * count))
    wanted = [min(count, int(usual * TIMES[number % len(TIMES)])) for number in range(added)]
    target = np.concatenate([chance.choice(count, size, replace=False) for size in wanted])
    source = np.repeat(np.arange(count, count + added), wanted)
    return _joined(part, added, source, target, chance), added


def sample(snapshot: GraphSnapshot, seed: int) -> GraphSnapshot:
    """At most `MOST` entities that hang together as they do in the whole, by walks from some of them."""
    import numpy as np

    if len(snapshot) <= MOST:
        return snapshot
    chance, around = np.random.default_rng(seed), adjacency(snapshot, "both")
    chosen: dict[int, None] = {}
    while len(chosen) < MOST:
        here = int(chance.integers(len(snapshot)))
        for _ in range(50):
            chosen[here] = None
            first, last = int(around.start[here]), int(around.start[here + 1])
            if first == last or len(chosen) >= MOST:
                break
            here = int(around.neighbour[int(chance.integers(first, last))])
    kept = np.zeros(len(snapshot), bool)
    kept[list(chosen)] = True
    return snapshot.only(kept)


def _joined(
    part: GraphSnapshot, added: int, source: Numbers, target: Numbers, chance: "np.random.Generator"
) -> GraphSnapshot:
    import numpy as np

    facts, more = part.facts, len(source)
    copied = chance.integers(0, len(facts), more) if len(facts) else np.zeros(more, np.int64)

    def moments(
        column: "np.ndarray[tuple[int], np.dtype[np.float64]]",
    ) -> "np.ndarray[tuple[int], np.dtype[np.float64]]":
        return np.concatenate((column, column[copied] if len(column) else np.full(more, float(part.born_at.max()))))

    return replace(
        part,
        version=f"{part.version}+{added}",
        uuids=Texts.of([*part.uuids, *(f"injected {number}" for number in range(added))]),
        names=Texts.of([*part.names, *(f"injected {number}" for number in range(added))]),
        summaries=Texts.of([*part.summaries, *[""] * added]),
        kinds=[*part.kinds, *[("thing",)] * added],
        group=np.concatenate((part.group, np.zeros(added, np.int32))),
        born_at=np.concatenate((part.born_at, np.full(added, float(part.born_at.max())))),
        predicates=part.predicates or ("RELATED",),
        facts=replace(
            facts,
            uuids=Texts.of([*facts.uuids, *(f"injected {number}" for number in range(more))]),
            source=np.concatenate((facts.source, source.astype(np.int32))),
            target=np.concatenate((facts.target, target.astype(np.int32))),
            predicate=np.concatenate((facts.predicate, facts.predicate[copied] if len(facts) else np.zeros(more, int))),
            sentences=Texts.of([*facts.sentences, *[""] * more]),
            created_at=moments(facts.created_at),
            valid_at=moments(facts.valid_at),
            invalid_at=np.concatenate((facts.invalid_at, np.full(more, np.nan))),
            expired_at=np.concatenate((facts.expired_at, np.full(more, np.nan))),
        ),
    )
