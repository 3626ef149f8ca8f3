"""Statements for the few places where SQLAlchemy's work for a row would cost several times the database's."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from operator import itemgetter
from typing import Any

from sqlalchemy import ARRAY, BindParameter, ColumnElement, Connection, Dialect, Executable, bindparam
from sqlalchemy.engine.interfaces import DBAPICursor
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeEngine
from sqlmodel import Session

Values = Mapping[str, Any]


@dataclass(frozen=True)
class Text:
    """A statement as one kind of database takes it."""

    sql: str
    given: Callable[[Values], Any]
    """The parameters for one execution, as the driver takes them."""


class Prepared:
    """A statement compiled once for each kind of database, then run with values as its driver takes them.

    Values and results are plain: moments go through `moment` and `read_moment`, JSON is text, sequences are for
    `one_of` and `each_of`.
    """

    def __init__(self, statement: Executable) -> None:
        self._statement = statement
        self._texts: dict[str, Text] = {}

    def rows(self, session: Session | Connection, values: Values) -> list[tuple[Any, ...]]:
        """Run it; what it returns, as plain tuples."""
        with self._cursor(session) as (cursor, text):
            cursor.execute(text.sql, text.given(values))
            return list(cursor.fetchall())

    def run(self, session: Session | Connection, values: Values) -> int:
        """Run it; how many rows it changed."""
        with self._cursor(session) as (cursor, text):
            cursor.execute(text.sql, text.given(values))
            changed: int = cursor.rowcount
            return changed

    def run_many(self, session: Session | Connection, rows: Iterable[Values]) -> None:
        """Run it for each row; nothing if there is none."""
        if several := list(rows):
            with self._cursor(session) as (cursor, text):
                cursor.executemany(text.sql, list(map(text.given, several)))

    def text(self, dialect: Dialect) -> Text:
        """As that kind of database takes it."""
        known = self._texts.get(dialect.name)
        if known is None:
            compiled: Any = self._statement.compile(dialect=dialect)  # type: ignore[attr-defined]
            known = self._texts[dialect.name] = Text(str(compiled), _taker(compiled))
        return known

    @contextmanager
    def _cursor(self, session: Session | Connection) -> Iterator[tuple[DBAPICursor, Text]]:
        """The driver's own cursor, inside the session's transaction; its errors become SQLAlchemy's."""
        connection = session if isinstance(session, Connection) else session.connection()
        text = self.text(connection.dialect)
        cursor = connection.connection.cursor()
        errors = connection.dialect.loaded_dbapi.Error
        try:
            yield cursor, text
        except errors as error:
            raise DBAPIError.instance(text.sql, None, error, errors, hide_parameters=True) from error
        finally:
            cursor.close()


def _taker(compiled: Any) -> Callable[[Values], Any]:  # noqa: ANN401 (each dialect has its own compiler)
    """From values by name to the parameters of a compiled statement."""
    fixed = {name: one.value for name, one in compiled.binds.items() if not one.required}
    order = compiled.positiontup
    lists = [name for name, one in compiled.binds.items() if isinstance(one.type, ARRAY)]
    if order is None:
        return lambda values: {**fixed, **values, **{name: list(values[name]) for name in lists}}
    if not fixed and not lists and len(order) > 1:
        return itemgetter(*order)

    def taken(values: Values) -> tuple[Any, ...]:
        every = {**fixed, **values}
        for name in lists:
            every[name] = _json(every[name])
        return tuple([every[name] for name in order])

    return taken


def _json(values: Sequence[Any]) -> str:
    return _json_of(values) if isinstance(values, tuple) else json.dumps(values)


_json_of = lru_cache(1000)(json.dumps)
"""Tuples are few and come again and again: the recipients of a type of knowledge."""


class one_of(ColumnElement[bool]):  # noqa: N801 (reads as a function, as SQLAlchemy's do)
    """``column IN (…)`` with one parameter, a list, so that the text stays the same for any length."""

    inherit_cache = False

    def __init__(self, column: ColumnElement[Any], name: str) -> None:
        self.column = column
        self.values: BindParameter[Any] = bindparam(name, type_=ARRAY(column.type))


@compiles(one_of, "sqlite")
def _one_of_sqlite(element: one_of, compiler: SQLCompiler, **options: Any) -> str:  # noqa: ANN401
    column, values = compiler.process(element.column, **options), compiler.process(element.values, **options)
    return f"{column} IN (SELECT value FROM json_each({values}))"  # noqa: S608 (made of names and markers only)


@compiles(one_of, "postgresql")
def _one_of_postgresql(element: one_of, compiler: SQLCompiler, **options: Any) -> str:  # noqa: ANN401
    column, values = compiler.process(element.column, **options), compiler.process(element.values, **options)
    return f"{column} = ANY ({values})"


class each_of(FunctionElement[Any]):  # noqa: N801 (reads as a function)
    """A row with a column `value` for each of a parameter's values: use its `table_valued("value")`."""

    inherit_cache = False

    def __init__(self, name: str, kind: TypeEngine[Any]) -> None:
        super().__init__(bindparam(name, type_=ARRAY(kind)))


@compiles(each_of, "sqlite")
def _each_of_sqlite(element: each_of, compiler: SQLCompiler, **options: Any) -> str:  # noqa: ANN401
    return f"json_each({compiler.process(element.clauses, **options)})"


@compiles(each_of, "postgresql")
def _each_of_postgresql(element: each_of, compiler: SQLCompiler, **options: Any) -> str:  # noqa: ANN401
    # As it stands unnest() would name its column after its alias
    values = compiler.process(element.clauses, **options)
    return f"(SELECT value FROM unnest({values}) AS value)"  # noqa: S608 (made of markers only)


def moment(session: Session | Connection, value: datetime) -> object:
    """A moment as the driver takes it."""
    return moments(session)(value)


def moments(session: Session | Connection) -> Callable[[datetime], object]:
    """What makes of a moment what the driver takes."""
    bind = session if isinstance(session, Connection) else session.get_bind()
    return _utc_text if bind.dialect.name == "sqlite" else _as_it_is


def _utc_text(value: datetime) -> str:
    return value.astimezone(UTC).isoformat(" ", "microseconds")[: -len("+00:00")]


def _as_it_is(value: datetime) -> datetime:
    return value


def read_moment(value: str | datetime) -> datetime:
    """A moment as the driver gave it."""
    if isinstance(value, str):
        return datetime.fromisoformat(f"{value}+00:00")
    return value.astimezone(UTC)
