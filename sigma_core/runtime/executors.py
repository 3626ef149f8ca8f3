"""The processes that execute runs, known by their heartbeat."""

import os
import secrets
import socket
from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import delete
from sqlmodel import col, select

from sigma_core.database import Database
from sigma_core.runtime.tables import Executor

FORGOTTEN_AFTER = timedelta(days=1)


def executor_name() -> str:
    """A name no other process has, not even one that gets this process's number later."""
    return f"{socket.gethostname()}/{os.getpid()}/{secrets.token_hex(3)}"


class Executors:
    """Who is there. A row whose `seen_at` is old belongs to a process that died or hangs."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def seen(self, name: str, kind: str) -> None:
        """Record a sign of life of this process; `kind` is scheduler or command."""
        with self._database.transaction() as session:
            now = self._database.now(session)
            row = session.get(Executor, name) or Executor(
                name=name, kind=kind, host=socket.gethostname(), pid=os.getpid(), started_at=now, seen_at=now
            )
            row.seen_at = now
            session.add(row)
            session.execute(delete(Executor).where(col(Executor.seen_at) < now - FORGOTTEN_AFTER))

    def retire(self, name: str) -> None:
        """Note that it stopped in good order."""
        with self._database.transaction() as session:
            session.execute(delete(Executor).where(col(Executor.name) == name))

    def alive(self, within_s: float, kind: str | None = None) -> Sequence[Executor]:
        """Those that gave a sign of life within so many seconds."""
        with self._database.reading() as session:
            since = self._database.now(session) - timedelta(seconds=within_s)
            query = select(Executor).where(col(Executor.seen_at) >= since)
            return session.exec(query if kind is None else query.where(Executor.kind == kind)).all()
