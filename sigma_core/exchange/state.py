"""What each worker has exchanged, kept in its row."""

from dataclasses import asdict
from datetime import datetime

from sqlalchemy import Connection, bindparam, update
from sqlmodel import Session

from sigma_core.database import upsert
from sigma_core.exchange.statistics import WorkerFigures
from sigma_core.exchange.tables import worker_state
from sigma_core.prepared import Prepared, moment

_NOT_KEPT = {"last_exchange_at", "mean_freshness"}
_BLANK = {"snapshot": {}, "published": 0, "received": 0, "acknowledged": 0}

_COUNT = Prepared(
    update(worker_state)
    .where(worker_state.c.worker == bindparam("name"))
    .values(
        last_exchange_at=bindparam("moment"),
        received=worker_state.c.received + bindparam("taken"),
        acknowledged=worker_state.c.acknowledged + bindparam("done"),
    )
)


def note(connection: Connection, worker: str, now: datetime, *, received: int = 0, acknowledged: int = 0) -> None:
    """Count a receive or an acknowledgement."""
    figures = {"name": worker, "moment": moment(connection, now), "taken": received, "done": acknowledged}
    if not _COUNT.run(connection, figures):
        _make_row(connection, worker)
        _COUNT.run(connection, figures)


def note_figures(session: Session, figures: WorkerFigures) -> None:
    """Keep a worker's figures."""
    snapshot = {name: value for name, value in asdict(figures).items() if name not in _NOT_KEPT}
    _make_row(session, figures.worker)
    session.execute(
        update(worker_state)
        .where(worker_state.c.worker == figures.worker)
        .values(snapshot=snapshot, published=figures.published)
    )


def _make_row(session: Session | Connection, worker: str) -> None:
    """See that there is a row; somebody else may be doing the same."""
    row = {"worker": worker} | _BLANK
    session.execute(upsert(session, worker_state, ("worker",), values={"worker": worker}), row)
