"""Processes to be killed: a publisher, a consumer, an updater; and what each leaves behind to be counted."""

import os
import random
import signal
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from fakes.graph_file import GraphFile
from sqlalchemy import Column, Integer, MetaData, String, Table, insert

from sigma_core.clock import utc_now
from sigma_core.database import Database
from sigma_core.errors import Conflict
from sigma_core.exchange import projection
from sigma_core.exchange.message import Draft
from sigma_core.exchange.registry import Registry
from sigma_core.exchange.service import Exchange
from sigma_core.graph.updater import Pace, Updater
from sigma_core.graph.writer import Write
from sigma_core.runtime.all_tables import metadata  # noqa: F401 (foreign keys of other rooms)

CONSUMERS = ("dream", "think", "learning", "recall", "dreamer")
SUBJECTS = 4
"""Patterns whose trend publishers quarrel about."""
LEASE_S = 1.0
UPDATER_LEASE_S = 2.5
PAUSE_S = 0.02
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


@dataclass(frozen=True)
class Part:
    """What a process plays: a publisher, a consumer or an updater by its name, on which database, with which files."""

    url: str
    name: str
    folder: Path
    stops_once: bool = False
    """Suspends itself in the middle of its first piece of work."""

    @property
    def log(self) -> Path:
        return self.folder / f"{self.name}.log"

    @property
    def graph(self) -> Path:
        return self.folder / "graph.db"


def play(part: Part) -> None:
    """Until killed."""
    database = Database(part.url)
    exchange = Exchange(database, utc_now, Registry(), lease_s=LEASE_S, attempts=1000)
    if part.name.startswith("publisher"):
        publish(exchange, part)
    elif part.name.startswith("updater"):
        update(database, part)
    else:
        consume(exchange, database, part)


def publish(exchange: Exchange, part: Part) -> None:
    """Announce, publish, note as accepted. What was announced but not noted when it died is handed in again."""
    announced, accepted = _lines(part.log.with_suffix(".announced")), _lines(part.log)
    number = len(announced) if len(accepted) == len(announced) else len(announced) - 1
    while True:
        if number == len(announced):
            _append(part.log.with_suffix(".announced"), str(number))
            announced.append(str(number))
        published = exchange.publish_many(_batch(part.name, number))
        _append(part.log, " ".join(str(one.message_id) for one in published))
        number += 1
        time.sleep(PAUSE_S)


def consume(exchange: Exchange, database: Database, part: Part) -> None:
    """Effect and acknowledgement in one transaction, for ever."""
    worker = part.name.partition("-")[0]
    stops = part.stops_once
    while True:
        messages = exchange.receive(worker, limit=random.randint(1, 30))
        if not messages:
            time.sleep(PAUSE_S)
            continue
        if stops:
            stops = False
            _stop(part, len(messages))
        try:
            with database.transaction() as session:
                rows = [{"worker": worker, "message_id": message.message_id} for message in messages]
                session.execute(insert(effects), rows)
                exchange.acknowledge(worker, messages, session=session)
        except Conflict as error:
            _append(part.log, str(error))


def update(database: Database, part: Part) -> None:
    """Write what is published to the graph, for ever."""
    writer = Stopping(GraphFile(part.graph), part) if part.stops_once else GraphFile(part.graph)
    pace = Pace(batch=10, wait_s=0.1, lease_s=UPDATER_LEASE_S, attempts=1000)
    updater = Updater(database, writer, {projection.ORIGIN: partial(projection.items, Registry())}, pace=pace)
    while True:
        if not updater.tick():
            time.sleep(PAUSE_S)


class Stopping:
    """A writer whose process is suspended between reading what to write and writing it, once."""

    def __init__(self, graph: GraphFile, part: Part) -> None:
        self._graph = graph
        self._part = part
        self._stopped = False

    def write(self, writes: Sequence[Write], timeout_s: float) -> None:
        if not self._stopped:
            self._stopped = True
            _stop(self._part, len(writes))
        self._graph.write(writes, timeout_s)
        _append(self._part.log, "wrote late")


def _batch(name: str, number: int) -> list[Draft]:
    """Something new, unique by its origin, and a voice in a quarrel about a subject."""
    trend = ("increasing", "decreasing", "stable")[number % 3]
    quarrel = {"pattern": f"subject {number % SUBJECTS}", "trend": trend, "confidence": 0.5}
    news = [
        Draft(
            "operator",
            "risk_pattern",
            _risk(f"{name} {number} {part}"),
            urgency=("high", "low")[part],
            targets=CONSUMERS,
            origin=f"{name}/{number}/{part}",
        )
        for part in range(2)
    ]
    return [*news, Draft("integrator", "pattern_evolution", quarrel, targets=CONSUMERS)]


def _risk(pattern: str) -> dict[str, object]:
    return {"pattern": pattern, "severity": "high", "confidence": 0.5, "context": "crash"}


def _stop(part: Part, count: int) -> None:
    _append(part.log, f"stops with {count}")
    os.kill(os.getpid(), signal.SIGSTOP)


def _append(path: Path, line: str) -> None:
    with path.open("a") as file:
        file.write(f"{line}\n")


def _lines(path: Path) -> list[str]:
    return path.read_text().splitlines() if path.exists() else []
