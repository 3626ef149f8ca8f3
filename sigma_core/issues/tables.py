"""Issues."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, Index, Text, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from sigma_core.database import PortableJSON, UTCDateTime

_EVERYWHERE: Any = {"sqlite_where": text("project_id IS NULL"), "postgresql_where": text("project_id IS NULL")}


class Severity(StrEnum):
    """How bad, least first."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """0 for info up to 3 for critical."""
        return list(Severity).index(self)


class IssueState(StrEnum):
    """Where an issue is in its life. A reopened issue is open again, and says so."""

    OPEN = "open"
    FIXED = "fixed"
    REOPENED = "reopened"
    IGNORED = "ignored"


class Issue(SQLModel, table=True):
    """One finding in one project, followed over commits by its fingerprint."""

    __tablename__ = "issue"
    __table_args__ = (
        UniqueConstraint("project_id", "fingerprint"),
        Index("ix_issue_project_id_state_severity", "project_id", "state", "severity"),
        Index("ix_issue_project_id_file", "project_id", "file"),
    )

    id: int | None = Field(default=None, primary_key=True)
    project_id: int = Field(foreign_key="project.id")
    fingerprint: str = Field(max_length=64)
    detector: str = Field(max_length=40)
    rule: str = Field(max_length=80)
    family: str = Field(max_length=20, description="bug, security, performance, complexity, simplification, dead_code")
    file: str = Field(max_length=4096)
    symbol: str = Field(default="", sa_type=Text, description="Qualified name of the definition around it, if any.")
    line: int
    end_line: int
    severity: str = Field(max_length=10, description="As it counts: the detector's, or what was judged of this place.")
    found_severity: str = Field(default="", max_length=10, description="What the detector calls it by its rule.")
    priority: float | None = Field(default=None, description="How soon to mend it, 0–1; None: not judged.")
    judgement: dict[str, Any] | None = Field(
        default=None, sa_type=PortableJSON, description="Severity, reason and confidence as judged, by which prompt."
    )
    to_judge: bool = Field(default=False, description="Waits for a judgement.")
    message: str = Field(max_length=2000)
    state: str = Field(max_length=10)
    fix: dict[str, Any] | None = Field(
        default=None, sa_type=PortableJSON, description="The detector's own edit at last sight, if it has one."
    )
    applicability: str | None = Field(
        default=None, max_length=10, description="safe or unsafe, where the detector has an edit."
    )
    choice: str | None = Field(
        default=None,
        max_length=12,
        description="What the project's configuration says of the rule here: selected, unselected or ignored.",
    )
    opened_commit: str = Field(max_length=64)
    seen_commit: str = Field(max_length=64, description="Last commit it was found in.")
    opened_at: datetime = Field(sa_type=UTCDateTime, index=True)
    changed_at: datetime = Field(sa_type=UTCDateTime, index=True, description="When its state last changed.")
    note: str | None = Field(default=None, max_length=2000, description="Why it is ignored.")
    wanted_by: str | None = Field(
        default=None, max_length=200, description="Who asked for a fix, until one is written."
    )

    @property
    def place(self) -> str:
        """Where it stands in the code: `path`, or `path:qualified.name`."""
        return f"{self.file}:{self.symbol}" if self.symbol else self.file


class IssueLife(SQLModel, table=True):
    """An issue in the code, from the commit that brought it, as far as that is known, to the one that ended it."""

    __tablename__ = "issue_life"
    __table_args__ = (Index("ix_issue_life_issue_id", "issue_id"),)

    id: int | None = Field(default=None, primary_key=True)
    issue_id: int = Field(foreign_key="issue.id")
    entity_id: int = Field(foreign_key="code_entity.id", description="The function, class or module that has it.")
    place: str = Field(sa_type=Text, description="How that was called when it began: path:qualified.name.")
    fingerprint: str = Field(max_length=64, description="As it was when it began.")
    severity: str = Field(max_length=10, description="What the detector calls it.")
    since_commit: str = Field(max_length=64)
    since_at: datetime = Field(sa_type=UTCDateTime)
    is_since_known: bool = Field(description="The commit before was looked at, and did not have it; else it is older.")
    until_commit: str | None = Field(default=None, max_length=64, description="The first looked at without it.")
    until_at: datetime | None = Field(default=None, sa_type=UTCDateTime)


class RulePreference(SQLModel, table=True):
    """What an operator says of a rule: whether fixes of it are to be offered, in one project or in all."""

    __tablename__ = "rule_preference"
    __table_args__ = (
        Index("uq_rule_preference_everywhere", "rule", unique=True, **_EVERYWHERE),
        Index("uq_rule_preference_project_id_rule", "project_id", "rule", unique=True),
    )

    id: int | None = Field(default=None, primary_key=True)
    project_id: int | None = Field(default=None, foreign_key="project.id", description="None: in every project.")
    rule: str = Field(max_length=80, description="A rule's code, or a beginning of it.")
    offered: bool
    reason: str = Field(max_length=2000)
    actor: str = Field(max_length=200)
    created_at: datetime = Field(sa_type=UTCDateTime)


class RuleExpectation(SQLModel, table=True):
    """What is expected of mending a rule's issues in a project, and what that rests on."""

    __tablename__ = "rule_expectation"
    __table_args__ = (UniqueConstraint("project_id", "rule", "fixer"),)

    id: int | None = Field(default=None, primary_key=True)
    project_id: int = Field(foreign_key="project.id")
    rule: str = Field(max_length=80)
    fixer: str = Field(default="", max_length=40, description="Empty: whoever mends it.")
    wanted: float = Field(description="Probability that the maintainers want it, 0–1.")
    low: float = Field(description="With a probability of 5 % it is less.")
    high: float = Field(description="With a probability of 5 % it is more.")
    own_trials: float = Field(description="What this rests on of the project itself.")
    lives: int = Field(description="Issues of its past that were followed.")
    fixed_lives: int = Field(description="Of these were fixed.")
    median_days: float | None = Field(default=None, description="From being seen to being fixed.")
    pooled: float = Field(description="What other projects alone let one expect, 0–1.")
    sources: list[dict[str, Any]] = Field(
        default_factory=list, sa_type=PortableJSON, description="Other projects: name, trials, resemblance 0–1."
    )
    taken: int = Field(default=0, description="Changes of ours that were accepted.")
    refused: int = Field(default=0, description="Changes of ours that were not.")
    verifies: float = Field(description="Probability that a fix stands the tests, 0–1.")
    seconds: float = Field(description="Expected time to prove one.")
    nano_usd: int = Field(default=0, sa_type=BigInteger, description="Expected price of the calls for one.")
    value: float = Field(description="wanted × verifies, per cost: 1 costs what is usual here.")
    changed_at: datetime = Field(sa_type=UTCDateTime)
