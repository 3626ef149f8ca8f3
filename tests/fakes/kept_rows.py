"""Rows that are made once in a process and then laid into any database, as old there as they were when made."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import Table, insert, select, text
from sqlmodel import Session

from sigma_core.database import Database
from sigma_core.runtime.all_tables import metadata


@dataclass(frozen=True)
class KeptRows:
    """What stood in the tables after the making at this moment."""

    moment: datetime
    tables: list[tuple[Table, list[dict[str, Any]]]]

    @classmethod
    def made(cls, moment: datetime, make: Callable[[Session, datetime], None]) -> "KeptRows":
        """Have them made in a database of their own."""
        with TemporaryDirectory() as folder:
            database = Database(f"sqlite:///{Path(folder) / 'rows.db'}")
            metadata.create_all(database.engine)
            with database.transaction() as session:
                make(session, moment)
            with database.reading() as session:
                found = [(each, session.execute(select(each)).mappings().all()) for each in metadata.sorted_tables]
            database.dispose()
        return cls(moment, [(table, [dict(row) for row in rows]) for table, rows in found if rows])

    def lay(self, session: Session, moment: datetime) -> None:
        """Into this database, as if made at this moment. The day of a row is that of its creation."""
        later = moment - self.moment
        for table, rows in self.tables:
            session.execute(insert(table), [_moved(row, later) for row in rows])
            if session.get_bind().dialect.name == "postgresql" and "id" in table.c:
                numbers = f"SELECT setval(pg_get_serial_sequence('{table.name}', 'id'), max(id)) FROM \"{table.name}\""
                session.execute(text(numbers))


def _moved(row: dict[str, Any], later: timedelta) -> dict[str, Any]:
    moved = {name: value + later if isinstance(value, datetime) else value for name, value in row.items()}
    return {**moved, "day": moved["created_at"].date()} if "day" in row else moved
