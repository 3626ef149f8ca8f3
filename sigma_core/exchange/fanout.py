"""One copy of an item into each recipient's inbox."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert, update
from sqlmodel import Session

from sigma_core.exchange.message import DeliveryState, Urgency
from sigma_core.exchange.tables import delivery

_UNDELIVERED = (DeliveryState.READY, DeliveryState.WAITING)


@dataclass(frozen=True)
class Parcel:
    """An item and the inboxes it goes to."""

    knowledge_id: int
    recipients: tuple[str, ...]
    urgency: str


def fan_out(session: Session, parcels: Iterable[Parcel], now: datetime) -> None:
    """Make the deliveries, in this order."""
    rows = [
        {
            "knowledge_id": parcel.knowledge_id,
            "recipient": recipient,
            "state": DeliveryState.READY.value,
            "rank": Urgency(parcel.urgency).rank,
            "attempts": 0,
            "created_at": now,
        }
        for parcel in parcels
        for recipient in parcel.recipients
    ]
    if rows:
        session.execute(insert(delivery), rows)


def withdraw(session: Session, knowledge_ids: Sequence[int]) -> None:
    """Take back the copies that nobody has received yet."""
    session.execute(
        update(delivery)
        .where(delivery.c.knowledge_id.in_(knowledge_ids), delivery.c.state.in_(_UNDELIVERED))
        .values(state=DeliveryState.WITHDRAWN, due_at=None)
    )


def restore(session: Session, knowledge_ids: Sequence[int]) -> None:
    """Put withdrawn copies back."""
    session.execute(
        update(delivery)
        .where(delivery.c.knowledge_id.in_(knowledge_ids), delivery.c.state == DeliveryState.WITHDRAWN)
        .values(state=DeliveryState.READY)
    )
