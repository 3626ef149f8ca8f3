"""What outcomes have taught."""

from datetime import datetime

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel

from sigma_core.database import UTCDateTime
from sigma_core.learning.posterior import mean


class TrackRecord(SQLModel, table=True):
    """How often a fixer's fixes of a rule were accepted in a project."""

    __tablename__ = "learned_pattern"
    __table_args__ = (UniqueConstraint("project_id", "rule", "fixer"),)

    id: int | None = Field(default=None, primary_key=True)
    project_id: int = Field(foreign_key="project.id")
    rule: str = Field(max_length=80)
    fixer: str = Field(max_length=40)
    name: str = Field(max_length=200)
    type: str = Field(default="fix", max_length=40)
    description: str = Field(default="", max_length=2000)
    applicability: str | None = Field(default=None, max_length=300, description="For which issues it holds.")
    successes: int = Field(default=0)
    failures: int = Field(default=0)
    changed_at: datetime = Field(sa_type=UTCDateTime)

    @property
    def confidence(self) -> float:
        """Mean of the Beta posterior over acceptance with a uniform prior: (s + 1) / (s + f + 2)."""
        return mean(self.successes, self.failures)


class LearnedDecision(SQLModel, table=True):
    """Decisions already counted, so that each counts once however often it is seen."""

    __tablename__ = "learned_decision"

    decision_id: int = Field(primary_key=True, foreign_key="decision.id")
    counted_at: datetime = Field(sa_type=UTCDateTime)
