"""From stored rows back to messages."""

from datetime import datetime
from typing import Any

from sqlalchemy import Row

from sigma_core.errors import Invalid
from sigma_core.exchange.checking import read_payload
from sigma_core.exchange.freshness import freshness
from sigma_core.exchange.message import Message
from sigma_core.exchange.receipts import Receipt
from sigma_core.exchange.registry import Registry


def read_message(row: Row[Any], receipt: Receipt, registry: Registry, now: datetime) -> Message:
    """The message of a joined delivery and item. Raises `Invalid` if its type no longer knows such a payload."""
    payload = read_payload(row.type, row.data, registry)
    return Message(
        message_id=row.knowledge_id,
        delivery_id=row.delivery_id,
        receipt=str(receipt),
        type=row.type,
        payload=payload,
        source=row.source,
        urgency=row.urgency,
        attempts=row.attempts + 1,
        freshness=freshness(row.refreshed_at, now, payload.decay_s),
        evidence_count=row.evidence_count,
        project_id=row.project_id,
        created_at=row.created_at,
    )


def unreadable(error: Invalid) -> str:
    """Why a stored message cannot be delivered."""
    return f"its payload does not fit its type any more: {error}"
