"""Snapshots read from the graph, kept in the process and read again when the graph changed."""

import threading
from collections import OrderedDict, deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import pairwise
from typing import Any

from sigma_core.errors import Forbidden
from sigma_core.garbage import collecting_later
from sigma_core.graph import queries
from sigma_core.graph.adapter import KnowledgeGraph
from sigma_core.graph.snapshot import GraphSnapshot
from sigma_core.graph.snapshot_columns import EntityColumns, FactColumns, arranged

PORTION = 10_000
"""Rows in one query, about."""
PORTION_S = 60.0
AHEAD = 1
"""Portions that are asked for before they are needed."""
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
            with collecting_later():
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
        facts, entities = FactColumns(), EntityColumns(groups)
        for rows in self._portions(queries.SNAPSHOT_FACTS, groups, size["last"], size["facts"]):
            facts.add(rows)
        for rows in self._portions(queries.SNAPSHOT_ENTITIES, groups, size["last"], size["entities"]):
            entities.add(rows)
        return arranged(version, entities, facts)

    def _portions(self, query: str, groups: Sequence[str], last: int, count: int) -> Iterator[Sequence[Sequence[Any]]]:
        """All rows; while one portion is taken in, the server is asked for the next."""
        waiting: deque[Future[Sequence[Sequence[Any]]]] = deque()
        with ThreadPoolExecutor(1, thread_name_prefix="snapshot") as ahead:
            for low, high in bounds(last, count // PORTION + 1):
                wanted = {"low": low, "high": high, "groups": list(groups)}
                waiting.append(ahead.submit(self._graph.table, query, wanted, PORTION_S))
                if len(waiting) > AHEAD:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()


def bounds(last: int, portions: int) -> list[tuple[int, int]]:
    """First number and end of each portion of the numbers from 0 to the last."""
    edges = [(last + 1) * number // portions for number in range(portions + 1)]
    return list(pairwise(edges))
