"""Writes usage rows, to a spool in the home while the store is away. Recording never fails a call."""

import json
import logging
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy import bindparam, insert
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session, col, select

from sigma_core.database import Database
from sigma_core.errors import Unavailable
from sigma_core.llm import rollups
from sigma_core.llm.rollups import iso_day
from sigma_core.llm.spool import Spool
from sigma_core.llm.tables import ModelCallText, PromptUsage, usage
from sigma_core.prepared import Prepared, moments

logger = logging.getLogger(__name__)
_json = json.JSONEncoder(check_circular=False).encode
_INSERT = Prepared(
    insert(usage).inline().values({column.name: bindparam(column.name) for column in usage.c if column.name != "id"})
)


class BudgetSettlement(Protocol):
    """What is owed when a call is recorded, in the same transaction."""

    def settle(self, session: Session, rows: Sequence[PromptUsage]) -> None: ...


class UsageRecorder:
    """Records calls in `database`, or in the file `spool` (JSON lines) until the database is back.

    A row, its part of the rollups and of the budgets commit together.
    """

    def __init__(self, database: Database, spool: Path, *, budgets: BudgetSettlement | None = None) -> None:
        self._database = database
        self._spool = Spool(spool)
        self._budgets = budgets

    def record(self, *calls: PromptUsage, text: ModelCallText | None = None) -> None:
        """Store `calls`, after what was spooled before them. Never raises for a store or disk that is away.

        `text`, what was asked and answered, is lost where the store is away.
        """
        try:
            self.flush()
            with self._database.transaction() as session:
                self._store(session, calls)
                if text is not None:
                    session.add(text)
        except (Unavailable, SQLAlchemyError, OSError) as error:
            logger.warning("usage spooled, the store cannot be written: %s", error)
            self._spool.keep(calls)

    def flush(self) -> int:
        """Store what was spooled and return how many rows that were.

        A row that is already stored is left out, so a crash between storing and emptying the spool is harmless.
        Raises `Unavailable` or `SQLAlchemyError` when the store is still away; the spool stays as it is.
        """
        if self._spool.empty:
            return 0
        with self._spool.held() as spooled:
            with self._database.transaction() as session:
                known = _stored(session, spooled.keys())
                fresh = [row for call_id, row in spooled.items() if call_id not in known]
                self._store(session, fresh)
            self._spool.clear()
        return len(fresh)

    def _store(self, session: Session, calls: Sequence[PromptUsage]) -> None:
        _put(session, calls)
        rollups.add(session, self._database, rollups.added_up(calls))
        if self._budgets is not None:
            self._budgets.settle(session, calls)


def _put(session: Session, rows: Collection[PromptUsage]) -> None:
    """Insert rows in the caller's transaction. Their calls must not be stored yet."""
    _INSERT.run_many(session, _values(session, rows))


def _stored(session: Session, call_ids: Collection[str]) -> set[str]:
    """Those of the calls whose row is stored."""
    return set(session.exec(select(PromptUsage.call_id).where(col(PromptUsage.call_id).in_(call_ids))))


def _values(session: Session, rows: Collection[PromptUsage]) -> Iterator[Mapping[str, Any]]:
    at = moments(session)
    for row in rows:
        values = vars(row)
        yield {
            **values,
            "context": _json(values["context"]),
            "day": iso_day(values["day"]),
            "created_at": at(values["created_at"]),
        }
