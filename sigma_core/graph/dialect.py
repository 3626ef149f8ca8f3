"""FalkorDB and Neo4j behind one driver: the only module that knows them apart.

Graphiti's own drivers are made when something of Graphiti is needed: importing them takes longer than most questions.
"""

import logging
import os
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cached_property
from importlib.metadata import version
from typing import Any, Protocol
from urllib.parse import urlsplit

from sigma_core.errors import Invalid
from sigma_core.graph.queries import CLEAR, HOLDS_SOMETHING, MARK, MARKS, UNIQUE
from sigma_core.text import storable

GRAPH = "sigma"
DATABASE = "neo4j"
INDEXED = "indexes"
"""The mark that tells whose indexes there are."""
LAYOUT_MARK, LAYOUT = "layout", "2"
"""The mark that tells in which layout everything is written. Raise it where facts come to lie otherwise than before:
a graph of another layout is written anew."""
CONNECT_S = 5.0
CLEAR_AT_ONCE = 5000
Record = dict[str, Any]


class Driver(Protocol):
    """A graph database as the adapter uses it. Everything runs in the bridge's loop."""

    @property
    def graphiti(self) -> Any:  # noqa: ANN401 (a class of Graphiti's, which is not loaded here)
        """Graphiti's driver of the same graph."""

    async def prepare(self) -> None:
        """Make Graphiti's indexes, and constraints, unless this version of it has made them."""

    async def query(self, cypher: str, parameters: Mapping[str, Any]) -> list[Record]:
        """The records; moments with their zone."""

    async def table(self, cypher: str, parameters: Mapping[str, Any]) -> Sequence[Sequence[Any]]:
        """Many rows of texts and numbers, as quickly as there is a way; moments are for `moment` to read."""

    async def clear(self, prefix: str) -> None:
        """Remove all nodes of groups with this prefix, and their edges."""

    async def close(self) -> None:
        """Let go of all connections."""

    def is_away(self, error: Exception) -> bool:
        """Whether the error says that the server cannot be reached, rather than that it does not want this."""


def open_driver(url: str, user: str | None, password: str | None) -> Driver:
    """A driver for ``unix://``, ``falkor://`` or one of Neo4j's schemes. Raises `Invalid`. Call it in the loop."""
    # Read when Graphiti is imported: it would report home, and read a `.env` of whatever folder we are in
    os.environ["GRAPHITI_TELEMETRY_ENABLED"] = "false"
    os.environ["PYTHON_DOTENV_DISABLED"] = "1"
    # It logs parameters at ERROR, and our errors say what there is to say
    logging.getLogger("graphiti_core.driver").setLevel(logging.CRITICAL)
    # An empty graph knows none of our names yet: it warns of each
    logging.getLogger("neo4j.notifications").setLevel(logging.ERROR)
    scheme = urlsplit(url).scheme
    if scheme in {"unix", "falkor", "redis"}:
        return FalkorDialect(url, user, password)
    if scheme.startswith(("bolt", "neo4j")):
        return Neo4jDialect(url, user, password)
    raise Invalid({"SIGMA_GRAPH_URL": f"{scheme or 'this'} is no scheme of a graph; there are bolt, neo4j and falkor"})


class FalkorDialect:
    """FalkorDB: all groups in one graph, so that what projects share can be followed."""

    def __init__(self, url: str, user: str | None, password: str | None) -> None:
        from falkordb.asyncio import FalkorDB
        from redis.asyncio import Redis
        from redis.asyncio.retry import Retry
        from redis.backoff import NoBackoff

        class Client(FalkorDB):  # type: ignore[misc]
            def __init__(self, connection: Redis) -> None:
                # Its own constructor asks the server something, and the loop waits for the answer
                self.connection, self.execute_command = connection, connection.execute_command

        self._connection = Redis.from_url(
            url.replace("falkor://", "redis://", 1),
            username=user,
            password=password,
            retry=Retry(NoBackoff(), 0),
            socket_connect_timeout=CONNECT_S,
            socket_timeout=None,
            decode_responses=True,
            protocol=2,
        )
        self._client = Client(self._connection)
        self._graph = self._client.select_graph(GRAPH)

    @cached_property
    def graphiti(self) -> Any:  # noqa: ANN401
        """What `Driver` promises."""
        from graphiti_core.driver.falkordb_driver import FalkorDriver

        class OneGraph(FalkorDriver):
            def clone(self, database: str) -> "OneGraph":  # noqa: ARG002 (Graphiti's)
                return self

            async def build_indices_and_constraints(self, delete_existing: bool = False) -> None:
                """Not by the way, whenever one is made."""

            async def build(self) -> None:
                await super().build_indices_and_constraints()  # type: ignore[no-untyped-call]

        return OneGraph(falkor_db=self._client, database=GRAPH)

    async def prepare(self) -> None:
        """Make Graphiti's indexes."""
        if not await _is_indexed(self):
            await self.graphiti.build()
            await _note_indexes(self)

    async def query(self, cypher: str, parameters: Mapping[str, Any]) -> list[Record]:
        """One query is one transaction. Not by way of Graphiti, which copies all parameters twice before."""
        answer = await self._graph.query(cypher, _as_parameter(parameters))
        names = [column[1] for column in answer.header]
        return [_readable(dict(zip(names, row, strict=True))) for row in answer.result_set]

    async def table(self, cypher: str, parameters: Mapping[str, Any]) -> Sequence[Sequence[Any]]:
        """Not in the compact form, of which the client unpacks every value in a coroutine of its own."""
        from falkordb.helpers import stringify_param_value

        given = " ".join(f"{name}={stringify_param_value(value)}" for name, value in _as_parameter(parameters).items())
        answer = await self._connection.execute_command(  # type: ignore[no-untyped-call]
            "GRAPH.QUERY", GRAPH, f"CYPHER {given} {cypher}"
        )
        rows: Sequence[Sequence[Any]] = answer[1]
        return rows

    async def clear(self, prefix: str) -> None:  # noqa: ARG002 (all of this graph is ours)
        """The whole graph at once: node by node it takes minutes."""
        await self._connection.execute_command("GRAPH.DELETE", GRAPH)  # type: ignore[no-untyped-call]
        await self.prepare()

    async def close(self) -> None:
        """Close all connections."""
        await self._connection.aclose()

    def is_away(self, error: Exception) -> bool:
        """No connection, or a server that still reads its file."""
        from redis import exceptions

        # A wrong password and a server that still reads its file are kinds of the first
        return isinstance(error, exceptions.ConnectionError | exceptions.TimeoutError | OSError)


class Neo4jDialect:
    """Neo4j, 5 or newer."""

    def __init__(self, url: str, user: str | None, password: str | None) -> None:
        from neo4j import AsyncGraphDatabase

        self._url, self._user, self._password = url, user, password
        self._client = AsyncGraphDatabase.driver(url, auth=(user or "", password or ""))

    @cached_property
    def graphiti(self) -> Any:  # noqa: ANN401
        """What `Driver` promises."""
        from graphiti_core.driver.neo4j_driver import Neo4jDriver

        class Quiet(Neo4jDriver):
            async def build_indices_and_constraints(self, delete_existing: bool = False) -> None:
                """Not by the way, whenever one is made."""

            async def build(self) -> None:
                await super().build_indices_and_constraints()

        return Quiet(self._url, self._user, self._password, DATABASE)

    async def prepare(self) -> None:
        """Constraints first: where there is an index already none can be made."""
        # Queries are tried again for half a minute where nobody answers; this is not
        await self._client.verify_connectivity()
        if not await _is_indexed(self):
            for each in UNIQUE:
                await self.query(each, {})
            await self.graphiti.build()
            await _note_indexes(self)

    async def query(self, cypher: str, parameters: Mapping[str, Any]) -> list[Record]:
        """One query is one transaction, tried again where another was in its way."""
        answer = await self._client.execute_query(cypher, dict(parameters), database_=DATABASE)
        return [_readable(record.data()) for record in answer.records]

    async def table(self, cypher: str, parameters: Mapping[str, Any]) -> Sequence[Sequence[Any]]:
        """What `Driver` promises."""
        answer = await self._client.execute_query(cypher, dict(parameters), database_=DATABASE)
        return [record.values() for record in answer.records]

    async def clear(self, prefix: str) -> None:
        """Some at a time: one transaction has to fit into memory."""
        while (await self.query(CLEAR, {"prefix": prefix, "limit": CLEAR_AT_ONCE}))[0]["gone"]:
            pass

    async def close(self) -> None:
        """Close all connections."""
        await self._client.close()
        if "graphiti" in self.__dict__:
            await self.graphiti.close()

    def is_away(self, error: Exception) -> bool:
        """No connection, no leader, or not let in."""
        from neo4j.exceptions import AuthError, DriverError, TransientError

        return isinstance(error, AuthError | DriverError | TransientError | OSError)


def _as_parameter(value: Any) -> Any:  # noqa: ANN401 (whatever a parameter may hold)
    """FalkorDB knows no moments, and takes a NUL for the end of the whole query."""
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, dict):
        return {name: _as_parameter(each) for name, each in value.items()}
    return [_as_parameter(each) for each in value] if isinstance(value, list | tuple) else value


def _readable(record: Mapping[str, Any]) -> Record:
    return {name: moment(value) if name.endswith("_at") else value for name, value in record.items()}


def moment(value: Any) -> datetime | None:  # noqa: ANN401 (each database has its own)
    """A moment as either database gives it."""
    if isinstance(value, str):
        return datetime.fromisoformat(value)
    native: datetime | None = value.to_native() if hasattr(value, "to_native") else value
    return native


def _mark() -> Record:
    return {"uuid": INDEXED, "token": version("graphiti-core")}


async def _is_indexed(driver: Driver) -> bool:
    """Has this version of Graphiti made its indexes?"""
    return await driver.query(MARKS, {"groups": [INDEXED]}) == [_mark()]


async def _note_indexes(driver: Driver) -> None:
    await driver.query(MARK, {"rows": [_mark()]})
    ((something,),) = [row.values() for row in await driver.query(HOLDS_SOMETHING, {})]
    if not something:
        await note_layout(driver)


async def note_layout(driver: Driver) -> None:
    """From now on everything is written in our layout."""
    await driver.query(MARK, {"rows": [{"uuid": LAYOUT_MARK, "token": LAYOUT}]})


async def is_outdated(driver: Driver) -> bool:
    """Is it written in another layout?"""
    return await driver.query(MARKS, {"groups": [LAYOUT_MARK]}) != [{"uuid": LAYOUT_MARK, "token": LAYOUT}]
