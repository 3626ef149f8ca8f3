"""Putting usage rows into the store."""

import json
from collections.abc import Collection, Iterator, Mapping
from datetime import date
from functools import lru_cache
from typing import Any

from sqlalchemy import bindparam, insert
from sqlmodel import Session, col, select

from sigma_core.llm.tables import PromptUsage, usage
from sigma_core.prepared import Prepared, moments

_json = json.JSONEncoder(check_circular=False).encode
iso_day = lru_cache(100)(date.isoformat)
"""A day as text: both drivers take that. There are few at a time."""
_INSERT = Prepared(
    insert(usage).inline().values({column.name: bindparam(column.name) for column in usage.c if column.name != "id"})
)


def put(session: Session, rows: Collection[PromptUsage]) -> None:
    """Insert rows in the caller's transaction. Their calls must not be stored yet."""
    _INSERT.run_many(session, _values(session, rows))


def stored(session: Session, call_ids: Collection[str]) -> set[str]:
    """Those of the calls whose row is stored."""
    return set(session.exec(select(PromptUsage.call_id).where(col(PromptUsage.call_id).in_(call_ids))))


def _values(session: Session, rows: Collection[PromptUsage]) -> Iterator[Mapping[str, Any]]:
    at = moments(session)
    for row in rows:
        values = vars(row)
        yield {
            **values, "context": _json(values["context"]), "day": iso_day(values["day"]),
            "created_at": at(values["created_at"]),
        }  # fmt: skip
