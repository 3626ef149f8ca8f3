"""Experiments, and the runs of strategies."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Index, Text, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from sigma_core.database import PackedJSON, PortableJSON, UTCDateTime


class ExperimentVerdict(StrEnum):
    """What an experiment has shown so far."""

    OPEN = "open"
    """Too few cases on one side."""
    UNCLEAR = "unclear"
    """The interval holds zero."""
    HELPS = "helps"
    HARMS = "harms"


class ExperimentStatus(StrEnum):
    """What follows from an experiment."""

    PROPOSED = "proposed"
    """Written down; nothing is done otherwise yet."""
    RUNNING = "running"
    PROMOTED = "promoted"
    ROLLED_BACK = "rolled_back"
    NO_DIFFERENCE = "no_difference"
    """As many cases as were planned, and no difference worth having."""
    STOPPED = "stopped"
    """By a person, or because its budget was used up."""


class Experiment(SQLModel, table=True):
    """A hypothesis, the baseline it is measured against, and the verdict.

    With a `tunable` it is tried by lot: `arms` are the settings that are compared, the baseline first, each with what
    is known of it; while `allocating`, units draw their arm by `shares`. `terms` were written down before it began.
    `improvement` is the change of `metric` against the baseline, positive where it is for the better; `low` and `high`
    bound its 95 % interval. `baseline` and `result` hold value and n.
    """

    __tablename__ = "experiment"
    __table_args__ = (UniqueConstraint("scope", "name"),)

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(max_length=200)
    scope: str = Field(max_length=40, description="project/3, canary/3, or all")
    worker: str = Field(max_length=40, index=True)
    project_id: int | None = Field(default=None, foreign_key="project.id")
    hypothesis: str = Field(max_length=2000)
    approach: str = Field(max_length=2000)
    metric: str = Field(max_length=80)
    risk: str = Field(max_length=20, description="low, medium or high")
    rollback_plan: str = Field(max_length=2000)
    baseline: dict[str, Any] = Field(default_factory=dict, sa_type=PortableJSON)
    result: dict[str, Any] = Field(default_factory=dict, sa_type=PortableJSON)
    improvement: float | None = Field(default=None)
    low: float | None = Field(default=None)
    high: float | None = Field(default=None)
    verdict: str = Field(default=ExperimentVerdict.OPEN, max_length=20)
    standing: str = Field(default=ExperimentStatus.RUNNING, max_length=20)
    decided_by: str | None = Field(default=None, max_length=200, description="Who promoted it or rolled it back.")
    reason: str | None = Field(default=None, max_length=2000)
    tunable: str | None = Field(default=None, max_length=80, index=True)
    terms: dict[str, Any] = Field(default_factory=dict, sa_type=PortableJSON, description="See `TrialTerms`.")
    arms: list[dict[str, Any]] = Field(default_factory=list, sa_type=PortableJSON, description="See `TrialArm`.")
    shares: list[float] = Field(default_factory=list, sa_type=PortableJSON, description="By which arms are drawn now.")
    allocating: bool = Field(default=False, index=True)
    promoted_arm: int | None = Field(default=None)
    watched_from: int | None = Field(default=None, description="The last unit that was assigned before the promotion.")
    spent: dict[str, Any] = Field(default_factory=dict, sa_type=PortableJSON, description="calls, nano_usd, seconds.")
    started_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    ended_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    created_at: datetime = Field(sa_type=UTCDateTime)
    changed_at: datetime = Field(sa_type=UTCDateTime)


class ExperimentUnit(SQLModel, table=True):
    """A run or a proposal that drew an arm, by which shares, and how it went."""

    __tablename__ = "experiment_unit"
    __table_args__ = (
        UniqueConstraint("experiment_id", "unit"),
        Index("ix_experiment_unit_experiment_id_state", "experiment_id", "state"),
    )

    id: int | None = Field(default=None, primary_key=True)
    experiment_id: int = Field(foreign_key="experiment.id")
    unit: int = Field(description="The run's or the proposal's number.")
    arm: int
    shares: list[float] = Field(default_factory=list, sa_type=PortableJSON)
    state: str = Field(max_length=10, description="pending, settled, or empty: there was nothing to judge it by.")
    outcome: float | None = Field(default=None, description="The share of what went well, 0–1.")
    assigned_at: datetime = Field(sa_type=UTCDateTime)
    settled_at: datetime | None = Field(default=None, sa_type=UTCDateTime)


class TunableValue(SQLModel, table=True):
    """What a tunable is set to instead of its default, everywhere or in one project, and by which experiment."""

    __tablename__ = "tunable_value"

    name: str = Field(primary_key=True, max_length=80)
    scope: str = Field(primary_key=True, max_length=40, description="project/3, or all")
    setting: dict[str, Any] = Field(sa_type=PortableJSON, description="value.")
    experiment_id: int = Field(foreign_key="experiment.id")
    set_at: datetime = Field(sa_type=UTCDateTime)


class StrategyRun(SQLModel, table=True):
    """One execution of a strategy.

    `digest` is of what was asked (strategy, worker, project, parameters): the same question waits in the queue once.
    `run_id` and `attempt` name the job's execution that has it in hand; both unset for one that runs in place.
    """

    __tablename__ = "strategy_run"
    __table_args__ = (
        Index(
            "uq_strategy_run_queued",
            "digest",
            unique=True,
            sqlite_where=text("status = 'queued'"),
            postgresql_where=text("status = 'queued'"),
        ),
        Index("ix_strategy_run_worker_strategy_id", "worker", "strategy", "id"),
        Index("ix_strategy_run_strategy_id", "strategy", "id"),
        Index("ix_strategy_run_project_id_id", "project_id", "id"),
        Index("ix_strategy_run_digest_id", "digest", "id"),
        Index("ix_strategy_run_status_id", "status", "id"),
    )

    id: int | None = Field(default=None, primary_key=True)
    strategy: str = Field(max_length=80)
    worker: str = Field(max_length=40)
    project_id: int | None = Field(default=None, foreign_key="project.id")
    experiment_id: int | None = Field(default=None, foreign_key="experiment.id", index=True)
    rerun_of: int | None = Field(default=None, description="The run whose parameters it took.")
    digest: str = Field(max_length=64)
    parameters: dict[str, Any] = Field(default_factory=dict, sa_type=PortableJSON)
    status: str = Field(max_length=20)
    requested_by: str = Field(max_length=200)
    run_id: int | None = Field(default=None)
    attempt: int = Field(default=0, description="How often it was started.")
    lease_until: datetime | None = Field(
        default=None, sa_type=UTCDateTime, description="Of one in place: left by its process where this is over."
    )
    cancel_requested: bool = Field(default=False)
    progress: str | None = Field(default=None, max_length=300)
    graph_version: str | None = Field(default=None, max_length=80)
    metrics: dict[str, Any] = Field(
        default_factory=dict, sa_type=PortableJSON, description="By name: value (none: not available), n, better, note."
    )
    summary: str | None = Field(default=None, sa_type=Text)
    result: dict[str, Any] | None = Field(default=None, sa_type=PackedJSON)
    entities: list[str] = Field(
        default_factory=list, sa_type=PackedJSON, description="Ids of those it is about, the foremost first."
    )
    cut: str | None = Field(default=None, max_length=500, description="What of the result was too much to keep.")
    error: str | None = Field(default=None, max_length=8000)
    saved: bool = Field(default=False)
    opened_at: datetime | None = Field(default=None, sa_type=UTCDateTime, description="A person looked at the result.")
    useful: bool | None = Field(default=None, description="What a person said of it.")
    used_at: datetime | None = Field(default=None, sa_type=UTCDateTime, description="It changed what a worker did.")
    queued_at: datetime = Field(sa_type=UTCDateTime)
    started_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    finished_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    duration_ms: int | None = Field(default=None)
