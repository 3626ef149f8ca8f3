"""The knowledge exchange's records."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from sigma_core.database import PackedJSON, PortableJSON, UTCDateTime

_READY = text("state = 'ready'")
_NEAR = text("near IS NOT NULL AND digest IS NOT NULL")
_DEAD = text("state = 'dead'")


class Knowledge(SQLModel, table=True):
    """One item of knowledge: a message that was accepted, or several that said the same."""

    __tablename__ = "knowledge_exchange"
    __table_args__ = (
        UniqueConstraint("digest"),
        Index("ix_knowledge_exchange_type_refreshed_at", "type", "refreshed_at"),
        Index("ix_knowledge_exchange_refreshed_at", "refreshed_at"),
        Index(
            "ix_knowledge_exchange_unprocessed",
            "id",
            sqlite_where=text("processed_at IS NULL"),
            postgresql_where=text("processed_at IS NULL"),
        ),
        Index(
            "ix_knowledge_exchange_subject",
            "subject",
            sqlite_where=text("subject IS NOT NULL"),
            postgresql_where=text("subject IS NOT NULL"),
        ),
        Index("ix_knowledge_exchange_near", "near", sqlite_where=_NEAR, postgresql_where=_NEAR),
        Index(
            "ix_knowledge_exchange_project_id",
            "project_id",
            sqlite_where=text("project_id IS NOT NULL"),
            postgresql_where=text("project_id IS NOT NULL"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    source: str = Field(max_length=40)
    target: list[str] = Field(
        default_factory=list, sa_type=PortableJSON, description="Recipients whose inbox it went to."
    )
    type: str = Field(max_length=40)
    project_id: int | None = Field(default=None, foreign_key="project.id")
    urgency: str = Field(max_length=10)
    data: dict[str, Any] = Field(sa_type=PackedJSON)
    meta: dict[str, Any] = Field(
        default_factory=dict, sa_type=PortableJSON, description="confirmed_by: sources that said it again."
    )
    digest: str | None = Field(default=None, max_length=40, description="Of the canonical payload, while it lives.")
    subject: str | None = Field(
        default=None, max_length=40, description="Digest of what it is about, where contradiction is possible."
    )
    near: str | None = Field(
        default=None,
        max_length=40,
        description="Digest of what it says, its wording set aside; see `digests`.",
    )
    evidence_count: int = Field(default=1)
    validation_status: str = Field(max_length=20, description="valid, or contradicted: it lost a conflict.")
    contradicted_at: datetime | None = Field(default=None, sa_type=UTCDateTime, description="Since when it is.")
    run_id: int | None = Field(default=None, index=True)
    created_at: datetime = Field(sa_type=UTCDateTime)
    refreshed_at: datetime = Field(sa_type=UTCDateTime, description="Freshness counts from here.")
    processed_at: datetime | None = Field(
        default=None,
        sa_type=UTCDateTime,
        description="When its last delivery was done; noted within an exchange cycle.",
    )
    archived_at: datetime | None = Field(default=None, sa_type=UTCDateTime, description="Its life is over.")


class KnowledgeSize(SQLModel, table=True):
    """How many items of one source, type and project a transaction added. Rows of the same are to be added up."""

    __tablename__ = "knowledge_size"

    id: int | None = Field(default=None, primary_key=True)
    source: str = Field(max_length=40)
    type: str = Field(max_length=40)
    project_id: int | None = Field(default=None)
    amount: int = Field(sa_type=BigInteger, description="Ended ones included: none is ever deleted.")


class KnowledgeOrigin(SQLModel, table=True):
    """A finding that was published. Handing it in again changes nothing."""

    __tablename__ = "knowledge_origin"

    origin: str = Field(primary_key=True, max_length=200)
    knowledge_id: int = Field(foreign_key="knowledge_exchange.id", index=True)
    created_at: datetime = Field(sa_type=UTCDateTime)


class Delivery(SQLModel, table=True):
    """One recipient's copy of an item in its inbox."""

    __tablename__ = "knowledge_delivery"
    __table_args__ = (
        UniqueConstraint("knowledge_id", "recipient"),
        Index("ix_knowledge_delivery_ready", "recipient", "rank", "id", sqlite_where=_READY, postgresql_where=_READY),
        Index("ix_knowledge_delivery_dead", "recipient", "done_at", sqlite_where=_DEAD, postgresql_where=_DEAD),
    )

    id: int | None = Field(default=None, primary_key=True)
    knowledge_id: int = Field(foreign_key="knowledge_exchange.id")
    recipient: str = Field(max_length=40)
    state: str = Field(max_length=10, description="See `sigma_core.exchange.message.DeliveryState`.")
    rank: int = Field(description="0 for high urgency, 1 for normal and low.")
    attempts: int = Field(default=0)
    receipt: str | None = Field(
        default=None, max_length=40, description="Leased or waiting: the token of its hold; acknowledging needs it."
    )
    error: str | None = Field(default=None, max_length=2000)
    created_at: datetime = Field(sa_type=UTCDateTime)
    done_at: datetime | None = Field(
        default=None, sa_type=UTCDateTime, description="When it was acknowledged or given up."
    )


class DeliveryHold(SQLModel, table=True):
    """Deliveries that are out of line until a moment: leased together to their recipient, or put off by it.

    One row for a whole batch: an entry for each delivery would be written twice as often as all else is.
    """

    __tablename__ = "knowledge_hold"
    __table_args__ = (Index("ix_knowledge_hold_recipient_due_at", "recipient", "due_at"),)

    token: str = Field(primary_key=True, max_length=40)
    recipient: str = Field(max_length=40)
    due_at: datetime = Field(sa_type=UTCDateTime, description="When they come back, by the database's clock.")
    deliveries: list[int] = Field(sa_type=PortableJSON, description="Their ids.")
    held: int = Field(description="How many of them are not settled yet; at none the row is gone.")


class Validation(SQLModel, table=True):
    """The ledger of what was checked and with what result: refused payloads and recipients' verdicts included."""

    __tablename__ = "knowledge_validation"
    __table_args__ = (Index("ix_knowledge_validation_source_valid", "source", "valid"),)

    id: int | None = Field(default=None, primary_key=True)
    knowledge_id: int | None = Field(default=None, foreign_key="knowledge_exchange.id", index=True)
    source: str = Field(max_length=40)
    type: str = Field(max_length=80)
    validator: str = Field(max_length=40, description="payload_model, or the worker whose verdict it is.")
    verdict: str | None = Field(default=None, max_length=20, description="useful, not_useful or contradicted.")
    valid: bool
    score: float | None = Field(default=None)
    feedback: dict[str, Any] = Field(default_factory=dict, sa_type=PortableJSON)
    created_at: datetime = Field(sa_type=UTCDateTime)


class KnowledgeConflict(SQLModel, table=True):
    """Two items of one subject that contradict each other, and which of them stands."""

    __tablename__ = "knowledge_conflict"

    id: int | None = Field(default=None, primary_key=True)
    type: str = Field(max_length=40)
    standing_id: int = Field(foreign_key="knowledge_exchange.id", description="The item that was there.", index=True)
    challenger_id: int = Field(foreign_key="knowledge_exchange.id", description="The one that came.", index=True)
    winner_id: int | None = Field(
        default=None, foreign_key="knowledge_exchange.id", description="None: open, a person has to decide."
    )
    strategy: str = Field(max_length=20)
    weights: dict[str, float] = Field(
        default_factory=dict, sa_type=PortableJSON, description="What each weighed: standing, challenger."
    )
    decided_by: str = Field(max_length=200, description="rule, or the person.")
    reason: str | None = Field(default=None, max_length=2000)
    created_at: datetime = Field(sa_type=UTCDateTime, index=True)
    decided_at: datetime | None = Field(default=None, sa_type=UTCDateTime)


class WorkerKnowledgeState(SQLModel, table=True):
    """What a worker has exchanged so far."""

    __tablename__ = "worker_knowledge_state"

    worker: str = Field(primary_key=True, max_length=40)
    snapshot: dict[str, Any] = Field(
        default_factory=dict, sa_type=PortableJSON, description="Its figures at its last exchange."
    )
    last_exchange_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    published: int = Field(default=0)
    received: int = Field(default=0)
    acknowledged: int = Field(default=0)


knowledge = SQLModel.metadata.tables["knowledge_exchange"]
size = SQLModel.metadata.tables["knowledge_size"]
origin = SQLModel.metadata.tables["knowledge_origin"]
delivery = SQLModel.metadata.tables["knowledge_delivery"]
hold = SQLModel.metadata.tables["knowledge_hold"]
validation = SQLModel.metadata.tables["knowledge_validation"]
conflict = SQLModel.metadata.tables["knowledge_conflict"]
worker_state = SQLModel.metadata.tables["worker_knowledge_state"]
