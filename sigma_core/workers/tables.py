"""What cycles have done."""

from datetime import datetime
from typing import Any

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel

from sigma_core.database import PortableJSON, UTCDateTime


class CycleReport(SQLModel, table=True):
    """What one worker did in one cycle: the baseline of the dreamer's experiments."""

    __tablename__ = "cycle_report"

    id: int | None = Field(default=None, primary_key=True)
    run_id: int = Field(unique=True)
    worker: str = Field(max_length=40, index=True)
    project_id: int | None = Field(default=None, foreign_key="project.id")
    duration_ms: int
    produced: int
    published: int
    received: int
    figures: dict[str, Any] = Field(default_factory=dict, sa_type=PortableJSON)
    finished_at: datetime = Field(sa_type=UTCDateTime)


class WorkerMemory(SQLModel, table=True):
    """What a worker keeps of the knowledge it has integrated."""

    __tablename__ = "worker_memory"

    worker: str = Field(primary_key=True, max_length=40)
    memory: dict[str, Any] = Field(default_factory=dict, sa_type=PortableJSON)
    changed_at: datetime = Field(sa_type=UTCDateTime)


class KnowledgeUse(SQLModel, table=True):
    """An item of knowledge that a worker used for a proposal, and the decision it was judged by afterwards."""

    __tablename__ = "knowledge_use"
    __table_args__ = (UniqueConstraint("worker", "proposal_id", "knowledge_id"),)

    id: int | None = Field(default=None, primary_key=True)
    worker: str = Field(max_length=40)
    proposal_id: int = Field(foreign_key="proposal.id", index=True)
    knowledge_id: int = Field(foreign_key="knowledge_exchange.id", index=True)
    role: str = Field(max_length=20, description="choice, context, risk or forecast")
    freshness: float = Field(description="At that time, 0–1.")
    forecast: float | None = Field(default=None, description="The acceptance it let expect, 0–1.")
    decision_id: int | None = Field(default=None, foreign_key="decision.id", description="What it was judged by.")
    used_at: datetime = Field(sa_type=UTCDateTime)
