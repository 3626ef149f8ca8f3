"""Projects and the snapshots of their commits."""

from datetime import datetime
from typing import Any

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel

from sigma_core.database import PortableJSON, UTCDateTime


class Project(SQLModel, table=True):
    """A git repository under care. Removed ones keep their row, so that history stays readable."""

    __tablename__ = "project"

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(max_length=100, unique=True)
    path: str = Field(max_length=4096, description="Top level of the person's repository.")
    folder: str = Field(
        default="",
        max_length=4096,
        sa_column_kwargs={"server_default": ""},
        description="Of the repository, where the project is a part of it; empty for the whole.",
    )
    head: str = Field(max_length=64, description="Commit last fetched.")
    test_command: str | None = Field(default=None, max_length=2000, description="What an operator set; wins.")
    python: str | None = Field(default=None, max_length=4096, description="Interpreter an operator set; wins.")
    reduced_sandbox: bool = Field(default=False, description="Project code may run at the reduced grade.")
    trusted: bool = Field(default=False, description="Reduced-grade evidence may lead to approval.")
    model_allowed: bool = Field(default=False, description="Its text may be sent to the model server.")
    autonomy: str | None = Field(default=None, max_length=10, description="propose or commit; unset: the setting.")
    noticed_share: float | None = Field(default=None, description="What an operator asks of its mutants; unset: all.")
    no_difference_suffices: bool | None = Field(
        default=None, description="That no input tells old from new may stand for a missing test; unset: as for all."
    )
    unready: str | None = Field(
        default=None,
        max_length=2000,
        description="Why its tests cannot run, and how to mend it; from the last analysis.",
    )
    created_at: datetime = Field(sa_type=UTCDateTime)
    removed_at: datetime | None = Field(default=None, sa_type=UTCDateTime)

    @property
    def place(self) -> str:
        """Where the project itself lies: the repository, or its folder in it."""
        return f"{self.path}/{self.folder}" if self.folder else self.path


class CodeSnapshot(SQLModel, table=True):
    """What one analysed commit looked like."""

    __tablename__ = "code_snapshot"
    __table_args__ = (UniqueConstraint("project_id", "commit"),)

    id: int | None = Field(default=None, primary_key=True)
    project_id: int = Field(foreign_key="project.id")
    commit: str = Field(max_length=64)
    files: int
    lines: int
    complexity: dict[str, Any] = Field(default_factory=dict, sa_type=PortableJSON)
    issue_counts: dict[str, int] = Field(default_factory=dict, sa_type=PortableJSON)
    skipped: dict[str, str] = Field(
        default_factory=dict, sa_type=PortableJSON, description="Files not analysed → why (syntax, size, encoding)."
    )
    detectors: str = Field(default="", max_length=64, description="Digest of the rules that looked at it.")
    created_at: datetime = Field(sa_type=UTCDateTime)
