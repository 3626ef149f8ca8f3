"""CPU per message of publish → five consumers: the exchange beside bare leased rows in sqlite3. Interleaved rounds.

``python benchmarks/exchange.py [ROUNDS]``. The peer does the same deliveries without types, checks, duplicates,
conflicts, ledger or attempts: it is the limit, not a rival.
"""

import json
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from sigma_core.clock import utc_now
from sigma_core.database import Database
from sigma_core.exchange.message import Draft
from sigma_core.exchange.registry import Registry
from sigma_core.exchange.service import Exchange
from sigma_core.tables import metadata

CONSUMERS = ["dream", "think", "learning", "recall", "dreamer"]
DETAIL = "x" * 200


class Ours:
    """The exchange, whole."""

    name = "exchange"

    def __init__(self, folder: Path) -> None:
        database = Database(f"sqlite:///{folder / 'ours.db'}")
        metadata.create_all(database.engine)
        self.exchange = Exchange(database, utc_now, Registry())
        self.count = 0

    def publish(self, batch: int) -> None:
        self.exchange.publish_many([self._draft() for _ in range(batch)])

    def consume(self, batch: int) -> int:
        done = 0
        for worker in CONSUMERS:
            done += self.exchange.acknowledge(worker, self.exchange.receive(worker, batch))
        return done

    def _draft(self) -> Draft:
        self.count += 1
        payload = {"issue_type": "F401", "improvement": 0.5, "pattern": f"p{self.count}", "fix_details": DETAIL}
        return Draft("analysis", "successful_fix", payload, targets=CONSUMERS)


class LeasedRows:
    """One row a delivery, leased and deleted, in plain sqlite3."""

    name = "sqlite3 rows"

    def __init__(self, folder: Path) -> None:
        self.connection = sqlite3.connect(folder / "rows.db", isolation_level=None)
        self.connection.executescript(
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;"
            "CREATE TABLE item (id INTEGER PRIMARY KEY, data TEXT);"
            "CREATE TABLE copy (id INTEGER PRIMARY KEY, item INTEGER, recipient TEXT, state INTEGER, due REAL);"
            "CREATE INDEX inbox ON copy (recipient, state, id);"
        )
        self.count = 0

    def publish(self, batch: int) -> None:
        self.connection.execute("BEGIN IMMEDIATE")
        for _ in range(batch):
            self.count += 1
            data = json.dumps({"issue_type": "F401", "pattern": f"p{self.count}", "fix_details": DETAIL})
            item = self.connection.execute("INSERT INTO item (data) VALUES (?)", (data,)).lastrowid
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


def cpu_us(work: Callable[[], object]) -> float:
    """CPU time of this process, microseconds."""
    started = time.process_time()
    work()
    return (time.process_time() - started) * 1e6


def compare(folder: Path, batch: int, rounds: int) -> None:
    """Both in turns, medians."""
    peers = [Ours(folder), LeasedRows(folder)]
    costs: dict[str, list[float]] = {peer.name: [] for peer in peers}
    for peer in peers:
        peer.publish(batch)
        peer.consume(batch)
    for _ in range(rounds):
        for peer in peers:
            spent = cpu_us(lambda peer=peer: peer.publish(batch)) + cpu_us(lambda peer=peer: peer.consume(batch))
            costs[peer.name].append(spent / batch)
    ours, bare = (statistics.median(costs[peer.name]) for peer in peers)
    print(
        f"batch {batch:>3}: exchange {ours:8.0f} us CPU a message to five, sqlite3 rows {bare:8.0f}; "
        f"{bare / ours:.2f} of the bare rate"
    )


def backlog(folder: Path, sizes: tuple[int, ...], rounds: int) -> None:
    """What receiving and acknowledging ten costs behind a growing backlog."""
    ours = Ours(folder)
    first = 0.0
    for size in sizes:
        while ours.count < size:
            ours.publish(100)
        costs = [cpu_us(lambda: ours.consume(10)) / 50 for _ in range(rounds)]
        middle = statistics.median(costs)
        first = first or middle
        print(f"backlog {size:>7}: {middle:6.0f} us CPU a delivery in tens, {middle / first:.2f} of the smallest")


def main() -> None:
    """Print the table."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 40
    for batch in (1, 100):
        with tempfile.TemporaryDirectory() as folder:
            compare(Path(folder), batch, rounds)
    with tempfile.TemporaryDirectory() as folder:
        backlog(Path(folder), (1_000, 20_000), rounds)


if __name__ == "__main__":
    main()
