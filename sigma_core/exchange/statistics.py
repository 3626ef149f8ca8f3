"""Figures of the exchange for each worker: measured, and kept in the worker's row."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import Connection, Row, bindparam, false, func, literal_column, select, update
from sqlmodel import Session

from sigma_core.database import upsert
from sigma_core.exchange.freshness import freshness_sql
from sigma_core.exchange.message import RANKS, DeliveryState
from sigma_core.exchange.registry import Registry
from sigma_core.exchange.tables import WorkerKnowledgeState, delivery, hold, knowledge, validation, worker_state
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


@dataclass(frozen=True)
class WorkerFigures:
    """One worker's exchange. None: nothing there to measure."""

    worker: str
    published: int
    """Items of which it is the source."""
    refused: int
    """Payloads it handed in that were not accepted."""
    validation_rate: float | None
    """Accepted of all it handed in, 0–1."""
    received: int
    """Deliveries to it, repeated ones counted each time."""
    acknowledged: int
    ready: int
    leased: int
    waiting: int
    dead: int
    lag_s: float | None
    """Age of the oldest message it has not finished, seconds."""
    last_exchange_at: datetime | None
    mean_freshness: float | None = None
    """Of the living items addressed to it, 0–1."""


def figures(session: Session, worker: str, now: datetime) -> WorkerFigures:
    """Measure one worker (or outside source) at `now`: what waits is counted, what is done was counted when done."""
    published = session.execute(select(func.count()).where(knowledge.c.source == worker)).scalar_one()
    refused = session.execute(
        select(func.count()).where(
            validation.c.source == worker, validation.c.valid == false(), validation.c.verdict.is_(None)
        )
    ).scalar_one()
    kept = session.get(WorkerKnowledgeState, worker)
    in_hand = _in_hand(session, worker)
    return WorkerFigures(
        worker=worker,
        published=published,
        refused=refused,
        validation_rate=published / (published + refused) if published + refused else None,
        received=kept.received if kept else 0,
        acknowledged=kept.acknowledged if kept else 0,
        ready=_count(session, worker, DeliveryState.READY),
        leased=sum(row.state == DeliveryState.LEASED for row in in_hand),
        waiting=sum(row.state == DeliveryState.WAITING for row in in_hand),
        dead=_count(session, worker, DeliveryState.DEAD),
        lag_s=_lag_s([*_heads(session, worker), *(row.created_at for row in in_hand)], now),
        last_exchange_at=kept.last_exchange_at if kept else None,
    )


def mean_freshness(session: Session, worker: str, registry: Registry, now: datetime) -> float | None:
    """Of the living items addressed to a worker, 0–1. Looks at each of them: for whoever asks, not for every cycle."""
    fresh = freshness_sql(knowledge.c.refreshed_at, knowledge.c.type, now, registry)
    value = session.execute(
        select(func.avg(fresh))
        .join(delivery, delivery.c.knowledge_id == knowledge.c.id)
        .where(delivery.c.recipient == worker, knowledge.c.archived_at.is_(None))
    ).scalar()
    return None if value is None else float(value)


def _count(session: Session, worker: str, state: DeliveryState) -> int:
    # The state is part of the statement's text, so that the partial index of that state serves
    of_state = delivery.c.state == literal_column(f"'{state}'")
    count: int = session.execute(select(func.count()).where(delivery.c.recipient == worker, of_state)).scalar_one()
    return count


def _in_hand(session: Session, worker: str) -> Sequence[Row[str, datetime]]:
    """State and age of what is leased or put off."""
    holds = session.execute(select(hold.c.token, hold.c.deliveries).where(hold.c.recipient == worker))
    return [
        row
        for token, ids in holds
        for row in session.execute(
            select(delivery.c.state, delivery.c.created_at).where(delivery.c.id.in_(ids), delivery.c.receipt == token)
        )
    ]


def _heads(session: Session, worker: str) -> Iterator[datetime]:
    """When the first in line came, urgent and not."""
    ready = delivery.c.state == literal_column(f"'{DeliveryState.READY}'")
    for rank in sorted(set(RANKS.values())):
        first = select(delivery.c.created_at).where(delivery.c.recipient == worker, ready, delivery.c.rank == rank)
        yield from session.execute(first.order_by(delivery.c.id).limit(1)).scalars()


def _lag_s(since: Sequence[datetime], now: datetime) -> float | None:
    return max(0.0, (now - min(since)).total_seconds()) if since else None


def count_exchange(
    connection: Connection, worker: str, now: datetime, *, received: int = 0, acknowledged: int = 0
) -> None:
    """Count a receive or an acknowledgement."""
    figures = {"name": worker, "moment": moment(connection, now), "taken": received, "done": acknowledged}
    if not _COUNT.run(connection, figures):
        _make_row(connection, worker)
        _COUNT.run(connection, figures)


def keep_figures(session: Session, figures: WorkerFigures) -> None:
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
