"""Waiting for something to happen, in any process, at next to no cost.

SQLite counts the commits of other connections: asking it is a microsecond, so it is asked often. PostgreSQL tells
by itself (`announcing`). Both may wake for nothing: what happened is in the feed.
"""

import sqlite3
import time
from typing import Protocol

import psycopg

from sigma_core.database import Database
from sigma_core.errors import Unavailable
from sigma_core.exchange.announcing import CHANNEL

POLL_S = 0.1


class Wakeup(Protocol):
    """Something to wait on."""

    def wait(self, timeout_s: float) -> bool:
        """Whether something may have happened since the last call; at the latest after `timeout_s`."""
        ...

    def close(self) -> None:
        """Let go of the connection."""
        ...


def listen(database: Database) -> Wakeup:
    """Begin to listen. What happens from now on is told. Raises `Unavailable`."""
    url = database.engine.url
    if database.is_sqlite:
        return CommitCount(sqlite3.connect(str(url.database), isolation_level=None, check_same_thread=False))
    try:
        connection = psycopg.connect(
            url.set(drivername="postgresql").render_as_string(hide_password=False), autocommit=True
        )
        connection.execute(f"LISTEN {CHANNEL}")
    except psycopg.OperationalError as error:
        message = f"The database cannot be listened to: {error}"
        raise Unavailable(message) from error
    return Announcements(connection)


class CommitCount:
    """SQLite: has anybody committed?"""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._last = self._version()

    def wait(self, timeout_s: float) -> bool:
        """Ask every tenth of a second."""
        ends = time.monotonic() + timeout_s
        while (version := self._version()) == self._last:
            left = ends - time.monotonic()
            if left <= 0:
                return False
            time.sleep(min(POLL_S, left))
        self._last = version
        return True

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def _version(self) -> int:
        version: int = self._connection.execute("PRAGMA data_version").fetchone()[0]
        return version


class Announcements:
    """PostgreSQL: has the exchange announced anything?"""

    def __init__(self, connection: "psycopg.Connection[tuple[object, ...]]") -> None:
        self._connection = connection

    def wait(self, timeout_s: float) -> bool:
        """Sleep until the server tells. Raises `Unavailable` when it is gone."""
        try:
            return any(True for _ in self._connection.notifies(timeout=timeout_s, stop_after=1))
        except psycopg.OperationalError as error:
            message = f"The database can no longer be listened to: {error}"
            raise Unavailable(message) from error

    def close(self) -> None:
        """Hang up."""
        self._connection.close()
