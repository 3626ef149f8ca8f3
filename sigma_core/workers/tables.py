"""What cycles have done."""

from datetime import datetime
from typing import Any

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
