"""Rows as files: CSV for a spreadsheet, JSON for a program. Rows are written as they come, not kept."""

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime


def csv_of(rows: Iterable[Mapping[str, object]], names: Sequence[str]) -> str:
    """The named fields of all rows, below a line with the names."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(names)
    writer.writerows([_cell(row[name]) for name in names] for row in rows)
    return out.getvalue()


def json_of(rows: Iterable[Mapping[str, object]], names: Sequence[str]) -> str:
    """The named fields of all rows as one array, a row a line."""
    lines = (json.dumps({name: row[name] for name in names}, default=str, ensure_ascii=False) for row in rows)
    return "[\n" + ",\n".join(lines) + "\n]\n"


def _cell(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, list | tuple | dict):
        value = json.dumps(value, default=str, ensure_ascii=False)
    # A spreadsheet would take such text for a formula
    return f"'{value}" if isinstance(value, str) and value[:1] in tuple("=+-@\t\r") else value
