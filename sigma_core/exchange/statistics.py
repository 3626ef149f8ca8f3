"""Figures of the exchange, per worker."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlmodel import Session

from sigma_core.exchange.freshness import freshness_sql
from sigma_core.exchange.message import DeliveryState
from sigma_core.exchange.registry import Registry
from sigma_core.exchange.tables import WorkerKnowledgeState, delivery, knowledge, validation

_OPEN = (DeliveryState.READY, DeliveryState.LEASED, DeliveryState.WAITING)


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
    mean_freshness: float | None
    """Of the living items addressed to it, 0–1."""
    last_exchange_at: datetime | None


def figures(session: Session, worker: str, registry: Registry, now: datetime) -> WorkerFigures:
    """Measure one worker (or outside source) at `now`."""
    states = _states(session, worker)
    published = session.execute(select(func.count()).where(knowledge.c.source == worker)).scalar_one()
    refused = session.execute(
        select(func.count()).where(validation.c.source == worker, ~validation.c.valid, validation.c.verdict.is_(None))
    ).scalar_one()
    kept = session.get(WorkerKnowledgeState, worker)
    return WorkerFigures(
        worker=worker,
        published=published,
        refused=refused,
        validation_rate=published / (published + refused) if published + refused else None,
        received=kept.received if kept else 0,
        acknowledged=states.get(DeliveryState.DONE, 0),
        ready=states.get(DeliveryState.READY, 0),
        leased=states.get(DeliveryState.LEASED, 0),
        waiting=states.get(DeliveryState.WAITING, 0),
        dead=states.get(DeliveryState.DEAD, 0),
        lag_s=_lag_s(session, worker, now),
        mean_freshness=_mean_freshness(session, worker, registry, now),
        last_exchange_at=kept.last_exchange_at if kept else None,
    )


def _states(session: Session, worker: str) -> dict[str, int]:
    rows = session.execute(
        select(delivery.c.state, func.count().label("deliveries"))
        .where(delivery.c.recipient == worker)
        .group_by(delivery.c.state)
    )
    return {row.state: row.deliveries for row in rows}


def _lag_s(session: Session, worker: str, now: datetime) -> float | None:
    oldest = (
        session.execute(
            select(func.min(delivery.c.created_at)).where(delivery.c.recipient == worker, delivery.c.state.in_(_OPEN))
        )
    ).scalar()
    return None if oldest is None else max(0.0, (now - oldest).total_seconds())


def _mean_freshness(session: Session, worker: str, registry: Registry, now: datetime) -> float | None:
    fresh = freshness_sql(knowledge.c.refreshed_at, knowledge.c.type, now, registry)
    value = session.execute(
        select(func.avg(fresh))
        .join(delivery, delivery.c.knowledge_id == knowledge.c.id)
        .where(delivery.c.recipient == worker, knowledge.c.archived_at.is_(None))
    ).scalar()
    return None if value is None else float(value)
