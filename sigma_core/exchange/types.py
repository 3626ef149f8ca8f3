"""The nine types of knowledge that SIGMA's own workers exchange."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field, ValidationInfo, field_validator

from sigma_core.exchange.detail import as_text
from sigma_core.exchange.payload import (
    DAY_S,
    HOUR_S,
    ConflictStrategy,
    Detail,
    Fraction,
    Label,
    Payload,
    Persistence,
    Propagation,
    Reference,
)
from sigma_core.graph.facts import Entity, Fact
from sigma_core.jobs import WORKERS


class RiskPattern(Payload):
    """A kind of change that has turned out to be risky."""

    name = "risk_pattern"
    recipients = ("think", "learning")
    decay_s = 7 * DAY_S
    subject = ("pattern",)
    claim = ("severity",)
    volatile = ("confidence",)
    prose = ("context",)

    pattern: Label
    severity: Label
    confidence: Fraction
    context: Detail

    def facts(self) -> tuple[Fact, ...]:
        """The pattern and its severity."""
        said = f"{self.pattern} is a risk of severity {self.severity}: {as_text(self.context)}"
        return (Fact(_pattern(self.pattern), "HAS_RISK", Entity(self.severity, "severity"), said),)


class DecisionOutcome(Payload):
    """What became of a decision: approved, rejected, or undecided and left to a person.

    `success` stands for the first two alone; of an undecided one it is false and says nothing. A message that does not
    name its outcome says approved by success and rejected without.
    """

    name = "decision_outcome"
    recipients = ("think", "learning", "dream")
    propagation = Propagation.MULTICAST
    persistence = Persistence.MEDIUM
    decay_s = 3 * DAY_S
    subject = ("decision", "context")
    claim = ("success",)
    prose = ("learning",)

    decision: Reference
    success: bool
    learning: Detail
    context: Detail
    outcome: Literal["approved", "rejected", "undecided"] | None = None

    @field_validator("outcome")
    @classmethod
    def _agrees(cls, outcome: str | None, given: ValidationInfo) -> str | None:
        success = given.data.get("success")
        if outcome is not None and success is not None and success != (outcome == "approved"):
            message = f"{outcome} does not go with success {str(success).lower()}"
            raise ValueError(message)
        return outcome

    @property
    def undecided(self) -> bool:
        """Whether it waits for a person, and is neither a success nor a failure yet."""
        return self.outcome == "undecided"

    def audience(self) -> tuple[str, ...]:
        """Successes teach, failures warn those who decide; what is undecided concerns no worker yet."""
        if self.undecided:
            return ()
        return ("learning", "dream") if self.success else ("think",)

    def facts(self) -> tuple[Fact, ...]:
        """The decision and how it ended, once it has."""
        if self.undecided:
            return ()
        said = f"{self.decision} {_outcome_name(self.success)}: {as_text(self.learning)}"
        return (Fact(Entity(self.decision, "decision"), "ENDED_AS", _outcome(self.success), said),)


class SuccessfulFix(Payload):
    """A way to fix a kind of issue that has worked."""

    name = "successful_fix"
    recipients = ("dream", "learning", "analysis")
    decay_s = 14 * DAY_S
    subject = ("issue_type", "pattern")
    volatile = ("improvement",)
    prose = ("fix_details",)

    issue_type: Label
    improvement: Fraction
    pattern: Label
    fix_details: Detail

    def facts(self) -> tuple[Fact, ...]:
        """The pattern and what it fixes."""
        said = f"{self.pattern} fixes {self.issue_type}: {as_text(self.fix_details)}"
        return (Fact(_pattern(self.pattern), "FIXES", _issue_type(self.issue_type), said),)


class IssuePattern(Payload):
    """A kind of issue that is frequent in a project."""

    name = "issue_pattern"
    recipients = ("analysis", "think")
    propagation = Propagation.MULTICAST
    persistence = Persistence.MEDIUM
    decay_s = 5 * DAY_S
    validation_required = False
    subject = ("issue_type",)
    claim = ("severity",)
    volatile = ("frequency", "called")
    prose = ("impact",)

    issue_type: Label
    severity: Label
    frequency: Annotated[float, Field(ge=0)]
    impact: Detail
    called: Label | None = None
    """What a rule's code stands for, in words that are the same in every project."""

    def audience(self) -> tuple[str, ...]:
        """Critical ones concern those who fix and decide as well."""
        return ("analysis", "think", "dream") if self.severity.casefold() == "critical" else ("analysis",)

    def facts(self) -> tuple[Fact, ...]:
        """The kind of issue and its severity."""
        said = f"{self.issue_type} was found {self.frequency:g} times, severity {self.severity}: {as_text(self.impact)}"
        kind = Entity(self.issue_type, "issue_type", self.called or "")
        return (Fact(kind, "HAS_SEVERITY", Entity(self.severity, "severity"), said),)


class PatternEvolution(Payload):
    """How the success of a pattern changes over time."""

    name = "pattern_evolution"
    recipients = ("learning", "dream")
    decay_s = 30 * DAY_S
    subject = ("pattern", "origin_project")
    claim = ("trend",)
    volatile = ("confidence",)
    # a trend tells of a time: the later one follows the earlier, it does not compete with it
    conflict = ConflictStrategy.NEWEST

    pattern: Label
    trend: Label
    confidence: Fraction
    origin_project: Label | None = None

    def facts(self) -> tuple[Fact, ...]:
        """The pattern, its trend, and where that was seen."""
        trend = Fact(
            _pattern(self.pattern), "HAS_TREND", Entity(self.trend, "trend"), f"{self.pattern} is {self.trend}"
        )
        if self.origin_project is None:
            return (trend,)
        said = f"{self.pattern} was learned in {self.origin_project}"
        return (trend, Fact(_pattern(self.pattern), "LEARNED_IN", Entity(self.origin_project, "project"), said))


class ContextEnrichment(Payload):
    """Context that helped to answer a query."""

    name = "context_enrichment"
    recipients = ("recall", "think", "dream")
    propagation = Propagation.MULTICAST
    persistence = Persistence.SHORT
    decay_s = 6 * HOUR_S
    validation_required = False
    subject = ("context_type", "enrichment")
    volatile = ("relevance",)
    prose = ("enrichment",)
    relevant_from: ClassVar[float] = 0.7

    context_type: Label
    enrichment: Detail
    relevance: Fraction

    def audience(self) -> tuple[str, ...]:
        """Only what is relevant leaves recall."""
        return self.recipients if self.relevance >= self.relevant_from else ("recall",)

    def facts(self) -> tuple[Fact, ...]:
        """What was asked about, and what is known of it: the text alone, where there is more around it."""
        text = self.enrichment.get("text") if isinstance(self.enrichment, dict) else None
        known = text if isinstance(text, str) and text.strip() else as_text(self.enrichment)
        said = f"{self.context_type}: {known}"
        return (Fact(Entity(self.context_type, "context"), "ENRICHED_BY", Entity(known, "context"), said),)


class ProposalQuality(Payload):
    """How good a proposal is thought to be."""

    name = "proposal_quality"
    recipients = ("dream", "think")
    persistence = Persistence.MEDIUM
    decay_s = 7 * DAY_S
    subject = ("proposal",)
    claim = ("verdict",)
    volatile = ("score",)

    proposal: Reference
    score: Fraction
    verdict: Label

    def facts(self) -> tuple[Fact, ...]:
        """The proposal and what is thought of it."""
        said = f"{self.proposal} was judged {self.verdict}, score {self.score:.2f}"
        return (Fact(Entity(self.proposal, "proposal"), "JUDGED_AS", Entity(self.verdict, "verdict"), said),)


class ExperimentResult(Payload):
    """What an experiment has shown."""

    name = "experiment_result"
    recipients = WORKERS
    decay_s = 30 * DAY_S
    subject = ("experiment",)
    claim = ("success",)
    volatile = ("improvement",)

    experiment: Reference
    improvement: float
    success: bool

    def facts(self) -> tuple[Fact, ...]:
        """The experiment and how it ended."""
        said = f"{self.experiment} {_outcome_name(self.success)}, improvement {self.improvement:g}"
        return (Fact(Entity(self.experiment, "experiment"), "ENDED_AS", _outcome(self.success), said),)


class CriticalIssue(Payload):
    """An issue that cannot wait."""

    name = "critical_issue"
    recipients = ("analysis", "think", "dream")
    persistence = Persistence.MEDIUM
    decay_s = 5 * DAY_S
    subject = ("issue_type",)
    prose = ("impact",)

    issue_type: Label
    severity: Literal["critical"]
    impact: Detail

    def facts(self) -> tuple[Fact, ...]:
        """The kind of issue and that it is critical."""
        said = f"{self.issue_type} is critical: {as_text(self.impact)}"
        return (Fact(_issue_type(self.issue_type), "HAS_SEVERITY", Entity(self.severity, "severity"), said),)


BUILT_IN: tuple[type[Payload], ...] = (
    RiskPattern,
    DecisionOutcome,
    SuccessfulFix,
    IssuePattern,
    PatternEvolution,
    ContextEnrichment,
    ProposalQuality,
    ExperimentResult,
    CriticalIssue,
)


def _pattern(name: str) -> Entity:
    return Entity(name, "pattern")


def _issue_type(name: str) -> Entity:
    return Entity(name, "issue_type")


def _outcome(success: bool) -> Entity:
    return Entity(_outcome_name(success), "outcome")


def _outcome_name(success: bool) -> str:
    return "succeeded" if success else "failed"
