"""What the API says of projects, issues, proposals and runs; the fields are named as those of the `sigma` command."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar, Self

from pydantic import BaseModel, Field

from sigma_core.proposals.evidence import Evidence
from sigma_core.proposals.replay import Replay
from sigma_core.runtime.committee_account import committee_account
from sigma_core.runtime.system import System
from sigma_core.runtime.views import ProposalCase
from sigma_core.runtime.why import Trace, UsedItem, UsedPrompt
from sigma_core.workers.explanations import Explanation


class RowDocument(BaseModel):
    """Says what a row or a read model says."""

    NAMED: ClassVar[Mapping[str, str]] = {}
    """What the row calls otherwise: field → attribute."""

    @classmethod
    def of(cls, row: object) -> Self:
        """As it is there."""
        return cls(**{name: getattr(row, cls.NAMED.get(name, name)) for name in cls.model_fields})


class ProjectDocument(RowDocument):
    """A repository under care."""

    NAMED: ClassVar = {"project_id": "id"}

    project_id: int
    name: str
    path: str
    folder: str = Field(description="Of the repository, where the project is a part of it.")
    head: str = Field(description="Commit last fetched.")
    test_command: str | None
    python: str | None
    unready: str | None = Field(description="Why its tests cannot run, and how to mend it.")


class IssueDocument(RowDocument):
    """One finding, followed over commits."""

    NAMED: ClassVar = {"issue_id": "id"}

    issue_id: int
    project_id: int
    fingerprint: str
    detector: str
    rule: str
    family: str
    file: str
    line: int
    severity: str
    state: str
    message: str


class ProposalDocument(RowDocument):
    """A change, as lists tell it."""

    NAMED: ClassVar = {"proposal_id": "id"}

    proposal_id: int
    project_id: int
    issue_id: int | None
    issue_ids: Sequence[int]
    title: str
    state: str
    change_type: str
    fixer: str
    rule: str | None
    files: Sequence[str]
    confidence: float
    origin: str
    base_commit: str
    created_at: datetime


class VoteDocument(RowDocument):
    """One member's vote with its weight. Without a score the member is absent, and `absent` says why."""

    member: str
    score: float | None
    by_rule: float | None = Field(description="The score before any opinion of a model.")
    confidence: float | None
    weight: float
    risks: Sequence[str]
    absent: str | None


class DecisionDocument(RowDocument):
    """A decision, of the committee or of a person."""

    NAMED: ClassVar = {"decision": "verdict"}

    proposal_id: int
    decision: str = Field(examples=["approved"])
    decided_by: str = Field(examples=["committee"])
    actor: str
    score: float | None
    reasons: Sequence[str]
    created_at: datetime


class OutcomeDocument(RowDocument):
    """What became of a proposal."""

    kind: str = Field(examples=["applied"])
    how: str = Field(description="How it came to the main line, or went.")
    branch: str | None
    commit: str | None
    reason: str
    actor: str
    at: datetime
    created_at: datetime


class ProposalCaseDocument(ProposalDocument):
    """A proposal with all that was measured, voted, decided and done about it."""

    description: str
    diff: str
    keeps_behaviour: bool
    predecessor_id: int | None
    successor_id: int | None
    evidence: Evidence | None = Field(description="What was measured; null before the first verification.")
    votes: Sequence[VoteDocument]
    committee: dict[str, Any] | None = Field(description="What the score came to, by which weights and why.")
    decisions: Sequence[DecisionDocument]
    outcomes: Sequence[OutcomeDocument]

    @classmethod
    def of_case(cls, case: ProposalCase) -> Self:
        """As it stands."""
        return cls(
            **ProposalDocument.of(case.proposal).model_dump(),
            description=case.proposal.description,
            diff=case.proposal.diff,
            keeps_behaviour=case.proposal.keeps_behaviour,
            predecessor_id=case.proposal.predecessor_id,
            successor_id=case.successor_id,
            evidence=case.evidence,
            votes=[VoteDocument.of(row) for row in case.votes],
            committee=committee_account(case),
            decisions=[DecisionDocument.of(row) for row in case.decisions],
            outcomes=[OutcomeDocument.of(row) for row in case.outcomes],
        )


class WhyDocument(BaseModel):
    """What a decision rests on, and whether it comes out the same when it is made once more."""

    decision: DecisionDocument
    votes: Sequence[VoteDocument]
    rules: dict[str, Any] = Field(description="Weights, thresholds, precedents and rule version in force.")
    knowledge: Sequence[UsedItem]
    prompts: Sequence[UsedPrompt]
    runs: Sequence[int]
    explanations: Sequence[Explanation] = Field(description="How the knowledge hangs together with the rule.")
    sealed: bool = Field(description="Whether digests were taken when it was decided.")
    broken: Sequence[str] = Field(description="Ingredients that are missing or altered.")
    differences: Sequence[str] = Field(description="Where the decision made once more differs from what is stored.")

    @classmethod
    def of(cls, trace: Trace, again: Replay, explanations: Sequence[Explanation]) -> Self:
        """Of a trace and its replay."""
        return cls(
            decision=DecisionDocument.of(trace.decision),
            votes=[VoteDocument.of(row) for row in trace.votes],
            rules=trace.decision.rules,
            knowledge=trace.knowledge,
            prompts=trace.prompts,
            runs=[row.id or 0 for row in trace.runs],
            explanations=explanations,
            sealed=trace.is_sealed,
            broken=trace.broken,
            differences=again.differences,
        )


class RunDocument(RowDocument):
    """One execution of a worker on a project, or of the exchange."""

    NAMED: ClassVar = {"run_id": "id", "status": "state"}

    run_id: int
    worker: str
    project_id: int | None
    status: str = Field(examples=["queued"])
    requested_by: str
    progress: str | None
    produced: int
    published: int
    received: int
    error: str | None
    queued_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    duration_ms: int | None
    cancel_requested: bool


class JobDocument(RowDocument):
    """A line of the schedule."""

    NAMED: ClassVar = {"job": "name"}

    job: str
    every_s: int
    cron: str | None = Field(description="Set: the job runs when it says, in UTC, and `every_s` does not count.")
    paused: bool
    next_at: datetime
    last_enqueued_at: datetime | None


class StrategyRunDocument(RowDocument):
    """One execution of a strategy."""

    NAMED: ClassVar = {"run_id": "id"}

    run_id: int
    strategy: str
    worker: str
    project_id: int | None
    status: str
    parameters: dict[str, Any]
    summary: str | None
    metrics: dict[str, Any]
    result: dict[str, Any] | None = Field(description="Left out in lists.")
    error: str | None
    queued_at: datetime
    duration_ms: int | None


def why_document(sigma: System, key: int | str) -> WhyDocument:
    """Of a proposal's latest decision by the committee."""
    trace = sigma.runtime.traces.of(key)
    return WhyDocument.of(trace, sigma.runtime.traces.replay(key), sigma.workers.why.of(trace.proposal))
