"""Writes usage rows, to a spool in the home while the store is away. Recording never fails a call."""

import fcntl
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import select

from sigma_core.database import Database
from sigma_core.errors import Unavailable
from sigma_core.llm.tables import PromptUsage

logger = logging.getLogger(__name__)


class UsageRecorder:
    """Records calls in `database`, or in the file `spool` (JSON lines) until the database is back."""

    def __init__(self, database: Database, spool: Path) -> None:
        self._database = database
        self._spool = spool

    def record(self, row: PromptUsage) -> None:
        """Store `row`, after what was spooled before it. Never raises for a store or disk that is away."""
        try:
            self.flush()
            with self._database.transaction() as session:
                session.add(row)
        except (Unavailable, SQLAlchemyError, OSError) as error:
            logger.warning("usage row spooled, the store cannot be written: %s", error)
            self._keep(row)

    def flush(self) -> int:
        """Store what was spooled and return how many rows that were.

        A row that is already stored is left out, so a crash between storing and emptying the spool is harmless.
        Raises `Unavailable` or `SQLAlchemyError` when the store is still away; the spool stays as it is.
        """
        if not self._spool.exists() or not self._spool.stat().st_size:
            return 0
        with self._locked() as file:
            rows = {row.call_id: row for row in _rows(file)}
            with self._database.transaction() as session:
                known = select(PromptUsage.call_id).where(PromptUsage.call_id.in_(rows))  # type: ignore[attr-defined]
                stored = set(session.exec(known))
                session.add_all(row for call_id, row in rows.items() if call_id not in stored)
            file.truncate(0)
        return len(rows) - len(stored)

    def _keep(self, row: PromptUsage) -> None:
        line = row.model_dump_json(exclude={"id"})
        try:
            with self._locked() as file:
                # begins its own line, should another process have died in the middle of one
                file.write(f"\n{line}\n")
        except OSError:
            logger.exception("usage row lost, neither store nor spool can be written: %s", line)

    @contextmanager
    def _locked(self) -> Iterator[IO[str]]:
        """The spool, held against other processes; written at its end."""
        self._spool.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with self._spool.open("a+", encoding="utf-8") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield file


def _rows(file: IO[str]) -> Iterator[PromptUsage]:
    file.seek(0)
    for line in filter(str.strip, file):
        try:
            yield PromptUsage.model_validate(json.loads(line))
        except ValueError:
            # a process that died while writing leaves half a line
            logger.warning("unreadable usage row left out of the store: %s", line.strip())
