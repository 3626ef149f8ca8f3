"""One copy of an item into each recipient's inbox."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, insert, literal_column, update
from sqlmodel import Session

from sigma_core.exchange.message import DeliveryState, Urgency
from sigma_core.exchange.tables import delivery
from sigma_core.prepared import Prepared, moment

_DELIVER = Prepared(
    insert(delivery)
    .inline()
    .values(
        {name: bindparam(name) for name in ("knowledge_id", "recipient", "rank", "created_at")}
        | {"state": literal_column(f"'{DeliveryState.READY}'"), "attempts": literal_column("0")}
    )
)
_UNDELIVERED = (DeliveryState.READY, DeliveryState.WAITING)


@dataclass(frozen=True)
class Parcel:
    """An item and the inboxes it goes to."""

    knowledge_id: int
    recipients: tuple[str, ...]
    urgency: str


def fan_out(session: Session, parcels: Iterable[Parcel], now: datetime) -> None:
    """Make the deliveries, in this order."""
    created_at = moment(session, now)
    _DELIVER.run_many(session, (row for parcel in parcels for row in _rows(parcel, created_at)))


def _rows(parcel: Parcel, created_at: object) -> Iterator[dict[str, object]]:
    rank = Urgency(parcel.urgency).rank
    for recipient in parcel.recipients:
        yield {"knowledge_id": parcel.knowledge_id, "recipient": recipient, "rank": rank, "created_at": created_at}


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
