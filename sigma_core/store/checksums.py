"""What tables hold, as figures that are the same on every database."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from pydantic import BaseModel
from sqlalchemy import Connection, Table, select

from sigma_core.runtime.all_tables import metadata

BATCH = 1000
_SIZE = 1 << 256


class TableSum(BaseModel):
    """How many rows a table has, and the sum of their digests: the order of rows does not count."""

    rows: int
    checksum: str


def sums(connection: Connection) -> dict[str, TableSum]:
    """Of every table."""
    return {table.name: table_sum(connection, table) for table in metadata.sorted_tables}


def table_sum(connection: Connection, table: Table) -> TableSum:
    """Of one table."""
    read = connection.execute(select(table).execution_options(yield_per=BATCH))
    return sum_of(row for row in read.mappings())


def sum_of(rows: Iterable[Mapping[Any, Any]]) -> TableSum:
    """Of these rows."""
    count = total = 0
    for row in rows:
        count += 1
        total += int.from_bytes(_digest(row))
    return TableSum(rows=count, checksum=f"{total % _SIZE:064x}")


def _digest(row: Mapping[Any, Any]) -> bytes:
    text = json.dumps({str(name): _plain(value) for name, value in row.items()}, sort_keys=True)
    return hashlib.sha256(text.encode()).digest()


def _plain(value: Any) -> Any:  # noqa: ANN401 (whatever a column holds)
    """The same for the same value: databases keep moments, bytes and whole numbers in ways of their own."""
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, Mapping):
        return {str(name): _plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return value
