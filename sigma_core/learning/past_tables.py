"""Issues as they were in a project's past, and what is expected of rules for it."""

from datetime import datetime

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from sigma_core.database import UTCDateTime


class PastSample(SQLModel, table=True):
    """A commit of the main line whose tree was looked through for issues."""

    __tablename__ = "past_sample"
    __table_args__ = (UniqueConstraint("project_id", "commit"),)

    id: int | None = Field(default=None, primary_key=True)
    project_id: int = Field(foreign_key="project.id")
    commit: str = Field(max_length=64)
    at: datetime = Field(sa_type=UTCDateTime, description="When it was the newest.")
    step: int = Field(description="Commits between two samples.")
    is_last: bool = Field(default=False, description="Nothing older is looked at.")
    rules: str = Field(max_length=64, description="Digest of what was looked for.")


class PastLife(SQLModel, table=True):
    """An issue from the first sample that has it to the first that has it no more."""

    __tablename__ = "past_life"
    __table_args__ = (
        Index("ix_past_life_project_id_oldest_mark", "project_id", "oldest_mark"),
        Index("ix_past_life_project_id_newest_mark", "project_id", "newest_mark"),
    )

    id: int | None = Field(default=None, primary_key=True)
    project_id: int = Field(foreign_key="project.id")
    rule: str = Field(max_length=80)
    severity: str = Field(max_length=10)
    since_at: datetime = Field(sa_type=UTCDateTime)
    until_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    ending: str = Field(default="", max_length=10, description="fixed; gone with its code; empty: it is there still.")
    oldest_mark: str = Field(max_length=64, description="Its fingerprint at the first sample.")
    newest_mark: str = Field(max_length=64, description="Its fingerprint at the last one that has it.")


class LearnedChange(SQLModel, table=True):
    """As what a change was counted last: by what became of it, else by the latest decision on it."""

    __tablename__ = "learned_change"

    line_id: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    project_id: int = Field(foreign_key="project.id")
    is_success: bool | None = Field(default=None, description="None: as neither.")
