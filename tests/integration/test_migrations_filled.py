"""Every migration goes up and down on a database in which every table has rows, on both databases."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

from sigma_core.database import Database
from sigma_core.schema import MIGRATIONS

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
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["engine"] = database.engine
    return config


def reflected(database: Database) -> dict[str, sa.Table]:
    metadata = sa.MetaData()
    metadata.reflect(database.engine)
    return {table.name: table for table in metadata.sorted_tables if table.name != "alembic_version"}


def rows(database: Database) -> dict[str, int]:
    tables = reflected(database)
    with database.engine.connect() as connection:
        counts = {name: sa.select(sa.func.count()).select_from(table) for name, table in tables.items()}
        return {name: connection.execute(count).scalar_one() for name, count in counts.items()}


def fill(database: Database) -> None:
    """Two rows into every table that has none."""
    tables = reflected(database).values()
    with database.engine.begin() as connection:
        for table in tables:
            if connection.execute(sa.select(table).limit(1)).first() is None:
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
    for upwards in reversed(revisions):
        before = rows(database)
        command.upgrade(alembic, upwards)
        assert kept(before, rows(database)) == {}, upwards
        fill(database)
    for downwards in [*revisions[1:], "base"]:
        before = rows(database)
        command.downgrade(alembic, downwards)
        assert kept(before, rows(database)) == {}, downwards
    command.upgrade(alembic, "head")


def kept(before: dict[str, int], after: dict[str, int]) -> dict[str, tuple[int, int]]:
    """Tables that stayed and lost rows."""
    return {
        name: (count, after[name])
        for name, count in before.items()
        if name in after and name not in MADE_ANEW and after[name] < count
    }
