"""Proposals, their evidence, votes, decisions and outcomes."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from sigma_core.database import PortableJSON, UTCDateTime


class ProposalState(StrEnum):
    """Where a proposal is in its life."""

    WAITING = "waiting"
    """For verification."""
    APPROVED = "approved"
    NEEDS_HUMAN = "needs_human"
    REJECTED = "rejected"
    APPLIED = "applied"
    STALE = "stale"
    """Its base has moved and the same fix no longer fits, or a newer one replaces it."""


class Verdict(StrEnum):
    """What was decided."""

    APPROVED = "approved"
    NEEDS_HUMAN = "needs_human"
    REJECTED = "rejected"


class Proposal(SQLModel, table=True):
    """A change, with where it came from. The same diff on the same base is the same proposal."""

    __tablename__ = "proposal"
    __table_args__ = (
        UniqueConstraint("project_id", "base_commit", "diff_sha256"),
        Index("ix_proposal_project_id_state", "project_id", "state"),
    )

    id: int | None = Field(default=None, primary_key=True)
    project_id: int = Field(foreign_key="project.id")
    issue_id: int | None = Field(default=None, foreign_key="issue.id", index=True)
    title: str = Field(max_length=200)
    description: str = Field(default="", max_length=8000)
    change_type: str = Field(max_length=20, description="The issue's family, or outside.")
    diff: str
    diff_sha256: str = Field(max_length=64)
    content_sha256: str = Field(default="", max_length=64, index=True, description="Of the change, line numbers aside.")
    base_commit: str = Field(max_length=64)
    predecessor_id: int | None = Field(default=None, description="The same change on an earlier commit.")
    lineage_id: int | None = Field(
        default=None, index=True, description="The first proposal of this change, where it is not this one."
    )
    files: list[str] = Field(default_factory=list, sa_type=PortableJSON)
    parts: list[dict[str, Any]] = Field(
        default_factory=list,
        sa_type=PortableJSON,
        description="Its fixes, where known: issue_id, title, description, numbers of their edits in the diff.",
    )
    confidence: float = Field(ge=0, le=1)
    origin: str = Field(max_length=40, description="The worker, or operator.")
    fixer: str = Field(max_length=40, description="linter_safe, linter_unsafe, model or outside.")
    rule: str | None = Field(default=None, max_length=80)
    keeps_behaviour: bool = Field(default=False, description="Whoever handed it in vouches that nothing differs.")
    prompt_version: str | None = Field(default=None, max_length=120)
    model_answer: str | None = Field(default=None, description="The raw answer the diff was made from.")
    knowledge_ids: list[int] = Field(default_factory=list, sa_type=PortableJSON)
    run_id: int | None = Field(default=None, index=True)
    state: str = Field(max_length=20)
    apply_requested_by: str | None = Field(default=None, max_length=200, description="Who wants it on a branch.")
    apply_error: str | None = Field(default=None, max_length=2000, description="Why it could not be applied.")
    created_at: datetime = Field(sa_type=UTCDateTime)
    changed_at: datetime = Field(sa_type=UTCDateTime, index=True)

    @property
    def issue_ids(self) -> list[int]:
        """All issues it is for, the first of which is `issue_id`."""
        return issue_ids(self.issue_id, self.parts)


def issue_ids(issue_id: int | None, parts: Sequence[Mapping[str, Any]]) -> list[int]:
    """The issues that a proposal with these columns is for."""
    return [part["issue_id"] for part in parts] or ([issue_id] if issue_id is not None else [])


class ProposalIssue(SQLModel, table=True):
    """An issue that a proposal is for, one of possibly many."""

    __tablename__ = "proposal_issue"

    proposal_id: int = Field(foreign_key="proposal.id", primary_key=True)
    issue_id: int = Field(foreign_key="issue.id", primary_key=True, index=True)


class ProposalComment(SQLModel, table=True):
    """What somebody said of a change; `line_id` is the first proposal of it, on whichever commit it is by now."""

    __tablename__ = "proposal_comment"

    id: int | None = Field(default=None, primary_key=True)
    line_id: int = Field(foreign_key="proposal.id", index=True)
    proposal_id: int = Field(foreign_key="proposal.id", description="Before which of them it was said.")
    author: str = Field(max_length=200)
    text: str = Field(max_length=4000)
    created_at: datetime = Field(sa_type=UTCDateTime)


class ProposalAssignment(SQLModel, table=True):
    """Who looks after a change."""

    __tablename__ = "proposal_assignment"

    line_id: int = Field(foreign_key="proposal.id", primary_key=True, sa_column_kwargs={"autoincrement": False})
    assignee: str = Field(max_length=200, index=True)
    assigned_by: str = Field(max_length=200)
    assigned_at: datetime = Field(sa_type=UTCDateTime)


class Verification(SQLModel, table=True):
    """The evidence for one proposal (see `sigma_core.proposals.evidence.Evidence`)."""

    __tablename__ = "verification"

    id: int | None = Field(default=None, primary_key=True)
    proposal_id: int = Field(foreign_key="proposal.id", index=True)
    evidence: dict[str, Any] = Field(sa_type=PortableJSON)
    run_id: int | None = Field(default=None, index=True)
    duration_ms: int
    created_at: datetime = Field(sa_type=UTCDateTime)


class CommitteeScore(SQLModel, table=True):
    """One member's vote on one verification, with its inputs. `score` is None when the member is absent."""

    __tablename__ = "committee_score"
    __table_args__ = (UniqueConstraint("verification_id", "member"),)

    id: int | None = Field(default=None, primary_key=True)
    verification_id: int = Field(foreign_key="verification.id")
    member: str = Field(max_length=20)
    score: float | None = Field(default=None)
    by_rule: float | None = Field(default=None, description="The score before any model's opinion.")
    confidence: float | None = Field(default=None)
    weight: float = Field(description="Normalised share of this decision, 0–1.")
    veto: str | None = Field(default=None, max_length=2000, description="The reason, where the member vetoes.")
    risks: list[str] = Field(default_factory=list, sa_type=PortableJSON)
    facts: dict[str, Any] = Field(default_factory=dict, sa_type=PortableJSON)
    opinion: dict[str, Any] | None = Field(default=None, sa_type=PortableJSON, description="The model's raw answer.")
    prompt_version: str | None = Field(default=None, max_length=120)
    absent: str | None = Field(default=None, max_length=2000, description="Why the member did not vote.")


class Decision(SQLModel, table=True):
    """A verdict, by the committee or by a person, with all that a replay needs."""

    __tablename__ = "decision"

    id: int | None = Field(default=None, primary_key=True)
    proposal_id: int = Field(foreign_key="proposal.id", index=True)
    verification_id: int | None = Field(default=None, foreign_key="verification.id")
    verdict: str = Field(max_length=20)
    decided_by: str = Field(max_length=20, description="committee or person")
    actor: str = Field(max_length=200)
    score: float | None = Field(default=None, description="Weighted score of the committee, 0–1.")
    confidence: float | None = Field(default=None)
    reasons: list[str] = Field(default_factory=list, sa_type=PortableJSON)
    rules: dict[str, Any] = Field(
        default_factory=dict, sa_type=PortableJSON, description="Weights, thresholds and rule version in force."
    )
    knowledge: list[dict[str, Any]] = Field(
        default_factory=list, sa_type=PortableJSON, description="Items in the context: id and freshness at that time."
    )
    seen: dict[str, Any] | None = Field(
        default=None, sa_type=PortableJSON, description="What stood there when a person decided: state, base, decision."
    )
    seal: dict[str, str] | None = Field(
        default=None, sa_type=PortableJSON, description="Digests of all it rests on, by the committee's decisions."
    )
    run_id: int | None = Field(default=None)
    created_at: datetime = Field(sa_type=UTCDateTime, index=True)


class Outcome(SQLModel, table=True):
    """One event in the life of a change after it was proposed (see `outcomes.kinds`), as things stand."""

    __tablename__ = "outcome"
    __table_args__ = (UniqueConstraint("line_id", "kind"), Index("ix_outcome_project_id_at", "project_id", "at"))

    id: int | None = Field(default=None, primary_key=True)
    line_id: int = Field(description="The first proposal of the change.")
    proposal_id: int = Field(foreign_key="proposal.id", index=True, description="The one that it happened to.")
    project_id: int = Field(foreign_key="project.id")
    kind: str = Field(max_length=20)
    how: str = Field(
        default="", max_length=10, description="ours, same, squashed or by_hand; of a reversal revert or by_hand."
    )
    branch: str | None = Field(default=None, max_length=250)
    commit: str | None = Field(default=None, max_length=64)
    reason: str = Field(default="", max_length=2000, description="What a person said.")
    actor: str = Field(max_length=200)
    at: datetime = Field(sa_type=UTCDateTime, description="When it happened: a commit's time, if that is past.")
    created_at: datetime = Field(sa_type=UTCDateTime, description="When it was noticed.")


class FollowedChange(SQLModel, table=True):
    """How far a change has been followed along the main line."""

    __tablename__ = "followed_change"
    __table_args__ = (Index("ix_followed_change_project_id_is_over", "project_id", "is_over"),)

    line_id: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    project_id: int = Field(foreign_key="project.id")
    proposal_id: int = Field(foreign_key="proposal.id", description="The newest before it reached the main line.")
    decision_id: int = Field(description="The newest decision on it that was looked at.")
    commit: str = Field(max_length=64, description="Followed up to this one.")
    paths: list[str] = Field(sa_type=PortableJSON, description="Where its files lie there, in their order.")
    commits: int = Field(default=0, description="Of the main line, since its base.")
    reached: int | None = Field(default=None, description="After so many of them it stood on the main line.")
    is_standing: bool = Field(default=False)
    is_branch_seen: bool = Field(default=False, description="Our branch with it was there at an earlier look.")
    is_over: bool = Field(default=False, description="It is followed no further.")
    is_taken: bool | None = Field(default=None, description="Taken and kept by the maintainers; None: not known.")
    changed_at: datetime = Field(sa_type=UTCDateTime)
