"""What one process asks another to verify."""

from datetime import datetime
from typing import Any

from sqlmodel import Field, SQLModel

from sigma_core.database import PortableJSON, UTCDateTime


class VerificationOrder(SQLModel, table=True):
    """Changes of one project to be verified together, and what came of it. It goes when whoever waits has read it."""

    __tablename__ = "verification_order"

    id: int | None = Field(default=None, primary_key=True)
    project_id: int = Field(foreign_key="project.id")
    digest: str = Field(max_length=64, unique=True, description="Of bases, diffs and all else that is to be verified.")
    proposals: list[int] = Field(sa_type=PortableJSON)
    asked_by: str = Field(max_length=40, description="Who waits for it now: a successor takes the place of the first.")
    asked_at: datetime = Field(sa_type=UTCDateTime, index=True)
    job: int | None = Field(default=None, description="Its number in the engine's queue.")
    host: str | None = Field(default=None, max_length=200, description="Where it is being verified, or was.")
    progress: str | None = Field(default=None, max_length=300)
    answered_at: datetime | None = Field(default=None, sa_type=UTCDateTime, description="Unset: it is open.")
    evidence: dict[str, Any] = Field(default_factory=dict, sa_type=PortableJSON, description="By proposal.")
    error: str | None = Field(default=None, max_length=2000, description="Why there is none.")
