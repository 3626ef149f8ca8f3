"""Evolutions of prompts: what was asked for, how far it is and what came of it."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Index, text
from sqlmodel import Field, SQLModel

from sigma_core.database import PortableJSON, UTCDateTime


class PromptEvolution(SQLModel, table=True):
    """One search for better words of a version. `run_id` and `attempt` name the job's execution that has it in hand."""

    __tablename__ = "prompt_evolution"
    __table_args__ = (
        Index("ix_prompt_evolution_template_id", "template_id"),
        Index(
            "uq_prompt_evolution_queued",
            "template_id",
            unique=True,
            sqlite_where=text("status = 'queued'"),
            postgresql_where=text("status = 'queued'"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    template_id: int = Field(foreign_key="prompt_templates.id", ondelete="CASCADE")
    base_number: int = Field(description="The version whose words are evolved.")
    model: str = Field(max_length=120)
    seed: int = Field(description="Draws the cases that are held out, and the search.")
    most_calls: int
    most_nano_usd: int | None = Field(default=None, sa_type=BigInteger)
    reason: str = Field(max_length=2000)
    requested_by: str = Field(max_length=200)
    status: str = Field(max_length=20)
    run_id: int | None = Field(default=None)
    attempt: int = Field(default=0)
    cancel_requested: bool = Field(default=False)
    progress: str | None = Field(default=None, max_length=300)
    error: str | None = Field(default=None, max_length=8000)
    made_number: int | None = Field(default=None, description="The candidate version, where words were found.")
    verdict: str | None = Field(default=None, max_length=2000)
    figures: dict[str, Any] = Field(default_factory=dict, sa_type=PortableJSON)
    requested_at: datetime = Field(sa_type=UTCDateTime)
    started_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    finished_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    duration_ms: int | None = Field(default=None)
