"""Statements for the few places where SQLAlchemy's work for a row would cost several times the database's."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, NamedTuple

from sqlalchemy import ARRAY, BindParameter, ColumnElement, Dialect, Executable, bindparam
from sqlalchemy.engine.interfaces import DBAPICursor
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlmodel import Session

Values = Mapping[str, Any]


class Text(NamedTuple):
    """A statement as one kind of database takes it."""

    sql: str
    names: Sequence[str] | None
    """Of its parameters in their order; None where the driver takes them by name."""
    fixed: Values
    """Parameters that the statement itself gives."""

    def given(self, values: Values) -> Any:  # noqa: ANN401 (as the driver takes them)
        """The parameters for one execution."""
        every = {**self.fixed, **values} if self.fixed else values
        if self.names is None:
            return dict(every)
        return tuple([json.dumps(value) if type(value := every[name]) is list else value for name in self.names])


class Prepared:
    """A statement compiled once for each kind of database, then run with values as its driver takes them.

    Values and results are plain: moments go through `moment` and `read_moment`, JSON is text, lists are for `one_of`.
    """

    def __init__(self, statement: Executable) -> None:
        self._statement = statement
        self._texts: dict[str, Text] = {}

    def rows(self, session: Session, values: Values) -> list[tuple[Any, ...]]:
        """Run it; what it returns, as plain tuples."""
        with self._cursor(session) as (cursor, text):
            cursor.execute(text.sql, text.given(values))
            return list(cursor.fetchall())

    def run(self, session: Session, values: Values) -> int:
        """Run it; how many rows it changed."""
        with self._cursor(session) as (cursor, text):
            cursor.execute(text.sql, text.given(values))
            changed: int = cursor.rowcount
            return changed

    def run_many(self, session: Session, rows: Iterable[Values]) -> None:
        """Run it for each row; nothing if there is none."""
        with self._cursor(session) as (cursor, text):
            given = [text.given(row) for row in rows]
            if given:
                cursor.executemany(text.sql, given)

    def text(self, dialect: Dialect) -> Text:
        """As that kind of database takes it."""
        known = self._texts.get(dialect.name)
        if known is None:
            compiled: Any = self._statement.compile(dialect=dialect)  # type: ignore[attr-defined]
            fixed = {name: one.value for name, one in compiled.binds.items() if not one.required}
            known = self._texts[dialect.name] = Text(str(compiled), compiled.positiontup, fixed)
        return known

    @contextmanager
    def _cursor(self, session: Session) -> Iterator[tuple[DBAPICursor, Text]]:
        """The driver's own cursor, inside the session's transaction; its errors become SQLAlchemy's."""
        connection = session.connection()
        text = self.text(connection.dialect)
        cursor = connection.connection.cursor()
        errors = connection.dialect.loaded_dbapi.Error
        try:
            yield cursor, text
        except errors as error:
            raise DBAPIError.instance(text.sql, None, error, errors, hide_parameters=True) from error
        finally:
            cursor.close()


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


def moment(session: Session, value: datetime) -> object:
    """A moment as the driver takes it."""
    if session.get_bind().dialect.name == "sqlite":
        return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
    return value


def read_moment(value: str | datetime) -> datetime:
    """A moment as the driver gave it."""
    if isinstance(value, str):
        return datetime.fromisoformat(f"{value}+00:00")
    return value.astimezone(UTC)
