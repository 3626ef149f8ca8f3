"""Deliberate acts as people look through them."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, func
from sqlmodel import Session

from sigma_core.audit import AuditEntry
from sigma_core.listing import Listing, identifier

_SHOWN = ("id", "created_at", "actor", "action", "object", "reason")
LIST = Listing(
    key=identifier(AuditEntry),
    columns={name: getattr(AuditEntry, name) for name in _SHOWN},
    order="-id",
    unsorted=frozenset({"reason"}),
)


@dataclass(frozen=True)
class WantedActs:
    """Which acts are listed: those holding every word of `text` in actor, action, object or reason."""

    text: str = ""

    def conditions(self, session: Session) -> Sequence[ColumnElement[bool]]:
        """What is asked of a row for it to be among those wanted."""
        del session
        told = AuditEntry.actor + " " + AuditEntry.action + " " + AuditEntry.object
        held = func.lower(told + " " + func.coalesce(AuditEntry.reason, ""))
        return [held.contains(word, autoescape=True) for word in self.text.lower().split()]
