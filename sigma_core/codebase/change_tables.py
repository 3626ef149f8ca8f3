"""Who changed what in a project's history, and what follows from it."""

from datetime import datetime

from sqlalchemy import Index, Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from sigma_core.database import UTCDateTime


class CodeChange(SQLModel, table=True):
    """What a commit is beside its place in the history; one of a merged branch holds since its merge."""

    __tablename__ = "code_change"
    __table_args__ = (
        Index("ix_code_change_project_id_digest", "project_id", "digest"),
        Index("ix_code_change_project_id_undoes", "project_id", "undoes"),
    )

    commit_id: int = Field(primary_key=True, foreign_key="code_commit.id", sa_column_kwargs={"autoincrement": False})
    project_id: int = Field(foreign_key="project.id")
    author_id: int = Field(foreign_key="code_entity.id")
    made_at: datetime = Field(sa_type=UTCDateTime, description="When its author made it, by their clock.")
    body: str = Field(default="", sa_type=Text, description="The message without its subject.")
    is_fix: bool = Field(default=False, description="It says that it mends something.")
    reverts: str = Field(default="", sa_type=Text, description="Ids of the commits that its message takes back.")
    files: int = Field(default=0, description="Files whose content it changed.")
    digest: str | None = Field(default=None, max_length=32, description="Of what it changed.")
    undoes: str | None = Field(default=None, max_length=32, description="The digest of what it would take back.")
    parts_read: bool = Field(default=False, description="Its classes and functions were read, too.")
    is_main: bool = Field(description="It is a commit of the main line itself.")
    is_void: bool = Field(default=False, description="It is no longer part of the history.")


class CodeTouch(SQLModel, table=True):
    """A commit changed the content of a file, or the text of a class or function."""

    __tablename__ = "code_touch"
    __table_args__ = (Index("ix_code_touch_entity_id", "entity_id"),)

    commit_id: int = Field(primary_key=True, foreign_key="code_commit.id", sa_column_kwargs={"autoincrement": False})
    entity_id: int = Field(primary_key=True, foreign_key="code_entity.id", sa_column_kwargs={"autoincrement": False})
    how: str = Field(max_length=10, description="added, changed or deleted.")
    path: str = Field(default="", sa_type=Text, description="Where the file lay then; empty for a part of one.")
    is_void: bool = Field(default=False, description="Its commit is no longer part of the history.")


class CodeFile(SQLModel, table=True):
    """Where a file lies at both ends of what was read, and whether what follows from its changes is up to date."""

    __tablename__ = "code_file"
    __table_args__ = (Index("ix_code_file_project_id", "project_id"),)

    entity_id: int = Field(primary_key=True, foreign_key="code_entity.id", sa_column_kwargs={"autoincrement": False})
    project_id: int = Field(foreign_key="project.id")
    newest_path: str | None = Field(default=None, sa_type=Text, description="None: it is gone.")
    oldest_path: str | None = Field(default=None, sa_type=Text, description="None: it is not there yet.")
    is_stale: bool = Field(default=False, description="Changes were read since its associations were reckoned.")


class CodeAssociation(SQLModel, table=True):
    """What the latest changes of a file say: who knows it (KNOWS), what changes with it (CHANGES_WITH)."""

    __tablename__ = "code_association"
    __table_args__ = (
        UniqueConstraint("subject_id", "predicate", "object_id"),
        Index("ix_code_association_object_id", "object_id"),
    )

    id: int | None = Field(default=None, primary_key=True)
    project_id: int = Field(foreign_key="project.id")
    subject_id: int = Field(foreign_key="code_entity.id")
    predicate: str = Field(max_length=20)
    object_id: int = Field(foreign_key="code_entity.id")
    support: int = Field(description="Commits that it rests on.")
    strength: float = Field(description="0–1: share of the changes, or confidence; the latest count most.")
    since_at: datetime = Field(sa_type=UTCDateTime, description="When the first of these commits came.")
    until_at: datetime | None = Field(default=None, sa_type=UTCDateTime, description="When it no longer held.")


class CodeChangeReading(SQLModel, table=True):
    """How far a project's changes have been read: from the newest commit back."""

    __tablename__ = "code_change_reading"

    project_id: int = Field(primary_key=True, foreign_key="project.id", sa_column_kwargs={"autoincrement": False})
    newest_id: int = Field(foreign_key="code_commit.id")
    oldest_id: int = Field(foreign_key="code_commit.id", description="Its own changes are read once all is read.")
    commits: int = Field(description="Commits read.")
    is_complete: bool = Field(default=False, description="Back to the first commit that the clone has.")
    version: int = Field(default=0, description="Of the reader: what an older one read is read again.")
    mailmap: str = Field(default="", max_length=64, description="The file by which authors were known.")


changes = SQLModel.metadata.tables["code_change"]
touches = SQLModel.metadata.tables["code_touch"]
files = SQLModel.metadata.tables["code_file"]
associations = SQLModel.metadata.tables["code_association"]
change_readings = SQLModel.metadata.tables["code_change_reading"]
