"""Every migration goes up and down on a database in which every table has rows, on both databases."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from fakes.migrating import alembic_config

from sigma_core.database import Database

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
MADE_ANEW = {"recall_document", "recall_word", "recall_entity", "recall_mention", "embedded_text", "text_vector"}
"""What can be recalled is written again from what it speaks of."""


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    sqlite = f"sqlite:///{tmp_path / 'sigma.db'}"
    database = Database(sqlite if request.param == "sqlite" else request.getfixturevalue("postgresql_url"))
    yield database
    database.dispose()


@pytest.fixture
def alembic(database: Database) -> Config:
    return alembic_config(database)


def rows(database: Database) -> dict[str, int]:
    with database.engine.connect() as connection:
        tables = [name for name in sa.inspect(connection).get_table_names() if name != "alembic_version"]
        counted = sa.union_all(
            *(sa.select(sa.literal(name), sa.func.count()).select_from(sa.table(name)) for name in tables)
        )
        return {str(each[0]): int(each[1]) for each in connection.execute(counted)} if tables else {}


def fill(database: Database, empty: Sequence[str]) -> None:
    """Two rows into each of these tables, after those they refer to."""
    metadata = sa.MetaData()
    metadata.reflect(database.engine, only=empty)
    with database.engine.begin() as connection:
        for table in metadata.sorted_tables:
            if table.name in empty:
                connection.execute(table.insert(), [{c.name: value(c, n) for c in table.columns} for n in (1, 2)])


def value(column: Any, number: int) -> object:
    """Something the column takes; what it refers to is there."""
    for key in column.foreign_keys:
        return value(key.column, number)
    kind = column.type
    if column.name in {"prompt", "slot"}:
        return f"dream/error_fix{number}"
    if isinstance(kind, sa.BigInteger):
        return number if column.primary_key else 5_000_000_000
    if isinstance(kind, sa.Boolean):
        return False
    if isinstance(kind, sa.Integer):
        return number
    if isinstance(kind, sa.Float | sa.Numeric):
        return 0.5
    if isinstance(kind, sa.DateTime):
        return NOON if kind.timezone else NOON.replace(tzinfo=None)
    if isinstance(kind, sa.Date):
        return date(2026, 5, number)
    if isinstance(kind, sa.JSON):
        return {}
    if isinstance(kind, sa.LargeBinary):
        return b"\0" * 8
    return f"{number}{column.name}"[: getattr(kind, "length", None) or 40]


def test_each_step_up_and_down_keeps_the_rows_of_every_table_that_stays(database: Database, alembic: Config) -> None:
    revisions = [each.revision for each in ScriptDirectory.from_config(alembic).walk_revisions("base", "heads")]
    before: dict[str, int] = {}
    for upwards in reversed(revisions):
        command.upgrade(alembic, upwards)
        after = rows(database)
        assert kept(before, after) == {}, upwards
        fill(database, [name for name, count in after.items() if not count])
        before = {name: count or 2 for name, count in after.items()}
    for downwards in [*revisions[1:], "base"]:
        command.downgrade(alembic, downwards)
        after = rows(database)
        assert kept(before, after) == {}, downwards
        before = after
    command.upgrade(alembic, "head")


def kept(before: dict[str, int], after: dict[str, int]) -> dict[str, tuple[int, int]]:
    """Tables that stayed and lost rows."""
    return {
        name: (count, after[name])
        for name, count in before.items()
        if name in after and name not in MADE_ANEW and after[name] < count
    }
