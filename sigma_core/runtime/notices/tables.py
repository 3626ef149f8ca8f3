"""What was noticed, and whom it still has to reach."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from sigma_core.database import UTCDateTime


class NoticeKind(StrEnum):
    """What people may be told of."""

    RUN_FAILED = "run_failed"
    """After its last attempt."""
    BUDGET = "budget"
    REVIEW = "review"
    """Proposals that wait for a person: together, not one by one."""
    DRIFT = "drift"
    TEST = "test"
    """Sent by hand, to see whether it arrives."""


class NoticeState(StrEnum):
    """Where the delivery of a notice over one channel is."""

    PENDING = "pending"
    SENDING = "sending"
    SENT = "sent"
    DEAD = "dead"
    """Given up: a person can have it tried again."""


class Notice(SQLModel, table=True):
    """Something that is told once. (`kind`, `about`) is what it tells of; `key` tells receivers a repetition."""

    __tablename__ = "notice"
    __table_args__ = (UniqueConstraint("kind", "about"),)

    id: int | None = Field(default=None, primary_key=True)
    kind: str = Field(max_length=20)
    about: str = Field(max_length=80)
    key: str = Field(max_length=40, unique=True)
    title: str = Field(max_length=200)
    text: str = Field(max_length=2000)
    path: str = Field(max_length=200, description="Where the console shows it.")
    created_at: datetime = Field(sa_type=UTCDateTime, index=True)


class NoticeDelivery(SQLModel, table=True):
    """A notice on its way over one channel."""

    __tablename__ = "notice_delivery"
    __table_args__ = (
        UniqueConstraint("notice_id", "channel"),
        Index("ix_notice_delivery_state_due", "state", "due_at"),
    )

    id: int | None = Field(default=None, primary_key=True)
    notice_id: int = Field(foreign_key="notice.id")
    channel: str = Field(max_length=20, description="mail or webhook")
    state: str = Field(max_length=20)
    attempts: int = Field(default=0)
    due_at: datetime = Field(sa_type=UTCDateTime, description="When it is tried next; of one in hand: given up then.")
    error: str | None = Field(default=None, max_length=500)
    changed_at: datetime = Field(sa_type=UTCDateTime)


class NoticeSwitch(SQLModel, table=True):
    """Whether people are told of a kind, and since when: nothing older is told."""

    __tablename__ = "notice_switch"

    kind: str = Field(primary_key=True, max_length=20)
    on: bool
    since: datetime = Field(sa_type=UTCDateTime)
    changed_by: str = Field(max_length=200)
