"""From stored rows back to messages."""

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

from sigma_core.database import unpacked
from sigma_core.errors import Invalid
from sigma_core.exchange.message import Message
from sigma_core.exchange.payload import Payload
from sigma_core.exchange.registry import Registry
from sigma_core.exchange.validation import read_stored
from sigma_core.prepared import read_moment

SHARED = 2000
"""Payloads kept for the next recipient in this process."""


Line = tuple[Any, ...]
"""A delivery and its item as the driver gives them: the columns of `statements.NEXT_IN_LINE`."""


class Reader:
    """Makes messages of lines. Recipients in one process share an item's payload: it is a value."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._shared = lru_cache(SHARED)(self._payload)
        self._moment = lru_cache(SHARED)(read_moment)

    def message(self, line: Line, token: str, now: datetime) -> Message:
        """The message of a delivery and its item. Raises `Invalid` if its type no longer knows such a payload."""
        (
            delivery_id,
            message_id,
            attempts,
            type_name,
            stored,
            source,
            urgency,
            evidence_count,
            project_id,
            created_at,
            refreshed_at,
        ) = line
        # what is stored as text is small: see `packed`
        payload = (self._shared if type(stored) is str else self._payload)(type_name, stored)
        return Message(
            message_id,
            delivery_id,
            token,
            type_name,
            payload,
            source,
            urgency,
            attempts + 1,
            evidence_count,
            project_id,
            self._moment(created_at),
            self._moment(refreshed_at),
            now,
        )

    def _payload(self, type_name: str, stored: Mapping[str, Any] | str | bytes) -> Payload:
        return read_stored(type_name, stored if isinstance(stored, Mapping) else unpacked(stored), self._registry)


def unreadable(error: Invalid) -> str:
    """Why a stored message cannot be delivered."""
    return f"its payload does not fit its type any more: {error}"
