"""Snapshots read from the graph, kept in the process and read again when the graph changed."""

import threading
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from datetime import datetime

from sigma_core.errors import Forbidden
from sigma_core.graph import queries
from sigma_core.graph.adapter import KnowledgeGraph
from sigma_core.graph.dialect import Record
from sigma_core.graph.snapshot import Facts, GraphSnapshot
from sigma_core.graph.texts import Texts
from sigma_core.text import utf8

PORTION = 10_000
"""Rows in one query, about."""
PORTION_S = 60.0
KEPT = 3
"""Snapshots kept, of different groups."""
MOST_FACTS = 2_000_000
MOST_ENTITIES = 1_000_000


class Snapshots:
    """Of any groups. Safe to use from all threads."""

    def __init__(self, graph: KnowledgeGraph, *, most_facts: int = MOST_FACTS) -> None:
        self._graph, self._most_facts = graph, most_facts
        self._kept: OrderedDict[tuple[str, ...], GraphSnapshot] = OrderedDict()
        self._lock, self._reading = threading.Lock(), threading.Lock()

    def of(self, groups: Sequence[str]) -> GraphSnapshot:
        """The graph of these groups as it is now. Raises `Unavailable`; `Forbidden` where it is too large for memory.

        What is written while it is read may be in it in part: it then counts as old, and is read again next time.
        """
        key = tuple(groups)
        if (warm := self._warm(key, self._graph.version(key))) is not None:
            return warm
        # One at a time: several large ones at once would not fit into memory
        with self._reading:
            version = self._graph.version(key)
            if (warm := self._warm(key, version)) is not None:
                return warm
            with self._lock:
                self._kept.pop(key, None)
            made = self._read(key, version)
            with self._lock:
                self._kept[key] = made
                while len(self._kept) > KEPT:
                    self._kept.popitem(last=False)
            return made

    def _warm(self, key: tuple[str, ...], version: str) -> GraphSnapshot | None:
        with self._lock:
            kept = self._kept.get(key)
            if kept is None or kept.version != version:
                return None
            self._kept.move_to_end(key)
            return kept

    def _read(self, groups: Sequence[str], version: str) -> GraphSnapshot:
        (size,) = self._graph.records(queries.SIZE, {"groups": list(groups)}, PORTION_S)
        if size["facts"] > self._most_facts or size["entities"] > MOST_ENTITIES:
            raise Forbidden(
                f"There are {size['entities']:,} entities and {size['facts']:,} facts; at most {MOST_ENTITIES:,} and "
                f"{self._most_facts:,} can be looked at as a whole."
            )
        # Facts first: the entities they need are there then
        facts = _Facts()
        for rows in self._portions(queries.SNAPSHOT_FACTS, groups, size["facts"]):
            facts.add(rows)
        entities = _Entities(groups)
        for rows in self._portions(queries.SNAPSHOT_ENTITIES, groups, size["entities"]):
            entities.add(rows)
        return entities.snapshot(version, facts)

    def _portions(self, query: str, groups: Sequence[str], count: int) -> Iterator[list[Record]]:
        for low, high in bounds(count // PORTION + 1):
            yield self._graph.records(query, {"low": low, "high": high, "groups": list(groups)}, PORTION_S)


def bounds(portions: int) -> list[tuple[str, str]]:
    """First id and end of each portion: ids are hexadecimal, and each digit is as likely.

    A portion ends behind the last id that begins with its last four digits, not before the first of the next: FalkorDB
    reads on to the end of what begins like the bound.
    """
    edges = [0x10000 * number // portions for number in range(1, portions)]
    lows = ["", *(f"{edge:04x}" for edge in edges)]
    return list(zip(lows, [*(f"{edge - 1:04x}g" for edge in edges), "~"], strict=True))


class _Facts:
    """Columns of facts as they come."""

    def __init__(self) -> None:
        self.uuids: list[str] = []
        self.ends: list[tuple[str, str]] = []
        self.predicate: list[int] = []
        self.predicates: dict[str, int] = {}
        self.sentences: list[bytes] = []
        self.moments: list[tuple[float, float, float, float]] = []

    def add(self, rows: Sequence[Record]) -> None:
        for row in rows:
            uuid, source, target, *moments = row["key"].split("|")
            self.uuids.append(uuid)
            self.ends.append((source, target))
            self.predicate.append(self.predicates.setdefault(row["name"], len(self.predicates)))
            self.sentences.append(utf8(row["fact"]))
            created, valid, invalid, expired = map(_seconds, moments)
            self.moments.append((created, valid, invalid, expired))

    def arranged(self, places: dict[str, int]) -> Facts:
        """As arrays, in the order of their ids; without those whose ends are gone meanwhile."""
        import numpy as np

        order = [
            number
            for number in sorted(range(len(self.uuids)), key=self.uuids.__getitem__)
            if self.ends[number][0] in places and self.ends[number][1] in places
        ]
        moments = np.array([self.moments[number] for number in order], np.float64).reshape(-1, 4)
        return Facts(
            uuids=Texts.of(self.uuids[number] for number in order),
            source=np.array([places[self.ends[number][0]] for number in order], np.int32),
            target=np.array([places[self.ends[number][1]] for number in order], np.int32),
            predicate=np.array([self.predicate[number] for number in order], np.int32),
            sentences=Texts.packed([self.sentences[number] for number in order]),
            created_at=moments[:, 0].copy(),
            valid_at=moments[:, 1].copy(),
            invalid_at=moments[:, 2].copy(),
            expired_at=moments[:, 3].copy(),
        )


class _Entities:
    """Columns of entities as they come."""

    def __init__(self, groups: Sequence[str]) -> None:
        self._groups = {group: number for number, group in enumerate(groups)}
        self._rows: list[tuple[str, str, str, tuple[str, ...], int, float]] = []

    def add(self, rows: Sequence[Record]) -> None:
        for row in rows:
            uuid, group, born = row["key"].split("|")
            name, _, summary = row["name"].partition("\n")
            self._rows.append((uuid, name, summary, tuple(row["kinds"]), self._groups[group], _seconds(born)))

    def snapshot(self, version: str, facts: _Facts) -> GraphSnapshot:
        import numpy as np

        self._rows.sort()
        places = {row[0]: number for number, row in enumerate(self._rows)}
        return GraphSnapshot(
            version=version,
            uuids=Texts.of(row[0] for row in self._rows),
            names=Texts.of(row[1] for row in self._rows),
            summaries=Texts.of(row[2] for row in self._rows),
            kinds=[row[3] for row in self._rows],
            groups=tuple(self._groups),
            group=np.array([row[4] for row in self._rows], np.int32),
            born_at=np.array([row[5] for row in self._rows], np.float64),
            predicates=tuple(facts.predicates),
            facts=facts.arranged(places),
        )


def _seconds(text: str) -> float:
    """Of ``2026-03-01T12:00:00.250000+00:00`` or Neo4j's ``2026-03-01T12:00:00.25Z[UTC]``; nan of nothing."""
    return datetime.fromisoformat(text.partition("[")[0]).timestamp() if text else float("nan")
