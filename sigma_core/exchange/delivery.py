"""Who gets an item, and one copy of it into each recipient's inbox."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

from sqlalchemy import Integer, String, bindparam, insert, literal_column, select, update
from sqlmodel import Session

from sigma_core.database import UTCDateTime
from sigma_core.exchange.arguments import shown
from sigma_core.exchange.message import DeliveryState, Urgency
from sigma_core.exchange.payload import OUTSIDE, Payload
from sigma_core.exchange.tables import delivery
from sigma_core.jobs import WORKERS
from sigma_core.prepared import Prepared, each_of, moment

MAX_NAMED = 5
"""Wrong targets that an error names."""
_SOURCES = (*WORKERS, *OUTSIDE)
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


class DeliveryRequest(NamedTuple):
    """An item and the inboxes it goes to."""

    knowledge_id: int
    recipients: tuple[str, ...]
    urgency: str


def recipients(payload: Payload, source: str, targets: Sequence[str] | None = None) -> tuple[str, ...]:
    """The inboxes it goes to: the named targets, else those the payload is for; never its source."""
    return _others(tuple(payload.audience() if targets is None else targets), source)


@lru_cache(1000)
def _others(chosen: tuple[str, ...], source: str) -> tuple[str, ...]:
    return tuple(worker for worker in WORKERS if worker in chosen and worker != source)


def misaddressed(source: object, targets: object) -> dict[str, str]:
    """What is wrong with the addresses, by field; empty when nothing is."""
    wrong = {}
    if source not in _SOURCES:
        wrong["source"] = f"{shown(source)} is neither a worker nor {' nor '.join(OUTSIDE)}"
    if targets is not None:
        wrong |= _bad_targets(targets)
    return wrong


def _bad_targets(targets: object) -> dict[str, str]:
    if not isinstance(targets, list | tuple) or not targets:
        return {"targets": "must be a list that names at least one worker"}
    if strangers := [target for target in targets if target not in WORKERS]:
        named = ", ".join(map(shown, strangers[:MAX_NAMED]))
        return {"targets": f"{named}: no such worker; there are {', '.join(WORKERS)}"}
    return {}


def fan_out(session: Session, requests: Iterable[DeliveryRequest], now: datetime) -> None:
    """Make the deliveries, in this order."""
    created_at = moment(session, now)
    _DELIVER.run_many(
        session,
        (
            {
                "knowledge_id": request.knowledge_id,
                "recipients": request.recipients,
                "rank": Urgency(request.urgency).rank,
                "created_at": created_at,
            }
            for request in requests
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
