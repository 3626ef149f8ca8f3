"""The nine types of knowledge that SIGMA's own workers exchange."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, ValidationInfo, field_validator

from sigma_core.exchange.payload import (
    DAY_S,
    HOUR_S,
    MAX_LABEL,
    MOST_PLACES,
    ConflictStrategy,
    Detail,
    Fraction,
    Label,
    Payload,
    Persistence,
    Places,
    Propagation,
    Reference,
)
from sigma_core.graph.facts import Attribute, Entity, Fact
from sigma_core.graph.vocabulary import (
    CHANGES,
    CONCERNS,
    CONTEXT,
    ENRICHED_BY,
    EXPERIMENT,
    FIXES,
    LEARNED_IN,
    MENDS,
    PATTERN,
    PROJECT,
    PROPOSAL,
    RISKS,
    RULE,
)
from sigma_core.jobs import WORKERS

Attributes = Mapping[str, Attribute]


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
    rule: Label | None = None
    places: Places | None = None

    def facts(self) -> tuple[Fact, ...]:
        """Of which rule the pattern is a risk, and where it was met."""
        said = f"{self.pattern} is a risk of severity {self.severity}"
        pattern: Entity = self._pattern
        known: Attributes = {"severity": self.severity, "confidence": self.confidence}
        of_rule = [Fact(pattern, RISKS, Entity(self.rule, RULE), said, attributes=known)] if self.rule else []
        met = [Fact(pattern, CONCERNS, each, f"{said} in {each.name}", attributes=known) for each in _code(self.places)]
        return (*of_rule, *met)

    def entities(self) -> tuple[Entity, ...]:
        """The pattern."""
        return (self._pattern,)

    @property
    def _pattern(self) -> Entity:
        return Entity(self.pattern, PATTERN)


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
    proposal: Reference | None = None
    rule: Label | None = None
    places: Places | None = None

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

    @classmethod
    def makes_claim(cls, data: Mapping[str, Any]) -> bool:
        """An undecided one says neither that it was a success nor that it was none."""
        return data.get("outcome") != "undecided"

    def audience(self) -> tuple[str, ...]:
        """Successes teach, failures warn those who decide; what is undecided concerns no worker yet."""
        if self.undecided:
            return ()
        return ("learning", "dream") if self.success else ("think",)

    def facts(self) -> tuple[Fact, ...]:
        """What was proposed mends which rule and changes which code, and how that was decided, once it is."""
        if self.undecided:
            return ()
        decided = "approved" if self.success else self.outcome or "not approved"
        return _mending(self._proposed, self.rule, self.places, decided, {"decided": decided})

    def entities(self) -> tuple[Entity, ...]:
        """What was proposed, where it is named."""
        return (Entity(self._proposed, PROPOSAL),) if self._proposed and not self.undecided else ()

    @property
    def _proposed(self) -> str | None:
        """Think once named the decision alone, by its number."""
        return self.proposal or (None if self.decision.startswith("decision/") else self.decision)


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
    places: Places | None = None

    def facts(self) -> tuple[Fact, ...]:
        """The pattern, what it fixes, and where it did."""
        pattern, known = Entity(self.pattern, PATTERN), {"improvement": self.improvement}
        said = f"{self.pattern} fixes {self.issue_type}"
        return (
            Fact(pattern, FIXES, Entity(self.issue_type, RULE), said, attributes=known),
            *(Fact(pattern, CONCERNS, each, f"{said} in {each.name}", attributes=known) for each in _code(self.places)),
        )


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

    def entities(self) -> tuple[Entity, ...]:
        """The kind of issue; where it was found the issues themselves say."""
        return (Entity(self.issue_type, RULE, self.called or ""),)


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
        """Where the pattern was learned, and how it does there."""
        if self.origin_project is None:
            return ()
        how = "too seldom decided to tell a trend" if self.trend == "unknown" else self.trend
        said = f"{self.pattern} is {how} in {self.origin_project}"
        known: Attributes = {"trend": self.trend, "confidence": self.confidence}
        return (
            Fact(
                Entity(self.pattern, PATTERN), LEARNED_IN, Entity(self.origin_project, PROJECT), said, attributes=known
            ),
        )

    def entities(self) -> tuple[Entity, ...]:
        """The pattern."""
        return (Entity(self.pattern, PATTERN),)


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
        """Which proposals tell something of what was asked about."""
        found = self.enrichment.get("found") if isinstance(self.enrichment, dict) else None
        asked = self._asked
        return tuple(
            Fact(asked, ENRICHED_BY, Entity(each, PROPOSAL), f"{each} tells of {asked.name}")
            for each in dict.fromkeys(found if isinstance(found, list) else ())
            if isinstance(each, str) and each.startswith("proposal/")
        )

    def entities(self) -> tuple[Entity, ...]:
        """What was asked about."""
        return (self._asked,)

    @property
    def _asked(self) -> Entity:
        kind, _, rule = self.context_type.partition(" ")
        return Entity(rule, RULE) if kind == "rule" and rule.strip() else Entity(self.context_type, CONTEXT)


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
    rule: Label | None = None
    places: Places | None = None

    def facts(self) -> tuple[Fact, ...]:
        """What is proposed mends which rule and changes which code, and what is thought of it."""
        known: Attributes = {"verdict": self.verdict, "score": self.score}
        return _mending(self.proposal, self.rule, self.places, self.verdict, known)

    def entities(self) -> tuple[Entity, ...]:
        """The proposal."""
        return (Entity(self.proposal, PROPOSAL),)


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
    project: Label | None = None
    """In which it was made; None: it concerns all of them."""

    def facts(self) -> tuple[Fact, ...]:
        """What the experiment has shown of a project."""
        if self.project is None:
            return ()
        ended = "succeeded" if self.success else "failed"
        said = f"{self.experiment} {ended} in {self.project}, improvement {self.improvement:g}"
        known = {"success": self.success, "improvement": self.improvement}
        concerned = Entity(self.project, PROJECT)
        return (Fact(Entity(self.experiment, EXPERIMENT), CONCERNS, concerned, said, attributes=known),)

    def entities(self) -> tuple[Entity, ...]:
        """The experiment."""
        return (Entity(self.experiment, EXPERIMENT),)


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
    places: Places | None = None

    def facts(self) -> tuple[Fact, ...]:
        """The kind of issue, and where it cannot wait."""
        rule, known = Entity(self.issue_type, RULE), {"severity": self.severity}
        return tuple(
            Fact(rule, CONCERNS, each, f"{self.issue_type} is critical in {each.name}", attributes=known)
            for each in _code(self.places)
        )

    def entities(self) -> tuple[Entity, ...]:
        """The kind of issue."""
        return (Entity(self.issue_type, RULE),)


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


def _mending(
    proposal: str | None,
    rule: str | None,
    places: Iterable[str] | None,
    decided: str,
    known: Attributes,
) -> tuple[Fact, ...]:
    """What a proposal mends and changes. `decided`: what was made of it, in a word; `known`: all there is to say."""
    if proposal is None:
        return ()
    proposed, code = Entity(proposal, PROPOSAL), list(_code(places))
    where = f" in {', '.join(each.name for each in code[:3])}" if code else ""
    told = f"{proposal} mends {rule}{where}: {decided}"
    mends = [Fact(proposed, MENDS, Entity(rule, RULE), told, attributes=known)] if rule else []
    changes = (
        Fact(proposed, CHANGES, each, f"{proposal} changes {each.name}: {decided}", attributes=known) for each in code
    )
    return (*mends, *changes)


def named_places(places: Iterable[str]) -> list[str] | None:
    """So many of these as an item names, each once; None where there is none that it could name."""
    return [each for each in dict.fromkeys(places) if len(each) <= MAX_LABEL][:MOST_PLACES] or None


def _code(places: Iterable[str] | None) -> Iterator[Entity]:
    """The code at these places, each once."""
    return (Entity(each, place=each) for each in dict.fromkeys(places or ()))
