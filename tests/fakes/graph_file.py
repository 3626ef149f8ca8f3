"""A graph in a file of its own, and the ways in which a graph can be moody."""

import json
import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path

from sigma_core.errors import Unavailable
from sigma_core.graph.writer import GraphItem, Write


class GraphFile:
    """Keeps the promises of `GraphWriter`: a key's newest state, and a log of what changed it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with sqlite3.connect(path) as connection:
            connection.executescript(
                "PRAGMA journal_mode=WAL;"
                "CREATE TABLE IF NOT EXISTS item (key TEXT PRIMARY KEY, sequence INTEGER, state TEXT);"
                "CREATE TABLE IF NOT EXISTS effect (number INTEGER PRIMARY KEY, key TEXT, sequence INTEGER);"
            )

    def write(self, writes: Sequence[Write], timeout_s: float) -> None:
        """All in one transaction."""
        with sqlite3.connect(self._path, timeout=timeout_s) as connection:
            for write in writes:
                changed = connection.execute(
                    "INSERT INTO item VALUES (?1, ?2, ?3) ON CONFLICT (key) DO UPDATE SET sequence = ?2, state = ?3"
                    " WHERE item.sequence < ?2",
                    (write.item.key, write.sequence, _state(write.item)),
                )
                if changed.rowcount:
                    connection.execute(
                        "INSERT INTO effect (key, sequence) VALUES (?, ?)", (write.item.key, write.sequence)
                    )

    def items(self) -> dict[str, dict[str, object]]:
        """What it shows, by key."""
        with sqlite3.connect(self._path) as connection:
            return {key: json.loads(state) for key, state in connection.execute("SELECT key, state FROM item")}

    def effects(self) -> list[tuple[str, int]]:
        """Each change of a key, in order."""
        with sqlite3.connect(self._path) as connection:
            return connection.execute("SELECT key, sequence FROM effect ORDER BY number").fetchall()


class Moody:
    """A graph that is away, refuses items, or does something of the test's before it writes."""

    def __init__(self, graph: GraphFile) -> None:
        self.graph = graph
        self.away = False
        self.poison: str | None = None
        """Items with this pattern are refused."""
        self.before: Callable[[Sequence[Write]], None] = lambda _: None
        self.asked: list[int] = []
        """How many items each write was asked for."""
        self.waited_s: list[float] = []
        """How long each write might have taken."""

    def write(self, writes: Sequence[Write], timeout_s: float) -> None:
        """As the mood is."""
        self.asked.append(len(writes))
        self.waited_s.append(timeout_s)
        if self.away:
            raise Unavailable("The graph does not answer.")
        if self.poison and any(self.poison in json.dumps(dict(write.item.data)) for write in writes):
            message = f"cannot take {self.poison}"
            raise ValueError(message)
        self.before(writes)
        self.graph.write(writes, timeout_s)


def _state(item: GraphItem) -> str:
    return json.dumps(
        {
            "pattern": item.data.get("pattern"),
            "evidence": item.evidence_count,
            "invalid": item.invalid_at is not None,
        }
    )
