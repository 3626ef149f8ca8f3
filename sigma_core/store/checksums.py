"""What tables hold, as figures that are the same on every database."""

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import BaseModel
from sqlalchemy import Connection, Table, select

from sigma_core.canonical import digest_of
from sigma_core.runtime.all_tables import metadata

BATCH = 1000
_SIZE = 1 << 256


class TableSum(BaseModel):
    """How many rows a table has, and the sum of their digests: the order of rows does not count."""

    rows: int
    checksum: str


def sums(connection: Connection) -> dict[str, TableSum]:
    """The checksum of every table."""
    return {table.name: table_sum(connection, table) for table in metadata.sorted_tables}


def table_sum(connection: Connection, table: Table) -> TableSum:
    """The checksum of one table."""
    read = connection.execute(select(table).execution_options(yield_per=BATCH))
    return sum_of(row for row in read.mappings())


def sum_of(rows: Iterable[Mapping[Any, Any]]) -> TableSum:
    """The checksum of these rows, in any order."""
    count = total = 0
    for row in rows:
        count += 1
        total += int(digest_of({str(name): value for name, value in row.items()}), 16)
    return TableSum(rows=count, checksum=f"{total % _SIZE:064x}")
