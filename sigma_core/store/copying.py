"""From one database to another: all rows of one moment, or none."""

from collections.abc import Callable

from sqlalchemy import Connection, Integer, Table, func, insert, select, text

from sigma_core import schema
from sigma_core.database import Database
from sigma_core.errors import Conflict, Unavailable
from sigma_core.formatting import count
from sigma_core.runtime.all_tables import metadata
from sigma_core.store.checksums import BATCH, TableSum, sum_of, table_sum

Tell = Callable[[str], None]
FILLED_BY_MIGRATIONS = frozenset({"change_counter", "graph_updates"})
"""Tables that hold a row or two before anybody has used the database."""


def copy(source: Database, target: Database, tell: Tell = lambda _: None) -> dict[str, TableSum]:
    """All rows of `source`, as they are at one moment, into a database that nobody has used; its tables' sums.

    Commits only when every table's checksum is that of the source. Raises `Conflict` where the target is in use,
    `Unavailable` where something arrived otherwise.
    """
    tell("making the tables")
    schema.migrate(target)
    with snapshot(source) as read, target.engine.begin() as write:
        if used := [table.name for table in metadata.sorted_tables if _is_used(write, table)]:
            raise Conflict(f"The database holds something already ({', '.join(used[:3])}…); give one that is empty.")
        done = {table.name: _copied(read, write, table, tell) for table in metadata.sorted_tables}
        if not target.is_sqlite:
            for table in metadata.sorted_tables:
                _number_on(write, table)
    return done


def snapshot(database: Database) -> Connection:
    """A connection that sees one moment of the database, whatever is written meanwhile."""
    if database.is_sqlite:
        return database.engine.execution_options(sigma_readonly=True).connect()
    return database.engine.execution_options(isolation_level="REPEATABLE READ").connect()


def _is_used(connection: Connection, table: Table) -> bool:
    if table.name in FILLED_BY_MIGRATIONS:
        return False
    return connection.execute(select(1).select_from(table).limit(1)).first() is not None


def _copied(read: Connection, write: Connection, table: Table, tell: Tell) -> TableSum:
    tell(f"copying {table.name}")
    if table.name in FILLED_BY_MIGRATIONS:
        write.execute(table.delete())
    sums: list[TableSum] = []
    rows = read.execute(select(table).execution_options(yield_per=BATCH)).mappings()
    for part in rows.partitions(BATCH):
        write.execute(insert(table), [dict(row) for row in part])
        sums.append(sum_of(part))
        if len(sums) % 20 == 0:
            tell(f"copying {table.name}: {count(sum(each.rows for each in sums))} rows")
    here = TableSum(
        rows=sum(each.rows for each in sums),
        checksum=f"{sum(int(each.checksum, 16) for each in sums) % (1 << 256):064x}",
    )
    if table_sum(write, table) != here:
        raise Unavailable(f"What arrived in {table.name} is not what was sent; nothing was kept.")
    return here


def _number_on(connection: Connection, table: Table) -> None:
    """Let PostgreSQL give new rows numbers after those that were copied."""
    key = table.primary_key.columns.values()[0]
    if len(table.primary_key.columns) != 1 or not isinstance(key.type, Integer):
        return
    named = {"table": table.name, "column": key.name}
    sequence = connection.execute(text("SELECT pg_get_serial_sequence(:table, :column)"), named).scalar()
    if sequence is not None:
        newest = connection.execute(select(func.max(key))).scalar()
        after = {"sequence": sequence, "value": newest or 1, "used": newest is not None}
        connection.execute(text("SELECT setval(CAST(:sequence AS regclass), :value, :used)"), after)
