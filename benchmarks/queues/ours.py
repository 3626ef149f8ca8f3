"""The exchange, whole: typed, checked, deduplicated, ledgered, leased, with the graph's outbox."""

from pathlib import Path

from queues.peer import CONSUMERS, payload
from sigma_core.clock import utc_now
from sigma_core.database import Database
from sigma_core.exchange.message import Draft
from sigma_core.exchange.registry import Registry
from sigma_core.exchange.service import Exchange
from sigma_core.runtime.all_tables import metadata


class Ours:
    """SIGMA's exchange on a SQLite file."""

    name = "exchange"
    note = "all of it"

    def __init__(self, folder: Path) -> None:
        self.database = Database(f"sqlite:///{folder / 'ours.db'}")
        metadata.create_all(self.database.engine)
        self.exchange = Exchange(self.database, utc_now, Registry())
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
        return Draft("analysis", "successful_fix", payload(self.count), targets=CONSUMERS)
