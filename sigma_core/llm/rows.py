"""Putting usage rows into the store."""

import json
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from sqlalchemy import bindparam, insert
from sqlmodel import Session, col, select

from sigma_core.llm.tables import PromptUsage, usage
from sigma_core.prepared import Prepared, moment

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
    for row in rows:
        yield {
            **vars(row),
            "context": json.dumps(row.context),
            "day": row.day.isoformat(),
            "created_at": moment(session, row.created_at),
        }
