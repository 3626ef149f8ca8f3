"""A process that publishes or consumes until it is killed: ``exchange_actor.py URL ROLE LOG``."""

import itertools
import os
import random
import sys
import time
from pathlib import Path

from sqlalchemy import Column, Integer, MetaData, String, Table, insert

from sigma_core.clock import utc_now
from sigma_core.database import Database
from sigma_core.exchange.message import Draft
from sigma_core.exchange.registry import Registry
from sigma_core.exchange.service import Exchange
from sigma_core.tables import metadata  # noqa: F401 (foreign keys of other rooms)

PAUSE_S = 0.05
"""So that consumers keep up on a busy machine."""

own_metadata = MetaData()
effects = Table(
    "effect_of_message",
    own_metadata,
    Column("number", Integer, primary_key=True),
    Column("worker", String(40), nullable=False),
    Column("message_id", Integer, nullable=False),
)
"""Without a unique constraint: a repeated effect would be seen."""


def publish(exchange: Exchange, log: Path) -> None:
    """Publish for ever; ids go to the log when the exchange has accepted them."""
    name = f"{log.name}-{os.getpid()}"
    for number in itertools.count():
        drafts = [
            Draft("operator", "risk_pattern", _risk(f"{name}-{number}-{part}"), targets=_ALL) for part in range(3)
        ]
        published = exchange.publish_many(drafts)
        with log.open("a") as file:
            file.write("".join(f"{one.message_id}\n" for one in published))
        time.sleep(PAUSE_S)


def consume(exchange: Exchange, database: Database, worker: str) -> None:
    """Effect and acknowledgement in one transaction, for ever."""
    while True:
        messages = exchange.receive(worker, limit=random.randint(1, 20))
        if not messages:
            time.sleep(PAUSE_S)
            continue
        with database.transaction() as session:
            for message in messages:
                session.execute(insert(effects).values(worker=worker, message_id=message.message_id))
            exchange.acknowledge(worker, messages, session=session)


_ALL = ("think", "learning", "recall")


def _risk(pattern: str) -> dict[str, object]:
    return {"pattern": pattern, "severity": "high", "confidence": 0.5, "context": "crash"}


def main(url: str, role: str, log: str) -> None:
    """Play the role."""
    database = Database(url)
    exchange = Exchange(database, utc_now, Registry(), lease_s=1, attempts=1000)
    sys.stdout.write("at work\n")
    sys.stdout.flush()
    if role.startswith("publisher"):
        publish(exchange, Path(log))
    else:
        consume(exchange, database, role)


if __name__ == "__main__":
    main(*sys.argv[1:])
