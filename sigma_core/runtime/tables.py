"""Runs, their steps, the jobs that enqueue them, and the processes that execute them."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from sigma_core.database import PortableJSON, UTCDateTime
from sigma_core.runtime.cron import LONGEST


class Run(SQLModel, table=True):
    """One execution of a worker on a project, or of the exchange.

    `slot` is what may run once at a time (``analysis/3``, ``exchange``): the database itself refuses a second
    queued or a second running row of a slot. (`owner`, `attempt`) is the fence of whoever executes it.
    """

    __tablename__ = "run"
    __table_args__ = (
        Index(
            "uq_run_slot_queued",
            "slot",
            unique=True,
            sqlite_where=text("state = 'queued'"),
            postgresql_where=text("state = 'queued'"),
        ),
        Index(
            "uq_run_slot_running",
            "slot",
            unique=True,
            sqlite_where=text("state = 'running'"),
            postgresql_where=text("state = 'running'"),
        ),
        Index("ix_run_state_due", "state", "due_at"),
        Index("ix_run_worker_finished_at", "worker", "finished_at"),
        Index("ix_run_project_id_queued_at", "project_id", "queued_at"),
        Index("ix_run_finished_at", "finished_at"),
        Index("ix_run_worker_project_id_id_state", "worker", "project_id", "id", "state"),
    )

    id: int | None = Field(default=None, primary_key=True)
    slot: str = Field(max_length=80)
    worker: str = Field(max_length=40, description="analysis … dreamer, or exchange")
    project_id: int | None = Field(default=None, foreign_key="project.id")
    state: str = Field(max_length=20)
    priority: int = Field(default=0, description="Higher first; a person's request is 10.")
    due_at: datetime = Field(sa_type=UTCDateTime)
    attempt: int = Field(default=0)
    owner: str | None = Field(default=None, max_length=200)
    lease_until: datetime | None = Field(default=None, sa_type=UTCDateTime)
    cancel_requested: bool = Field(default=False)
    requested_by: str = Field(default="schedule", max_length=200)
    progress: str | None = Field(default=None, max_length=300, description="What it is doing now, for people.")
    produced: int = Field(default=0)
    published: int = Field(default=0)
    received: int = Field(default=0)
    figures: dict[str, Any] = Field(default_factory=dict, sa_type=PortableJSON)
    error: str | None = Field(default=None, max_length=8000)
    queued_at: datetime = Field(sa_type=UTCDateTime)
    started_at: datetime | None = Field(default=None, sa_type=UTCDateTime, description="Start of the last attempt.")
    finished_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    duration_ms: int | None = Field(default=None, description="From the last attempt's start to the end.")


class RunStep(SQLModel, table=True):
    """A finished step of a run. A run taken over skips the steps it finds here."""

    __tablename__ = "run_step"
    __table_args__ = (UniqueConstraint("run_id", "name"),)

    id: int | None = Field(default=None, primary_key=True)
    run_id: int = Field(foreign_key="run.id")
    name: str = Field(max_length=200)
    attempt: int
    result: Any = Field(default=None, sa_type=PortableJSON)
    duration_ms: int
    finished_at: datetime = Field(sa_type=UTCDateTime)


class Job(SQLModel, table=True):
    """A line of the schedule: which cycle is enqueued how often. The operator's pause survives restarts."""

    __tablename__ = "job"

    name: str = Field(primary_key=True, max_length=40, description="analysis … dreamer, exchange")
    every_s: int = Field(description="Seconds between enqueues.")
    every_set_by: str | None = Field(
        default=None, max_length=200, description="Who set the interval; unset: the setting rules at each start."
    )
    cron: str | None = Field(
        default=None, max_length=LONGEST, description="Set: cycles come when it says, in UTC, and no interval counts."
    )
    paused: bool = Field(default=False)
    next_at: datetime = Field(sa_type=UTCDateTime)
    last_enqueued_at: datetime | None = Field(default=None, sa_type=UTCDateTime)


class Executor(SQLModel, table=True):
    """A process that executes runs, known by its heartbeat."""

    __tablename__ = "executor"

    name: str = Field(primary_key=True, max_length=200)
    kind: str = Field(max_length=20, description="scheduler or command")
    host: str = Field(max_length=200)
    pid: int
    started_at: datetime = Field(sa_type=UTCDateTime)
    seen_at: datetime = Field(sa_type=UTCDateTime, index=True)


class RetentionClock(SQLModel, table=True):
    """The one row that tells what retention has witnessed of time, and how much of it is doubted."""

    __tablename__ = "retention_clock"

    id: int = Field(default=1, primary_key=True)
    seen_at: datetime = Field(sa_type=UTCDateTime)
    doubted_s: float = Field(default=0.0, description="Passed at once, as when a clock is wrong.")
    doubted_since: datetime | None = Field(default=None, sa_type=UTCDateTime)


class Visit(SQLModel, table=True):
    """One person's latest visits: `since` is when the one before this ended."""

    __tablename__ = "console_visit"

    actor: str = Field(primary_key=True, max_length=200)
    since: datetime = Field(sa_type=UTCDateTime)
    seen_at: datetime = Field(sa_type=UTCDateTime)


class SavedView(SQLModel, table=True):
    """How one person looks at a list of the console: filters, order and columns, under a name of their own."""

    __tablename__ = "console_view"
    __table_args__ = (UniqueConstraint("actor", "list", "name"),)

    id: int | None = Field(default=None, primary_key=True)
    actor: str = Field(max_length=200)
    list: str = Field(max_length=40)
    name: str = Field(max_length=80, description="Empty: how it was looked at last.")
    shown: dict[str, Any] = Field(default_factory=dict, sa_type=PortableJSON)
    changed_at: datetime = Field(sa_type=UTCDateTime)
