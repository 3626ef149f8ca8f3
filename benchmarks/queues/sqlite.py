"""Two limits in plain sqlite3, same journal and durability as ours: leased rows, and a log that is only appended to."""

import hashlib
import json
import sqlite3
import time
from pathlib import Path

from queues.peer import CONSUMERS, text


def connect(path: Path) -> sqlite3.Connection:
    """A connection that begins and commits when told to."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;")
    return connection


class LeasedRows:
    """One row a delivery, leased, then done."""

    name = "leased rows"
    note = "sqlite3; no types, checks, duplicates, receipts, attempts"

    def __init__(self, folder: Path) -> None:
        self.connection = connect(folder / "rows.db")
        self.connection.executescript(
            "CREATE TABLE item (id INTEGER PRIMARY KEY, data TEXT);"
            "CREATE TABLE copy (id INTEGER PRIMARY KEY, item INTEGER, recipient TEXT, state INTEGER, due REAL);"
            "CREATE INDEX inbox ON copy (recipient, state, id);"
        )
        self.count = 0

    def publish(self, batch: int) -> None:
        self.connection.execute("BEGIN IMMEDIATE")
        for _ in range(batch):
            self.count += 1
            item = self.connection.execute("INSERT INTO item (data) VALUES (?)", (text(self.count),)).lastrowid
            rows = [(item, worker) for worker in CONSUMERS]
            self.connection.executemany("INSERT INTO copy (item, recipient, state) VALUES (?, ?, 0)", rows)
        self.connection.execute("COMMIT")

    def consume(self, batch: int) -> int:
        return sum(self._consume(worker, batch) for worker in CONSUMERS)

    def _consume(self, worker: str, batch: int) -> int:
        self.connection.execute("BEGIN IMMEDIATE")
        query = (
            "SELECT copy.id, data FROM copy JOIN item ON item.id = copy.item"
            " WHERE recipient = ? AND state = 0 ORDER BY copy.id LIMIT ?"
        )
        found = [(id_, json.loads(data)) for id_, data in self.connection.execute(query, (worker, batch))]
        ids = [(time.time() + 60, id_) for id_, _ in found]
        self.connection.executemany("UPDATE copy SET state = 1, due = ? WHERE id = ?", ids)
        self.connection.execute("COMMIT")
        self.connection.execute("BEGIN IMMEDIATE")
        self.connection.executemany("UPDATE copy SET state = 2 WHERE id = ?", [(id_,) for id_, _ in found])
        self.connection.execute("COMMIT")
        return len(found)


class Log:
    """Messages appended with their digest; a consumer is a position."""

    name = "log and cursors"
    note = "sqlite3; one row a message, nothing comes back"

    def __init__(self, folder: Path) -> None:
        self.connection = connect(folder / "log.db")
        self.connection.executescript(
            "CREATE TABLE entry (id INTEGER PRIMARY KEY, digest BLOB UNIQUE, data TEXT);"
            "CREATE TABLE position (consumer TEXT PRIMARY KEY, id INTEGER) WITHOUT ROWID;"
        )
        for consumer in CONSUMERS:
            self.connection.execute("INSERT INTO position VALUES (?, 0)", (consumer,))
        self.count = 0

    def publish(self, batch: int) -> None:
        self.connection.execute("BEGIN IMMEDIATE")
        texts = [text(self.count + number) for number in range(1, batch + 1)]
        self.count += batch
        rows = [(hashlib.blake2b(one.encode(), digest_size=16).digest(), one) for one in texts]
        self.connection.executemany("INSERT OR IGNORE INTO entry (digest, data) VALUES (?, ?)", rows)
        self.connection.execute("COMMIT")

    def consume(self, batch: int) -> int:
        return sum(self._consume(consumer, batch) for consumer in CONSUMERS)

    def _consume(self, consumer: str, batch: int) -> int:
        (at,) = self.connection.execute("SELECT id FROM position WHERE consumer = ?", (consumer,)).fetchone()
        query = "SELECT id, data FROM entry WHERE id > ? ORDER BY id LIMIT ?"
        found = [(id_, json.loads(data)) for id_, data in self.connection.execute(query, (at, batch))]
        if found:
            self.connection.execute("UPDATE position SET id = ? WHERE consumer = ?", (found[-1][0], consumer))
        return len(found)
