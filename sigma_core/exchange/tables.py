"""The knowledge exchange's records."""

from datetime import datetime
from typing import Any

from sqlalchemy import Column, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from sigma_core.database import PortableJSON, UTCDateTime


class Knowledge(SQLModel, table=True):
    """One item of knowledge: a message that was accepted, or several that said the same."""

    __tablename__ = "knowledge_exchange"
    __table_args__ = (
        UniqueConstraint("digest"),
        UniqueConstraint("origin"),
        Index("ix_knowledge_exchange_type_refreshed_at", "type", "refreshed_at"),
    )

    id: int | None = Field(default=None, primary_key=True)
    source: str = Field(max_length=40)
    target: list[str] = Field(default_factory=list, sa_type=PortableJSON, description="Recipients.")
    type: str = Field(max_length=40)
    project_id: int | None = Field(default=None, foreign_key="project.id", index=True)
    urgency: str = Field(max_length=10)
    data: dict[str, Any] = Field(sa_type=PortableJSON)
    meta: dict[str, Any] = Field(default_factory=dict, sa_column=Column("meta", PortableJSON, nullable=False))
    digest: str | None = Field(default=None, max_length=64, description="Of the canonical payload, while it lives.")
    origin: str | None = Field(default=None, max_length=200, description="The finding it tells of; published once.")
    evidence_count: int = Field(default=1)
    validation_status: str = Field(max_length=20)
    run_id: int | None = Field(default=None)
    created_at: datetime = Field(sa_type=UTCDateTime)
    refreshed_at: datetime = Field(sa_type=UTCDateTime, description="Freshness counts from here.")
    processed_at: datetime | None = Field(default=None, sa_type=UTCDateTime, description="All deliveries done.")


class Delivery(SQLModel, table=True):
    """One recipient's copy of an item in its inbox."""

    __tablename__ = "knowledge_delivery"
    __table_args__ = (
        UniqueConstraint("knowledge_id", "recipient"),
        Index("ix_knowledge_delivery_inbox", "recipient", "state", "rank", "id"),
    )

    id: int | None = Field(default=None, primary_key=True)
    knowledge_id: int = Field(foreign_key="knowledge_exchange.id")
    recipient: str = Field(max_length=40)
    state: str = Field(max_length=10, description="ready, leased, done, dead")
    rank: int = Field(description="0 for high urgency, 1 for normal and low.")
    attempts: int = Field(default=0)
    visible_at: datetime = Field(sa_type=UTCDateTime, description="Not delivered before this moment.")
    receipt: str | None = Field(default=None, max_length=40, description="Names the lease; acknowledging needs it.")
    error: str | None = Field(default=None, max_length=2000)
    created_at: datetime = Field(sa_type=UTCDateTime)
    done_at: datetime | None = Field(default=None, sa_type=UTCDateTime)


class Validation(SQLModel, table=True):
    """The ledger of what was checked and with what result, refused payloads included."""

    __tablename__ = "knowledge_validation"

    id: int | None = Field(default=None, primary_key=True)
    knowledge_id: int | None = Field(default=None, foreign_key="knowledge_exchange.id", index=True)
    source: str = Field(max_length=40)
    type: str = Field(max_length=80)
    validator: str = Field(max_length=40)
    valid: bool
    score: float | None = Field(default=None)
    feedback: dict[str, Any] = Field(default_factory=dict, sa_type=PortableJSON)
    created_at: datetime = Field(sa_type=UTCDateTime)


class WorkerKnowledgeState(SQLModel, table=True):
    """What a worker has exchanged so far."""

    __tablename__ = "worker_knowledge_state"

    worker: str = Field(primary_key=True, max_length=40)
    snapshot: dict[str, Any] = Field(default_factory=dict, sa_type=PortableJSON)
    last_exchange_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    published: int = Field(default=0)
    received: int = Field(default=0)
    acknowledged: int = Field(default=0)
