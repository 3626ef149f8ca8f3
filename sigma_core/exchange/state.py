"""What each worker has exchanged, kept in its row."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session

from sigma_core.database import Database
from sigma_core.exchange.statistics import WorkerFigures
from sigma_core.exchange.tables import worker_state

_BLANK = {"snapshot": {}, "published": 0, "received": 0, "acknowledged": 0}


def note_received(database: Database, session: Session, worker: str, count: int, now: datetime) -> None:
    """Count a receive."""
    first = {"worker": worker, "last_exchange_at": now, "received": count}
    later = {"last_exchange_at": now, "received": worker_state.c.received + count}
    _upsert(database, session, first, later)


def note_figures(database: Database, session: Session, figures: WorkerFigures) -> None:
    """Keep a worker's figures."""
    snapshot = {name: value for name, value in asdict(figures).items() if name != "last_exchange_at"}
    values = {"snapshot": snapshot, "published": figures.published, "acknowledged": figures.acknowledged}
    _upsert(database, session, {"worker": figures.worker} | values, values)


def _upsert(database: Database, session: Session, first: dict[str, Any], later: dict[str, Any]) -> None:
    insert = sqlite.insert if database.is_sqlite else postgresql.insert
    statement = insert(worker_state).values(_BLANK | first)
    session.execute(statement.on_conflict_do_update(index_elements=["worker"], set_=later))
