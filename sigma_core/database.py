"""Engine, sessions and portable column types: the one place that knows SQLite from PostgreSQL."""

import hashlib
import json
import sqlite3
import time
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache, partial
from pathlib import Path
from typing import Any

from sqlalchemy import (
    JSON,
    Connection,
    DateTime,
    Dialect,
    Engine,
    Executable,
    ScalarSelect,
    SQLColumnExpression,
    String,
    Table,
    TableClause,
    TextClause,
    TypeDecorator,
    create_engine,
    event,
    func,
    select,
    text,
)
from sqlalchemy.exc import DatabaseError, DBAPIError, OperationalError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.pool import ConnectionPoolEntry
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeEngine, UserDefinedType
from sqlmodel import Session, SQLModel

from sigma_core.errors import Disconnected, Locked, Unavailable
from sigma_core.lock_holder import describe_holder
from sigma_core.text import storable_values

BUSY_S = 10.0
"""How long a writer waits for another one on a SQLite file."""
_LOCK = text("SELECT pg_advisory_xact_lock(key) FROM unnest(CAST(:keys AS BIGINT[])) AS key")
_NEXT_IDS = text("SELECT nextval(pg_get_serial_sequence(:table, 'id')) FROM generate_series(1, :count)")
_POSTGRESQL_DISK_FULL = "53100"
_COMPRESS_FROM = 2048
"""Bytes of JSON text from which compressing is tried, as PostgreSQL's own storage does."""

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
        return dialect.type_descriptor(_jsonb() if dialect.name == "postgresql" else JSON())


class _PlainJSON(UserDefinedType[Any]):
    """A JSON column whose text is made and read elsewhere."""

    cache_ok = True

    def get_col_spec(self, **_: object) -> str:
        return "JSON"


class PackedJSON(PortableJSON):
    """JSON that may be large: compressed in a SQLite file where that makes it smaller; PostgreSQL does so by itself."""

    impl = JSON
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(_jsonb() if dialect.name == "postgresql" else _PlainJSON())

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:  # noqa: ANN401 (any JSON)
        return value if dialect.name == "postgresql" or value is None else packed(_to_json(value))

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:  # noqa: ANN401 (any JSON)
        return value if dialect.name == "postgresql" or value is None else json.loads(unpacked(value))


def _to_json(value: object) -> str:
    """JSON text without what PostgreSQL has not in its own: NUL and halves of surrogate pairs."""
    written = json.dumps(value)
    # Each is written as an escape; a pair of halves is written so too, and stays
    return json.dumps(storable_values(value)) if "\\u0000" in written or "\\ud" in written else written


def _jsonb() -> TypeEngine[Any]:
    from sqlalchemy.dialects.postgresql import JSONB  # not loaded where the database is a file

    return JSONB()


def packed(text: str) -> str | bytes:
    """JSON text as a SQLite file keeps it: as it is, or compressed where that is smaller."""
    if len(text) < _COMPRESS_FROM:
        return text
    small = zlib.compress(text.encode())
    return small if len(small) < len(text) else text


def unpacked(stored: str | bytes) -> str | bytes:
    """The JSON text again."""
    return zlib.decompress(stored) if isinstance(stored, bytes) else stored


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

    def __init__(self, url: str, *, busy_s: float = BUSY_S) -> None:
        self.is_sqlite = url.startswith("sqlite")
        if self.is_sqlite:
            Path(url.removeprefix("sqlite:///")).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.engine: Engine = create_engine(
            url, pool_pre_ping=not self.is_sqlite, hide_parameters=True, json_serializer=_to_json
        )
        self._closing: list[Callable[[], None]] = []
        self._reader = self.engine.execution_options(sigma_readonly=True)
        if self.is_sqlite:
            event.listen(self.engine, "connect", partial(_configure_sqlite, busy_s=busy_s))
            event.listen(self.engine, "begin", _begin_sqlite)

    @contextmanager
    def transaction(self, session: Session | None = None) -> Iterator[Session]:
        """A write transaction: commits at the end, rolls back on an exception.

        With `session` given it joins that one, whose owner commits.
        """
        if session is not None:
            yield session
            return
        with self.translated(), Session(self.engine, expire_on_commit=False) as own, own.begin():
            yield own

    @contextmanager
    def connection(self, session: Session | None = None) -> Iterator[Connection]:
        """The same for statements alone: a session that keeps no objects would cost more than they do."""
        if session is not None:
            yield session.connection()
            return
        with self.translated(), self.engine.begin() as own:
            yield own

    @contextmanager
    def reading(self, session: Session | None = None) -> Iterator[Session]:
        """A consistent read that never waits for a writer; what it would write is rolled back."""
        if session is not None:
            yield session
            return
        with self.translated(), Session(self._reader, expire_on_commit=False) as own:
            if not self.is_sqlite:
                own.execute(text("SET TRANSACTION READ ONLY"))
            yield own

    def now(self, session: Session | Connection) -> datetime:
        """The database's clock, the only one that leases are measured by."""
        if self.is_sqlite:  # it has no clock but this machine's
            return datetime.now(UTC)
        connection = session if isinstance(session, Connection) else session.connection()
        now: datetime = connection.exec_driver_sql("SELECT clock_timestamp()").scalar_one()
        return now.astimezone(UTC)

    def lock(self, session: Session, *names: str) -> None:
        """Hold these names until the transaction ends; who wants one of them too waits.

        On SQLite a write transaction is alone anyway.
        """
        self.lock_all(session, names)

    def lock_all(self, session: Session, names: Iterable[str]) -> None:
        """The same for many names, which SQLite does not ask for."""
        if not self.is_sqlite and (keys := sorted({_lock_key(name) for name in names})):
            session.execute(_LOCK, {"keys": keys})

    def lock_table(self, session: Session, table: Table) -> None:
        """Let nobody else write to a table until the transaction ends; who is at it is waited for."""
        if not self.is_sqlite:
            session.execute(text(f"LOCK TABLE {table.name} IN EXCLUSIVE MODE"))

    def reserve_ids(self, session: Session, table: Table, count: int) -> Sequence[int]:
        """Ids for rows to be inserted in this write transaction, ascending."""
        if self.is_sqlite:
            newest = session.connection().exec_driver_sql(_newest_id(table)).scalar() or 0
            return range(newest + 1, newest + 1 + count)
        return session.execute(_NEXT_IDS, {"table": table.name, "count": count}).scalars().all()

    def before_dispose(self, close: Callable[[], None]) -> None:
        """Have a connection of somebody's own closed with the others."""
        self._closing.append(close)

    def dispose(self) -> None:
        """Close all connections."""
        for close in self._closing:
            close()
        self.engine.dispose()

    @contextmanager
    def translated(self) -> Iterator[None]:
        """What keeps a database from answering becomes `Unavailable`, in words; `Locked` where another writes."""
        try:
            yield
        except DatabaseError as error:
            # SQLite raises the plain class for a file that is none or is broken, and without a statement there is no
            # connection yet; the other subclasses are our mistakes
            if type(error) not in {DatabaseError, OperationalError} and error.statement is not None:
                raise
            if _is_busy(error.orig):
                holder = describe_holder(Path(self.engine.url.database or ""))
                raise Locked(f"Another process is writing to the database for too long{holder}.") from error
            raise (Disconnected if _is_gone(error) else Unavailable)(_trouble(error)) from error


@cache
def _newest_id(table: Table) -> str:
    return str(select(func.max(table.c.id)))


def upsert(
    session: Session | Connection,
    table: TableClause,
    unique: Sequence[str],
    *,
    values: Mapping[str, Any],
    where: TextClause | None = None,
) -> Executable:
    """An insert that changes `values` where a row with the same `unique` columns (and `where`) is there already."""
    bind = session if isinstance(session, Connection) else session.get_bind()
    if bind.dialect.name == "sqlite":
        from sqlalchemy.dialects.sqlite import insert
    else:
        from sqlalchemy.dialects.postgresql import insert  # type: ignore[assignment]
    return insert(table).on_conflict_do_update(index_elements=unique, index_where=where, set_=values)


def joined_texts(session: Session, column: SQLColumnExpression[Any]) -> ScalarSelect[str]:
    """The texts of a JSON list, spaces between them: as one text that can be searched."""
    if session.get_bind().dialect.name == "sqlite":
        each = func.json_each(column).table_valued("value")
        return select(func.group_concat(each.c.value, " ")).scalar_subquery()
    value = func.jsonb_array_elements_text(column).column_valued("value")
    return select(func.string_agg(value, " ")).scalar_subquery()


class PackedText(FunctionElement[str]):
    """The text of a `PackedJSON` column, to be searched; empty where a SQLite file keeps it compressed."""

    inherit_cache = True
    type = String()


@compiles(PackedText)
def _packed_text(element: PackedText, compiler: SQLCompiler, **options: Any) -> str:  # noqa: ANN401 (SQLAlchemy's)
    return f"CAST({compiler.process(element.clauses, **options)} AS VARCHAR)"


@compiles(PackedText, "sqlite")
def _packed_text_on_sqlite(element: PackedText, compiler: SQLCompiler, **options: Any) -> str:  # noqa: ANN401 (SQLAlchemy's)
    column = compiler.process(element.clauses, **options)
    return f"CASE typeof({column}) WHEN 'text' THEN {column} ELSE '' END"


def _lock_key(name: str) -> int:
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), signed=True)


def _configure_sqlite(connection: Any, _record: ConnectionPoolEntry, *, busy_s: float) -> None:  # noqa: ANN401 (DB-API has no type)
    connection.isolation_level = None
    _switch_to_wal(connection, busy_s)
    # SQLite's own knows the letters of ASCII alone
    connection.create_function("lower", 1, _lower, deterministic=True)
    for pragma in ("synchronous=NORMAL", f"busy_timeout={round(busy_s * 1000)}", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _lower(value: object) -> str | None:
    return None if value is None else str(value).lower()


def _switch_to_wal(connection: sqlite3.Connection, busy_s: float) -> None:
    # The busy timeout does not hold here: while another process makes the file, this fails at once
    deadline = time.monotonic() + busy_s
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if not _is_busy(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.02)
        else:
            return


def _begin_sqlite(connection: Any) -> None:  # noqa: ANN401 (event signature)
    readonly = connection.get_execution_options().get("sigma_readonly")
    begin = "BEGIN" if readonly else "BEGIN IMMEDIATE"
    # SQLAlchemy's own way to run a statement costs more than all the rest of a small transaction
    try:
        connection.connection.driver_connection.execute(begin)
    except sqlite3.Error as error:
        raise DBAPIError.instance(begin, None, error, sqlite3.Error) from error


def _is_busy(error: BaseException | None) -> bool:
    return isinstance(error, sqlite3.Error) and (getattr(error, "sqlite_errorcode", 0) & 0xFF) == sqlite3.SQLITE_BUSY


def is_gone(error: BaseException | None) -> bool:
    """Whether PostgreSQL's driver says that the connection was ended, or that none is taken."""
    state = getattr(error, "sqlstate", "")
    return state is None or state.startswith(("08", "57P"))


def _is_gone(error: DatabaseError) -> bool:
    """SQLAlchemy knows of what it sent itself only."""
    return error.connection_invalidated or is_gone(error.orig)


def _trouble(error: DatabaseError) -> str:
    """What is wrong with the database, and what to do."""
    code = getattr(error.orig, "sqlite_errorcode", None)
    if code == sqlite3.SQLITE_FULL or getattr(error.orig, "sqlstate", None) == _POSTGRESQL_DISK_FULL:
        return "The disk is full, so nothing of this was stored: free some space, then try again."
    if code is not None and code & 0xFF == sqlite3.SQLITE_IOERR:
        return (
            f"The disk failed while the database wrote to it ({error.orig}), so nothing of this was stored: "
            "check the disk and its free space, then try again."
        )
    return f"The database cannot be used: {error.orig}"
