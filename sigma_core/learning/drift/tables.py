"""Drifts that were noticed."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from sigma_core.database import UTCDateTime


class DriftEvent(SQLModel, table=True):
    """A share of outcomes that is no longer what it was. What ended before `forgets_before` counts no more for it."""

    __tablename__ = "drift_event"

    id: int | None = Field(default=None, primary_key=True)
    project_id: int | None = Field(default=None, foreign_key="project.id", description="None: of all projects.")
    subject: str = Field(max_length=20, description="rule, family, project or member")
    name: str = Field(max_length=120)
    before: float = Field(description="The share, or a member's Brier score, up to the cut; 0-1.")
    before_n: int
    after: float
    after_n: int
    forgets_before: datetime = Field(sa_type=UTCDateTime)
    created_at: datetime = Field(sa_type=UTCDateTime, index=True)
