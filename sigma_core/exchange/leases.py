"""What becomes of deliveries whose recipient fell silent, and of those put off."""

from datetime import datetime

from sqlalchemy import ColumnElement, and_, case, exists, func, select, update
from sqlmodel import Session

from sigma_core.exchange.contest import CONTRADICTED
from sigma_core.exchange.message import DeliveryState
from sigma_core.exchange.tables import delivery, knowledge


def return_overdue(session: Session, worker: str, attempts: int, now: datetime) -> None:
    """Put the worker's overdue deliveries back into its inbox, at their old place.

    Those received `attempts` times without an answer are dead: their recipient died of them, or never finished.
    """
    overdue = (
        select(delivery.c.id)
        .where(delivery.c.recipient == worker, delivery.c.due_at <= now)
        .with_for_update(skip_locked=True)
    )
    if ids := session.execute(overdue).scalars().all():
        fallen_silent = and_(delivery.c.state == DeliveryState.LEASED, delivery.c.attempts >= attempts)
        session.execute(
            update(delivery)
            .where(delivery.c.id.in_(ids), fallen_silent)
            .values(
                state=DeliveryState.DEAD,
                due_at=None,
                receipt=None,
                done_at=now,
                error=func.coalesce(delivery.c.error, f"received {attempts} times and never acknowledged"),
            )
        )
        session.execute(
            update(delivery)
            .where(delivery.c.id.in_(ids), delivery.c.due_at.is_not(None))
            .values(state=_place(), due_at=None, receipt=None)
        )


def _place() -> ColumnElement[str]:
    """Back into the inbox, unless the item has lost a conflict in the meantime."""
    lost = exists().where(knowledge.c.id == delivery.c.knowledge_id, knowledge.c.validation_status == CONTRADICTED)
    return case((lost, DeliveryState.WITHDRAWN.value), else_=DeliveryState.READY.value)
