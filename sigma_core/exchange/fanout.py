"""One copy of an item into each recipient's inbox."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Integer, String, bindparam, insert, literal_column, select, update
from sqlmodel import Session

from sigma_core.database import UTCDateTime
from sigma_core.exchange.message import DeliveryState, Urgency
from sigma_core.exchange.tables import delivery
from sigma_core.prepared import Prepared, each_of, moment

_recipients = each_of("recipients", String()).table_valued("value")
_DELIVER = Prepared(
    insert(delivery)
    .inline()
    .from_select(
        ["knowledge_id", "recipient", "state", "rank", "attempts", "created_at"],
        select(
            bindparam("knowledge_id", type_=Integer),
            _recipients.c.value,
            literal_column(f"'{DeliveryState.READY}'"),
            bindparam("rank", type_=Integer),
            literal_column("0"),
            bindparam("created_at", type_=UTCDateTime),
        ),
    )
)
_UNDELIVERED = (DeliveryState.READY, DeliveryState.WAITING)


class Parcel(NamedTuple):
    """An item and the inboxes it goes to."""

    knowledge_id: int
    recipients: tuple[str, ...]
    urgency: str


def fan_out(session: Session, parcels: Iterable[Parcel], now: datetime) -> None:
    """Make the deliveries, in this order."""
    created_at = moment(session, now)
    _DELIVER.run_many(
        session,
        (
            {
                "knowledge_id": parcel.knowledge_id,
                "recipients": parcel.recipients,
                "rank": Urgency(parcel.urgency).rank,
                "created_at": created_at,
            }
            for parcel in parcels
        ),
    )


def withdraw(session: Session, knowledge_ids: Sequence[int]) -> None:
    """Take back the copies that nobody has received yet."""
    session.execute(
        update(delivery)
        .where(delivery.c.knowledge_id.in_(knowledge_ids), delivery.c.state.in_(_UNDELIVERED))
        .values(state=DeliveryState.WITHDRAWN, receipt=None)
    )


def restore(session: Session, knowledge_ids: Sequence[int]) -> None:
    """Put withdrawn copies back."""
    session.execute(
        update(delivery)
        .where(delivery.c.knowledge_id.in_(knowledge_ids), delivery.c.state == DeliveryState.WITHDRAWN)
        .values(state=DeliveryState.READY)
    )
