"""What each worker has exchanged, kept in its row."""

from dataclasses import asdict
from datetime import datetime

from sqlalchemy import bindparam, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session

from sigma_core.database import Database
from sigma_core.exchange.statistics import WorkerFigures
from sigma_core.exchange.tables import worker_state

_BLANK = {"snapshot": {}, "published": 0, "received": 0, "acknowledged": 0}

_RECEIVED = (
    update(worker_state)
    .where(worker_state.c.worker == bindparam("name"))
    .values(last_exchange_at=bindparam("moment"), received=worker_state.c.received + bindparam("more"))
    .returning(worker_state.c.worker)
)


def note_received(database: Database, session: Session, worker: str, count: int, now: datetime) -> None:
    """Count a receive."""
    figures = {"name": worker, "moment": now, "more": count}
    if session.execute(_RECEIVED, figures).first() is None:
        _make_row(database, session, worker)
        session.execute(_RECEIVED, figures)


def note_figures(database: Database, session: Session, figures: WorkerFigures) -> None:
    """Keep a worker's figures."""
    snapshot = {name: value for name, value in asdict(figures).items() if name != "last_exchange_at"}
    _make_row(database, session, figures.worker)
    session.execute(
        update(worker_state)
        .where(worker_state.c.worker == figures.worker)
        .values(snapshot=snapshot, published=figures.published, acknowledged=figures.acknowledged)
    )


def _make_row(database: Database, session: Session, worker: str) -> None:
    """See that there is a row; somebody else may be doing the same."""
    insert = sqlite.insert if database.is_sqlite else postgresql.insert
    session.execute(insert(worker_state).values({"worker": worker} | _BLANK).on_conflict_do_nothing())
