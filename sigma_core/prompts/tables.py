"""Templates, their versions, the labels that point to versions, and every move of a label."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from sigma_core.database import UTCDateTime

BUILT_IN = "built-in"
"""Name of the template that ships with SIGMA, in its slot."""
PRODUCTION = "production"
"""The label whose version workers get."""


def version_name(template: str, number: int) -> str:
    """How usage rows, proposals and votes name a version within its slot."""
    return f"v{number}" if template == BUILT_IN else f"{template}/v{number}"


class PromptTemplate(SQLModel, table=True):
    """A prompt's identity. Several templates may compete in one slot (worker, type)."""

    __tablename__ = "prompt_templates"
    __table_args__ = (UniqueConstraint("worker", "type", "name"),)

    id: int | None = Field(default=None, primary_key=True)
    worker: str = Field(max_length=40)
    type: str = Field(max_length=60)
    name: str = Field(max_length=30)
    description: str = Field(default="", max_length=2000)
    tags: list[str] = Field(default_factory=list, sa_type=JSON)
    file_digest: str | None = Field(default=None, max_length=64, description="Of the built-in file last loaded.")
    archived_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    created_at: datetime = Field(sa_type=UTCDateTime)
    changed_at: datetime = Field(sa_type=UTCDateTime)

    @property
    def slot(self) -> str:
        """What a prompt is asked for by, as worker/type."""
        return f"{self.worker}/{self.type}"

    @property
    def full_name(self) -> str:
        """The whole name, as worker/type/name."""
        return f"{self.slot}/{self.name}"

    def version_name(self, number: int) -> str:
        """How a version of it is named within the slot."""
        return version_name(self.name, number)


class PromptVersion(SQLModel, table=True):
    """What a template said from some moment on. Never changed."""

    __tablename__ = "prompt_versions"
    __table_args__ = (UniqueConstraint("template_id", "number"),)

    id: int | None = Field(default=None, primary_key=True)
    template_id: int = Field(foreign_key="prompt_templates.id")
    number: int
    parent: int | None = Field(default=None, description="The version it was made from.")
    # JSON, not JSONB: views and variables keep the order they were written in
    content: dict[str, Any] = Field(sa_type=JSON)
    included: dict[str, str] = Field(default_factory=dict, sa_type=JSON, description="Texts of included prompts.")
    included_from: dict[str, list[int]] = Field(
        default_factory=dict, sa_type=JSON, description="Template and version of each."
    )
    digest: str = Field(max_length=64)
    note: str = Field(default="", max_length=2000)
    author: str = Field(max_length=200)
    created_at: datetime = Field(sa_type=UTCDateTime)


class PromptLabel(SQLModel, table=True):
    """A pointer to a version. It belongs to the slot, so a slot has one production."""

    __tablename__ = "prompt_labels"
    __table_args__ = (
        ForeignKeyConstraint(["template_id", "number"], ["prompt_versions.template_id", "prompt_versions.number"]),
    )

    worker: str = Field(primary_key=True, max_length=40)
    type: str = Field(primary_key=True, max_length=60)
    label: str = Field(primary_key=True, max_length=40)
    template_id: int = Field(index=True)
    number: int
    moved_at: datetime = Field(sa_type=UTCDateTime)


class PromptLabelMove(SQLModel, table=True):
    """One move of a label: from where to where, by whom and why. The last one is where the label is."""

    __tablename__ = "prompt_label_moves"
    __table_args__ = (Index("ix_prompt_label_moves_slot", "worker", "type", "label"),)

    id: int | None = Field(default=None, primary_key=True)
    worker: str = Field(max_length=40)
    type: str = Field(max_length=60)
    label: str = Field(max_length=40)
    from_template: int | None = Field(default=None)
    from_number: int | None = Field(default=None)
    to_template: int | None = Field(default=None, description="None: the label was taken away.")
    to_number: int | None = Field(default=None)
    digest: str | None = Field(default=None, max_length=64, description="Of the content it was moved to.")
    actor: str = Field(max_length=200)
    reason: str = Field(max_length=2000)
    overridden: str | None = Field(default=None, max_length=2000, description="What spoke against it and was ignored.")
    created_at: datetime = Field(sa_type=UTCDateTime)


class PromptTest(SQLModel, table=True):
    """Values to render a template with, and what must hold of the answer."""

    __tablename__ = "prompt_tests"
    __table_args__ = (UniqueConstraint("template_id", "name"),)

    id: int | None = Field(default=None, primary_key=True)
    template_id: int = Field(foreign_key="prompt_templates.id", ondelete="CASCADE")
    name: str = Field(max_length=120)
    view: str | None = Field(default=None, max_length=40)
    inputs: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    assertions: list[dict[str, Any]] = Field(default_factory=list, sa_type=JSON)
    enabled: bool = Field(default=True)
    created_at: datetime = Field(sa_type=UTCDateTime)


class PromptValidation(SQLModel, table=True):
    """What came of running one test on one version with one model, some number of times."""

    __tablename__ = "prompt_validations"
    __table_args__ = (Index("ix_prompt_validations_of", "template_id", "number", "model"),)

    id: int | None = Field(default=None, primary_key=True)
    template_id: int = Field(foreign_key="prompt_templates.id", ondelete="CASCADE")
    test_id: int = Field(foreign_key="prompt_tests.id", ondelete="CASCADE")
    test_digest: str = Field(max_length=64, description="Of the case as it was: a changed case has no result yet.")
    number: int
    model: str = Field(max_length=120)
    runs: int
    passes: int
    skipped: str | None = Field(default=None, max_length=500, description="Why it was not run.")
    failures: list[str] = Field(default_factory=list, sa_type=JSON)
    latency_ms: int | None = Field(default=None, description="95th percentile.")
    actor: str = Field(max_length=200)
    created_at: datetime = Field(sa_type=UTCDateTime)


class PromptCanary(SQLModel, table=True):
    """A share of a slot's calls goes to a candidate until its outcomes decide."""

    __tablename__ = "prompt_canaries"
    __table_args__ = (
        Index(
            "uq_prompt_canaries_running",
            "worker",
            "type",
            unique=True,
            sqlite_where=text("state = 'running'"),
            postgresql_where=text("state = 'running'"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    worker: str = Field(max_length=40)
    type: str = Field(max_length=60)
    baseline_template: int = Field(foreign_key="prompt_templates.id")
    baseline_number: int
    candidate_template: int = Field(foreign_key="prompt_templates.id")
    candidate_number: int
    share: float = Field(description="Of the slot's runs, 0 to 1.")
    most_share: float = Field(description="Up to which it may grow.")
    calls_then: int = Field(default=0, description="Calls of the candidate when the share was last set.")
    outcome: str = Field(max_length=40, description="What is compared.")
    most_calls: int = Field(description="Given up undecided after so many.")
    state: str = Field(default="running", max_length=12, description="running, promoted, rolled_back, stopped")
    started_by: str = Field(max_length=200)
    reason: str = Field(max_length=2000)
    verdict: str | None = Field(default=None, max_length=2000, description="Why it ended.")
    figures: dict[str, Any] = Field(default_factory=dict, sa_type=JSON, description="Counts when it ended.")
    started_at: datetime = Field(sa_type=UTCDateTime)
    ended_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
