"""Patterns of code: what is put in the place of what, where it was seen, and where it applies."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from sigma_core.database import PortableJSON, UTCDateTime

COMMIT, PROPOSAL = "commit", "proposal"
"""Where a pattern may be seen."""


class CodePattern(SQLModel, table=True):
    """One replacement with holes, of one project. What it brought from another one counts as a prior."""

    __tablename__ = "code_pattern"
    __table_args__ = (UniqueConstraint("project_id", "digest"),)

    id: int | None = Field(default=None, primary_key=True)
    project_id: int = Field(foreign_key="project.id")
    digest: str = Field(max_length=64, description="Of both sides.")
    before: str = Field(sa_type=Text)
    after: str = Field(sa_type=Text)
    rule: str | None = Field(default=None, max_length=80, description="Of which issues it is a fix; None: not known.")
    globs: list[str] = Field(default_factory=list, sa_type=PortableJSON)
    imports: list[str] = Field(default_factory=list, sa_type=PortableJSON)
    python: int | None = Field(default=None, description="Minor version of the oldest Python 3 that it needs.")
    configuration: dict[str, Any] = Field(default_factory=dict, sa_type=PortableJSON)
    origin: str = Field(max_length=12, description="history, outcome or import: where it was met first.")
    prior_successes: float = Field(default=0.0, description="Discounted, of the project it was taken from.")
    prior_failures: float = Field(default=0.0)
    seen: int = Field(default=0, description="Times that it was seen here.")
    sources: int = Field(default=0, description="Commits and fixes that it was seen in.")
    imported_by: str | None = Field(default=None, max_length=200)
    imported_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    changed_at: datetime = Field(sa_type=UTCDateTime)


class PatternSighting(SQLModel, table=True):
    """A commit or a fix in which a pattern was seen, and whether that lasted."""

    __tablename__ = "pattern_sighting"
    __table_args__ = (
        UniqueConstraint("pattern_id", "kind", "ref", "path", "line"),
        Index("ix_pattern_sighting_kind_ref", "kind", "ref"),
    )

    id: int | None = Field(default=None, primary_key=True)
    pattern_id: int = Field(foreign_key="code_pattern.id", ondelete="CASCADE")
    kind: str = Field(max_length=10, description="commit or proposal.")
    ref: str = Field(max_length=64, description="The commit, or the id of the proposal.")
    path: str = Field(sa_type=Text)
    line: int
    success: bool
    stood: int = Field(default=0, description="Commits of the main line since, as far as told: 0, 1, 10 or 100.")
    at: datetime = Field(sa_type=UTCDateTime)


class PatternReading(SQLModel, table=True):
    """A fix that was looked at, so that each is read once."""

    __tablename__ = "pattern_reading"

    project_id: int = Field(primary_key=True, foreign_key="project.id", sa_column_kwargs={"autoincrement": False})
    kind: str = Field(primary_key=True, max_length=10)
    ref: str = Field(primary_key=True, max_length=64)
    success: bool
