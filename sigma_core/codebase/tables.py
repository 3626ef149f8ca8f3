"""What the code has said over its history. Every fact holds from one commit to another."""

from datetime import datetime

from sqlalchemy import Index, Text, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from sigma_core.database import UTCDateTime

_NAMED = text("path <> ''")


class CodeCommit(SQLModel, table=True):
    """A commit of a project's history that was read."""

    __tablename__ = "code_commit"
    __table_args__ = (UniqueConstraint("project_id", "commit"),)

    id: int | None = Field(default=None, primary_key=True)
    project_id: int = Field(foreign_key="project.id")
    commit: str = Field(max_length=64)
    at: datetime = Field(
        sa_type=UTCDateTime, description="When it became the newest, or was merged; rises along the main line."
    )
    author: str = Field(max_length=200)
    subject: str = Field(max_length=400)
    is_read: bool = Field(default=True, description="It is of the main line, and what its tree says was read.")


class CodeEntity(SQLModel, table=True):
    """Something that code facts are about. It keeps its row when its file is renamed."""

    __tablename__ = "code_entity"
    __table_args__ = (UniqueConstraint("project_id", "digest"),)

    id: int | None = Field(default=None, primary_key=True)
    project_id: int = Field(foreign_key="project.id")
    digest: str = Field(max_length=40, description="Of kind, file and name.")
    kind: str = Field(max_length=20, description="project, module, class, function, test or package.")
    file: str = Field(sa_type=Text, description="Key of its file: the path it had when it was first seen.")
    name: str = Field(sa_type=Text, description="Dotted within the file; of a package its name.")
    full_name: str = Field(sa_type=Text, description="What it is called now, or was called last.")


class CodeFactRow(SQLModel, table=True):
    """Subject, predicate, object: from one commit on, until another."""

    __tablename__ = "code_fact"
    __table_args__ = (
        Index("ix_code_fact_project_id_until_id", "project_id", "until_id"),
        Index("ix_code_fact_since_id", "since_id"),
        Index("ix_code_fact_object_id", "object_id"),
        Index("ix_code_fact_path", "project_id", "path", sqlite_where=_NAMED, postgresql_where=_NAMED),
    )

    id: int | None = Field(default=None, primary_key=True)
    project_id: int = Field(foreign_key="project.id")
    subject_id: int = Field(foreign_key="code_entity.id")
    predicate: str = Field(max_length=20)
    object_id: int = Field(foreign_key="code_entity.id")
    says: str = Field(
        default="", sa_type=Text, description="DEFINES: what the object is called. DEPENDS_ON: bounds | group."
    )
    path: str = Field(default="", sa_type=Text, description="DEFINES a file: where it lies. DEPENDS_ON: which says so.")
    certainty: float = Field(default=1.0, description="0–1: how sure it is that the name stands for this.")
    since_id: int = Field(foreign_key="code_commit.id")
    is_older: bool = Field(default=False, description="It held before `since_id`, for as far back as was read.")
    until_id: int | None = Field(default=None, foreign_key="code_commit.id")
    is_void: bool = Field(default=False, description="Its commit is no longer part of the history.")


class CodeReading(SQLModel, table=True):
    """How far a project's history has been read: from the newest commit back."""

    __tablename__ = "code_reading"

    project_id: int = Field(primary_key=True, foreign_key="project.id")
    newest_id: int = Field(foreign_key="code_commit.id")
    oldest_id: int = Field(foreign_key="code_commit.id")
    commits: int = Field(description="Commits read.")
    of_commits: int = Field(description="Commits that there are.")
    is_complete: bool = Field(default=False, description="Back to the first commit that the clone has.")
    version: int = Field(default=0, description="Of the reader: what an older one read is read again.")


class CodeMeasurement(SQLModel, table=True):
    """A run of a project's tests at a commit, of which it was recorded what each executes."""

    __tablename__ = "code_measurement"
    __table_args__ = (UniqueConstraint("project_id", "commit", "digest"),)

    id: int | None = Field(default=None, primary_key=True)
    project_id: int = Field(foreign_key="project.id")
    commit: str = Field(max_length=64)
    digest: str = Field(max_length=40, description="Of the files and tests that were looked at.")
    at: datetime = Field(sa_type=UTCDateTime, description="The commit's moment.")


class CodeCoverage(SQLModel, table=True):
    """A test was seen to execute a function: from one measurement on, until one that does not have it."""

    __tablename__ = "code_coverage"
    __table_args__ = (
        Index("ix_code_coverage_project_id_until_id", "project_id", "until_id"),
        Index("ix_code_coverage_since_id", "since_id"),
        Index("ix_code_coverage_test_id", "test_id"),
    )

    id: int | None = Field(default=None, primary_key=True)
    project_id: int = Field(foreign_key="project.id")
    function_id: int = Field(foreign_key="code_entity.id")
    test_id: int = Field(foreign_key="code_entity.id")
    since_id: int = Field(foreign_key="code_measurement.id")
    until_id: int | None = Field(default=None, foreign_key="code_measurement.id")


commits = SQLModel.metadata.tables["code_commit"]
entities = SQLModel.metadata.tables["code_entity"]
facts = SQLModel.metadata.tables["code_fact"]
readings = SQLModel.metadata.tables["code_reading"]
measurements = SQLModel.metadata.tables["code_measurement"]
coverage = SQLModel.metadata.tables["code_coverage"]
