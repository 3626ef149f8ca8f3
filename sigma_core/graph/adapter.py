"""The knowledge graph for everybody else: plain calls, each with a deadline."""

import hashlib
import json
import logging
import secrets
import threading
import time
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sigma_core.errors import Unavailable
from sigma_core.formatting import interval
from sigma_core.graph import queries
from sigma_core.graph.bridge import Bridge, Result
from sigma_core.graph.dialect import Driver, Record, is_outdated, note_layout, open_driver
from sigma_core.graph.graph_rows import GROUP_PREFIX, attributes_of, rows
from sigma_core.graph.server import EmbeddedServer
from sigma_core.graph.writer import Write

log = logging.getLogger(__name__)

READ_S = 30.0
PREPARE_S = 60.0
CLEAR_S = 600.0
CLOSE_S = 10.0
PAGE = 2000
AT_ONCE = 500
"""Rows in one query."""
PARTS = {
    "entities": queries.READ_ENTITIES,
    "episodes": queries.READ_EPISODES,
    "edges": queries.READ_EDGES,
    "mentions": queries.READ_MENTIONS,
}


_NO_PROPERTIES = frozenset(("source", "target", "attributes"))


class _Lost(Unavailable):
    """There is no connection to it, or no longer."""


@dataclass(frozen=True)
class Address:
    """Where the graph is. Without a URL it is the home's own."""

    url: str | None = None
    user: str | None = None
    password: str | None = None


@dataclass(frozen=True)
class Stats:
    """How much the graph holds."""

    entities: int
    edges: int
    ended: int
    """Edges that hold no longer, or will end."""
    episodes: int


class KnowledgeGraph:
    """One graph, safe to use from all threads. Connects when first needed, and anew after the server was away."""

    def __init__(
        self,
        server: EmbeddedServer,
        address: Address | None = None,
        token: Callable[[], str] = lambda: secrets.token_hex(8),
    ) -> None:
        """`server` is used where no address names another; each token names one change of a group."""
        self._server, self._address, self._token = server, address or Address(), token
        self._lock = threading.Lock()
        self._bridge: Bridge | None = None
        self._driver: Driver | None = None

    @property
    def embedded(self) -> bool:
        """Whether it is the home's own."""
        return self._address.url is None

    def write(self, writes: Sequence[Write], timeout_s: float) -> None:
        """As `GraphWriter` promises. Each row has its own sequence, so any part of it may be done already."""
        made = rows(writes)
        edges = [
            {
                "uuid": edge["uuid"],
                "source": edge["source"],
                "target": edge["target"],
                "sequence": edge["sequence"],
                "properties": edge["attributes"] | {name: edge[name] for name in edge.keys() - _NO_PROPERTIES},
            }
            for edge in made.edges
        ]
        ends = time.monotonic() + timeout_s
        groups = sorted({episode["group_id"] for episode in made.episodes})
        marks = [{"uuid": group, "token": self._token()} for group in groups]
        # Marks come last: who has seen them has seen the rest
        for query, some in (
            (queries.ENTITIES, made.entities),
            (queries.EPISODES, made.episodes),
            (queries.EDGES, edges),
            (queries.MENTIONS, made.mentions),
            (queries.MARK, marks),
        ):
            for start in range(0, len(some), AT_ONCE):
                batch = list(some[start : start + AT_ONCE])
                self._query(query, {"rows": batch}, max(0.0, ends - time.monotonic()), timeout_s)

    def stats(self, timeout_s: float = READ_S) -> Stats:
        """Count. Raises `Unavailable`."""
        (record,) = self._query(queries.COUNT, {"prefix": GROUP_PREFIX}, timeout_s)
        return Stats(**record)

    def read(self, part: str) -> Iterator[Record]:
        """All entities, episodes, edges or mentions, by id."""
        after = ""
        while page := self._query(PARTS[part], {"after": after, "prefix": GROUP_PREFIX, "limit": PAGE}, READ_S):
            yield from (_with_attributes(record) for record in page)
            after = page[-1]["uuid"]

    def records(self, cypher: str, parameters: Mapping[str, Any], timeout_s: float = READ_S) -> list[Record]:
        """What one of `queries` finds. Raises `Unavailable`."""
        return self._query(cypher, parameters, timeout_s)

    def table(self, cypher: str, parameters: Mapping[str, Any], timeout_s: float = READ_S) -> Sequence[Sequence[Any]]:
        """Many rows that one of `queries` finds, as `Driver.table` gives them. Raises `Unavailable`."""
        return self._try(lambda driver: driver.table(cypher, parameters), timeout_s, timeout_s)

    def version(self, groups: Sequence[str]) -> str:
        """Changes whenever one of these groups does. Raises `Unavailable`."""
        tokens = {row["uuid"]: row["token"] for row in self.records(queries.MARKS, {"groups": list(groups)})}
        return ".".join(tokens.get(group, "-") for group in groups)

    def checksum(self) -> str:
        """A checksum of all there is: two graphs that say the same have the same."""
        digest = hashlib.sha256()
        for part in PARTS:
            for record in self.read(part):
                digest.update(canonical(record).encode())
        return digest.hexdigest()

    def clear(self) -> None:
        """Throw away all that is ours; what comes is of today's layout. Raises `Unavailable`."""
        self._try(lambda driver: driver.clear(GROUP_PREFIX), CLEAR_S, CLEAR_S)
        self._try(note_layout, READ_S, READ_S)

    def is_outdated(self) -> bool:
        """Whether an older release wrote it, in which facts lay otherwise. Raises `Unavailable`."""
        return self._try(is_outdated, READ_S, READ_S)

    def close(self) -> None:
        """Let go of connections and of the embedded server."""
        with self._lock:
            bridge, driver = self._bridge, self._driver
            self._bridge = self._driver = None
        if bridge is not None:
            if driver is not None:
                _close(bridge, driver)
            bridge.close()
        self._server.release()

    @property
    def is_gone(self) -> bool:
        """Whether the embedded server has no files: whatever was written to it is lost. Not known of another's."""
        return self.embedded and not self._server.has_files

    def set_files_aside(self) -> bool:
        """Let the embedded server begin with nothing; what kept it from starting stays beside, for whoever looks.

        Whether it could be done: another's server is not ours to mend.
        """
        return self.embedded and self._server.set_files_aside()

    def _query(
        self, cypher: str, parameters: Mapping[str, Any], timeout_s: float, of_s: float | None = None
    ) -> list[Record]:
        return self._try(lambda driver: driver.query(cypher, parameters), timeout_s, of_s or timeout_s)

    def _try(self, what: Callable[[Driver], Coroutine[Any, Any, Result]], timeout_s: float, of_s: float) -> Result:
        """Ask; once more where the embedded server has to be started again for it."""
        ends = time.monotonic() + timeout_s
        try:
            return self._ask(what, timeout_s, of_s)
        except _Lost:
            if not self.embedded:
                raise
            return self._ask(what, max(0.0, ends - time.monotonic()), of_s)

    def _ask(self, what: Callable[[Driver], Coroutine[Any, Any, Result]], timeout_s: float, of_s: float) -> Result:
        bridge, driver = self._connected(timeout_s, of_s)
        try:
            return bridge.run(what(driver), timeout_s, of_s)
        except Unavailable:
            raise
        except Exception as error:
            if not driver.is_away(error):
                raise
            self._drop(bridge, driver)
            raise _Lost(f"The graph cannot be reached: {_line(error)}") from error

    def _connected(self, timeout_s: float, of_s: float) -> tuple[Bridge, Driver]:
        # Another thread may be starting the server, for longer than this one has
        if not self._lock.acquire(timeout=max(0.0, timeout_s)):
            raise Unavailable(f"The graph was not connected to within {interval(of_s)}.")
        try:
            if self._bridge is None:
                self._bridge = Bridge()
            if self._driver is None:
                self._driver = self._connect(self._bridge)
            return self._bridge, self._driver
        finally:
            self._lock.release()

    def _connect(self, bridge: Bridge) -> Driver:
        url = self._address.url or f"unix://{self._server.ensure()}"
        driver = bridge.run(_opened(url, self._address), PREPARE_S)
        try:
            bridge.run(driver.prepare(), PREPARE_S)
        except Exception as error:
            _close(bridge, driver)
            if not driver.is_away(error):
                raise
            raise Unavailable(f"The graph cannot be reached: {_line(error)}") from error
        return driver

    def _drop(self, bridge: Bridge, driver: Driver) -> None:
        """Use a driver no more that has lost its server; who connects meanwhile has dropped it already."""
        if self._driver is not driver:
            return
        with self._lock:
            if self._driver is not driver:
                return
            self._driver = None
        _close(bridge, driver)


def _close(bridge: Bridge, driver: Driver) -> None:
    """Whatever a driver whose server is away says to it: it is used no more."""
    try:
        bridge.run(driver.close(), CLOSE_S)
    except Exception as error:  # noqa: BLE001 (each driver has errors of its own)
        log.warning("A connection to the graph did not close: %s", _line(error))


def _with_attributes(record: Record) -> Record:
    return record | {"attributes": attributes_of(record["attributes"])} if "attributes" in record else record


def _line(error: Exception) -> str:
    """What a driver says, in one line."""
    return " ".join(str(error).split())


async def _opened(url: str, address: Address) -> Driver:
    return open_driver(url, address.user, address.password)


def canonical(record: Mapping[str, Any]) -> str:
    """A record as one line, the same in every database."""
    return json.dumps({name: _plain(value) for name, value in record.items()}, sort_keys=True)


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    return sorted(value) if isinstance(value, list) else value
