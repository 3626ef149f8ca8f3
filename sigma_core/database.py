"""Engine, sessions and portable column types: the one place that knows SQLite from PostgreSQL."""

import hashlib
import sqlite3
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    DateTime,
    Dialect,
    Engine,
    Executable,
    TableClause,
    TextClause,
    TypeDecorator,
    bindparam,
    create_engine,
    event,
    func,
    select,
    text,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import DatabaseError, OperationalError
from sqlalchemy.pool import ConnectionPoolEntry
from sqlalchemy.types import TypeEngine
from sqlmodel import Session, SQLModel

from sigma_core.errors import Unavailable

_BUSY_S = 10
_LOCK = select(func.pg_advisory_xact_lock(bindparam("key", type_=BigInteger)))

SQLModel.metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class PortableJSON(TypeDecorator[Any]):
    """JSON (JSONB on PostgreSQL). Replace the value to change it: in-place edits are not seen."""

    impl = JSON
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(JSONB() if dialect.name == "postgresql" else JSON())


class UTCDateTime(TypeDecorator[datetime]):
    """A moment with its zone: stored as UTC, returned as UTC, naive values refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 (SQLAlchemy's)
        if value is not None and value.tzinfo is None:
            message = f"a datetime without zone was about to be stored: {value!r}"
            raise ValueError(message)
        return value.astimezone(UTC) if value is not None else None

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 (SQLAlchemy's)
        if value is None:
            return None
        # SQLite drops the zone
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Database:
    """Sessions on one database.

    `transaction()` is for writers: on SQLite it takes the write lock at once (``BEGIN IMMEDIATE``), because a
    deferred transaction that turns writer fails or loses updates. `reading()` never takes it.
    """

    def __init__(self, url: str) -> None:
        self.is_sqlite = url.startswith("sqlite")
        if self.is_sqlite:
            Path(url.removeprefix("sqlite:///")).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.engine: Engine = create_engine(url, pool_pre_ping=not self.is_sqlite, hide_parameters=True)
        self._reader = self.engine.execution_options(sigma_readonly=True)
        if self.is_sqlite:
            event.listen(self.engine, "connect", _configure_sqlite)
            event.listen(self.engine, "begin", _begin_sqlite)

    @contextmanager
    def transaction(self, session: Session | None = None) -> Iterator[Session]:
        """A write transaction: commits at the end, rolls back on an exception.

        With `session` given it joins that one, whose owner commits.
        """
        if session is not None:
            yield session
            return
        with _translated(), Session(self.engine, expire_on_commit=False) as own, own.begin():
            yield own

    @contextmanager
    def reading(self, session: Session | None = None) -> Iterator[Session]:
        """A consistent read that never waits for a writer; what it would write is rolled back."""
        if session is not None:
            yield session
            return
        with _translated(), Session(self._reader, expire_on_commit=False) as own:
            if not self.is_sqlite:
                own.execute(text("SET TRANSACTION READ ONLY"))
            yield own

    def now(self, session: Session) -> datetime:
        """The database's clock, the only one that leases are measured by."""
        if self.is_sqlite:
            moment = session.execute(select(func.strftime("%Y-%m-%dT%H:%M:%f+00:00", "now"))).scalar_one()
            return datetime.fromisoformat(moment)
        now: datetime = session.execute(select(func.clock_timestamp())).scalar_one()
        return now.astimezone(UTC)

    def lock(self, session: Session, *names: str) -> None:
        """Hold these names until the transaction ends; who wants one of them too waits.

        On SQLite a write transaction is alone anyway.
        """
        if not self.is_sqlite:
            for key in sorted({_lock_key(name) for name in names}):
                session.execute(_LOCK, {"key": key})

    def dispose(self) -> None:
        """Close all pooled connections."""
        self.engine.dispose()


def upsert(
    session: Session, table: TableClause, unique: Sequence[str], *, values: Mapping[str, Any],
    where: TextClause | None = None,
) -> Executable:  # fmt: skip
    """An insert that changes `values` where a row with the same `unique` columns (and `where`) is there already."""
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    return insert(table).on_conflict_do_update(index_elements=unique, index_where=where, set_=values)


def _lock_key(name: str) -> int:
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), signed=True)


def _configure_sqlite(connection: Any, _record: ConnectionPoolEntry) -> None:  # noqa: ANN401 (DB-API has no type)
    connection.isolation_level = None
    _switch_to_wal(connection)
    for pragma in ("synchronous=NORMAL", f"busy_timeout={_BUSY_S * 1000}", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _switch_to_wal(connection: sqlite3.Connection) -> None:
    # The busy timeout does not hold here: while another process makes the file, this fails at once
    deadline = time.monotonic() + _BUSY_S
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(0.02)
        else:
            return


def _begin_sqlite(connection: Any) -> None:  # noqa: ANN401 (event signature)
    readonly = connection.get_execution_options().get("sigma_readonly")
    connection.exec_driver_sql("BEGIN" if readonly else "BEGIN IMMEDIATE")


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except DatabaseError as error:
        # SQLite raises the plain class for a file that is none or is broken; the other subclasses are our mistakes
        if type(error) not in {DatabaseError, OperationalError}:
            raise
        message = f"The database cannot be used: {error.orig}"
        raise Unavailable(message) from error
