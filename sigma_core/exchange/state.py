"""What each worker has exchanged, kept in its row."""

from dataclasses import asdict
from datetime import datetime

from sqlalchemy import Connection, bindparam, update
from sqlmodel import Session

from sigma_core.database import upsert
from sigma_core.exchange.statistics import WorkerFigures
from sigma_core.exchange.tables import worker_state
from sigma_core.prepared import Prepared, moment

_BLANK = {"snapshot": {}, "published": 0, "received": 0, "acknowledged": 0}

_RECEIVED = Prepared(
    update(worker_state)
    .where(worker_state.c.worker == bindparam("name"))
    .values(last_exchange_at=bindparam("moment"), received=worker_state.c.received + bindparam("more"))
)


def note_received(session: Session | Connection, worker: str, count: int, now: datetime) -> None:
    """Count a receive."""
    figures = {"name": worker, "moment": moment(session, now), "more": count}
    if not _RECEIVED.run(session, figures):
        _make_row(session, worker)
        _RECEIVED.run(session, figures)


def note_figures(session: Session, figures: WorkerFigures) -> None:
    """Keep a worker's figures."""
    snapshot = {name: value for name, value in asdict(figures).items() if name != "last_exchange_at"}
    _make_row(session, figures.worker)
    session.execute(
        update(worker_state)
        .where(worker_state.c.worker == figures.worker)
        .values(snapshot=snapshot, published=figures.published, acknowledged=figures.acknowledged)
    )


def _make_row(session: Session | Connection, worker: str) -> None:
    """See that there is a row; somebody else may be doing the same."""
    row = {"worker": worker} | _BLANK
    session.execute(upsert(session, worker_state, ("worker",), values={"worker": worker}), row)
