"""Counters that say whether rows have changed, so that a cache can be checked before each use instead of aging."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote

from sqlalchemy.exc import DBAPIError
from sqlmodel import Field, Session, SQLModel

from sigma_core.database import Database, is_gone, upsert
from sigma_core.errors import Disconnected, Unavailable
from sigma_core.prepared import Prepared, Values

_READ = "SELECT value FROM change_counter WHERE name = "


class ChangeCounter(SQLModel, table=True):
    """How often what a name stands for has changed."""

    __tablename__ = "change_counter"

    name: str = Field(primary_key=True, max_length=40)
    value: int


def count_change(session: Session, name: str) -> None:
    """Count one change in the caller's write transaction, so that change and count become visible together."""
    counter = ChangeCounter.__table__  # type: ignore[attr-defined]
    statement = upsert(session, counter, ["name"], values={"value": counter.c.value + 1})
    session.execute(statement, {"name": name, "value": 1})


class Counter:
    """Reads one counter on a connection of its own, outside of any transaction, from any thread.

    On SQLite the file's own version tells first, in a few microseconds, whether anybody has committed anything;
    PostgreSQL is asked once, one round trip.
    """

    def __init__(self, database: Database, name: str) -> None:
        self._database = database
        self._name = name
        self._lock = threading.Lock()
        self._connection: Any = None
        self._file_version: int | None = None
        self._value = 0
        database.before_dispose(self.close)

    def value(self) -> int:
        """The counter now; 0 before the first change. Raises `Unavailable` when the store is away."""
        with self._lock, self._translated():
            return self._read(self._own())

    def rows(self, statement: Prepared, values: Values) -> list[tuple[Any, ...]]:
        """What a query finds now, as plain tuples, JSON as the driver gives it. Raises `Unavailable`."""
        with self._lock, self._translated():
            cursor = self._own().cursor()
            text = statement.text(self._database.engine.dialect)
            cursor.execute(text.sql, text.given(values))
            found: list[tuple[Any, ...]] = cursor.fetchall()
            return found

    def close(self) -> None:
        """Give the connection back."""
        with self._lock:
            self._close()

    def _read(self, connection: Any) -> int:  # noqa: ANN401 (the driver's)
        if not self._database.is_sqlite:
            return _first(connection.execute(_READ + "%s", (self._name,), prepare=True))
        (version,) = connection.execute("PRAGMA data_version").fetchone()
        if version != self._file_version:
            self._value = _first(connection.execute(_READ + "?", (self._name,)))
            self._file_version = version
        return self._value

    def _own(self) -> Any:  # noqa: ANN401 (the driver's)
        if self._connection is None:
            self._connection = self._open()
        return self._connection

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except (self._database.engine.dialect.loaded_dbapi.Error, DBAPIError) as error:
            # A connection that failed once is not asked again
            self._close()
            cause = error.orig if isinstance(error, DBAPIError) else error
            raise (Disconnected if is_gone(cause) else Unavailable)(f"The database cannot be used: {cause}") from error

    def _open(self) -> Any:  # noqa: ANN401 (the driver's)
        if self._database.is_sqlite:
            path = quote(self._database.engine.url.database or "")
            return sqlite3.connect(f"file:{path}?mode=ro", uri=True, isolation_level=None, check_same_thread=False)
        pooled = self._database.engine.raw_connection()
        connection: Any = pooled.driver_connection
        pooled.detach()
        connection.autocommit = True
        return connection

    def _close(self) -> None:
        connection, self._connection, self._file_version = self._connection, None, None
        if connection is not None:
            connection.close()


def _first(cursor: Any) -> int:  # noqa: ANN401 (the driver's)
    row = cursor.fetchone()
    return row[0] if row else 0
