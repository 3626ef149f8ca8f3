"""From stored rows back to messages."""

from datetime import datetime
from typing import Any, NamedTuple

from sigma_core.database import unpacked
from sigma_core.errors import Invalid
from sigma_core.exchange.checking import read_stored
from sigma_core.exchange.freshness import freshness
from sigma_core.exchange.message import Message
from sigma_core.exchange.receipts import Receipt
from sigma_core.exchange.registry import Registry
from sigma_core.prepared import read_moment


class Line(NamedTuple):
    """A delivery and its item, as the driver gives them; the columns of `statements.NEXT_IN_LINE`."""

    delivery_id: int
    knowledge_id: int
    attempts: int
    type: str
    data: Any
    source: str
    urgency: str
    evidence_count: int
    project_id: int | None
    created_at: Any
    refreshed_at: Any


def read_message(row: Line, receipt: Receipt, registry: Registry, now: datetime) -> Message:
    """The message of a delivery and its item. Raises `Invalid` if its type no longer knows such a payload."""
    stored = row.data if isinstance(row.data, dict) else unpacked(row.data)
    payload = read_stored(row.type, stored, registry)
    return Message(
        message_id=row.knowledge_id,
        delivery_id=row.delivery_id,
        receipt=str(receipt),
        type=row.type,
        payload=payload,
        source=row.source,
        urgency=row.urgency,
        attempts=row.attempts + 1,
        freshness=freshness(read_moment(row.refreshed_at), now, payload.decay_s),
        evidence_count=row.evidence_count,
        project_id=row.project_id,
        created_at=read_moment(row.created_at),
    )


def unreadable(error: Invalid) -> str:
    """Why a stored message cannot be delivered."""
    return f"its payload does not fit its type any more: {error}"
