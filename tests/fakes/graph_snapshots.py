"""Snapshots made by hand, and a reader of one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import numpy as np

from sigma_core.errors import Unavailable
from sigma_core.graph.graph_rows import identity
from sigma_core.graph.snapshot import Facts, GraphSnapshot
from sigma_core.graph.texts import Texts

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY_S = 86_400.0
Link = tuple[str, str] | tuple[str, str, str] | tuple[str, str, str, float] | tuple[str, str, str, float, float]
"""Source, target, predicate, and the days before NOW since and until which it holds."""


def snapshot(
    links: Sequence[Link],
    alone: Sequence[str] = (),
    *,
    kinds: Mapping[str, str] | None = None,
    groups: Mapping[str, str] | None = None,
    version: str = "1",
) -> GraphSnapshot:
    """Entities by name in the order they are met, all known for a year."""
    names = list(dict.fromkeys([name for link in links for name in link[:2]] + list(alone)))
    place = {name: number for number, name in enumerate(names)}
    rows = [(*link, *("RELATED", 1.0, None)[len(link) - 2 :]) for link in links]
    predicates = list(dict.fromkeys(row[2] for row in rows))
    group_names = list(dict.fromkeys((groups or {}).get(name, "sigma_project_1") for name in names))
    now = NOW.timestamp()
    valid = np.array([now - row[3] * DAY_S for row in rows], np.float64)
    return GraphSnapshot(
        version=version,
        uuids=Texts.of(identity("entity", name) for name in names),
        names=Texts.of(names),
        summaries=Texts.of([""] * len(names)),
        kinds=[((kinds or {}).get(name, "thing"),) for name in names],
        groups=group_names or ["sigma_project_1"],
        group=np.array([group_names.index((groups or {}).get(name, "sigma_project_1")) for name in names], np.int32),
        born_at=np.full(len(names), now - 365 * DAY_S),
        predicates=predicates,
        facts=Facts(
            uuids=Texts.of(identity("fact", str(number)) for number in range(len(rows))),
            source=np.array([place[row[0]] for row in rows], np.int32),
            target=np.array([place[row[1]] for row in rows], np.int32),
            predicate=np.array([predicates.index(row[2]) for row in rows], np.int32),
            sentences=Texts.of(f"{row[0]} is {row[2]} to {row[1]}" for row in rows),
            created_at=valid,
            valid_at=valid,
            invalid_at=np.array([np.nan if row[4] is None else now - row[4] * DAY_S for row in rows], np.float64),
            expired_at=np.full(len(rows), np.nan),
        ),
    )


def joined(source: np.ndarray[Any, Any], target: np.ndarray[Any, Any], entities: int) -> GraphSnapshot:
    """A large one of numbers."""
    now = NOW.timestamp()
    facts = len(source)
    order = np.arange(facts)
    return GraphSnapshot(
        version="large",
        uuids=Texts.of(identity("entity", str(number)) for number in range(entities)),
        names=Texts.of(f"entity {number}" for number in range(entities)),
        summaries=Texts.of([""] * entities),
        kinds=[("thing",)] * entities,
        groups=["sigma_project_1"],
        group=np.zeros(entities, np.int32),
        born_at=np.full(entities, now - 365 * DAY_S),
        predicates=["RELATED"],
        facts=Facts(
            uuids=Texts.of(f"fact {number}" for number in order),
            source=source.astype(np.int32),
            target=target.astype(np.int32),
            predicate=np.zeros(facts, np.int32),
            sentences=Texts.of(f"as fact {number} says" for number in order),
            created_at=now - (order % 1000) * 3600.0,
            valid_at=now - (order % 1000) * 3600.0,
            invalid_at=np.full(facts, np.nan),
            expired_at=np.full(facts, np.nan),
        ),
    )


@dataclass(frozen=True)
class Reading:
    """A reader of one snapshot; vectors by name, those of questions too."""

    whole: GraphSnapshot
    vectors: Mapping[str, Sequence[float]] = field(default_factory=dict)
    project_names: Mapping[str, str] = field(default_factory=lambda: {"sigma_project_1": "app"})
    at: datetime = NOW

    def snapshot(self) -> GraphSnapshot:
        return self.whole.known_at(self.at.timestamp())

    def holding(self) -> GraphSnapshot:
        return self.whole.holding(self.at.timestamp())

    def entity_vectors(self, snapshot: GraphSnapshot) -> tuple[Any, Any]:
        names = list(snapshot.names)
        mask = np.array([name in self.vectors for name in names], bool)
        dim = len(next(iter(self.vectors.values()), (0.0,)))
        matrix = np.array([self.vectors.get(name, [0.0] * dim) for name in names], np.float32).reshape(-1, dim)
        return matrix / np.maximum(np.linalg.norm(matrix, axis=1, keepdims=True), 1e-9), mask

    def embed_query(self, text: str) -> Any:
        if text not in self.vectors:
            raise Unavailable("no vector")
        vector = np.array(self.vectors[text], np.float32)
        return vector / np.linalg.norm(vector)
