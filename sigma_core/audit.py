"""Who changed what, and why."""

from datetime import datetime

from sqlmodel import Field, Session, SQLModel

from sigma_core.actor import ViewerName
from sigma_core.clock import Clock
from sigma_core.database import UTCDateTime
from sigma_core.errors import Forbidden


class AuditEntry(SQLModel, table=True):
    """One deliberate act of a person or an outside program."""

    __tablename__ = "audit_log"

    id: int | None = Field(default=None, primary_key=True)
    actor: str = Field(max_length=200)
    action: str = Field(max_length=60, index=True)
    object: str = Field(max_length=200, description="What it was done to, as noun and id: proposal/12.")
    reason: str | None = Field(default=None, max_length=2000)
    created_at: datetime = Field(sa_type=UTCDateTime, index=True)


def record(session: Session, clock: Clock, *, actor: str, action: str, object: str, reason: str | None = None) -> None:
    """Add an entry in the caller's transaction, so that act and record commit together.

    Raises `Forbidden` for a viewer's name, whichever way the act came here: nothing of it is committed then.
    """
    if isinstance(actor, ViewerName):
        raise Forbidden(f"{actor} is a viewer: may look, not act.")
    session.add(AuditEntry(actor=actor, action=action, object=object, reason=reason, created_at=clock()))
