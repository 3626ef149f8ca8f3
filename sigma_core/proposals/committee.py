"""Five members score the evidence, each on facts of its own. No member sees another's main input."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import exp, fsum
from types import MappingProxyType
from typing import Any, NotRequired, TypedDict

from sigma_core.proposals.calibration.shares import PRIOR as UNPROVED
from sigma_core.proposals.evidence import ControlState, Evidence, SuiteRunState

RULES_VERSION = "6"

DEFAULT_WEIGHTS: Mapping[str, float] = {
    "architect": 0.22,
    "reviewer": 0.22,
    "tester": 0.24,
    "security": 0.20,
    "optimizer": 0.12,
}

LEVELS: Mapping[str, float] = {"low": 0.0, "medium": 0.5, "high": 1.0}
"""How much an assessed level of risk weighs."""


Shares = Mapping[str, Mapping[str, float]]
"""Of each member's vote, how much a model's opinion is: by member and model. One without a record has little."""


class KnownRisk(TypedDict):
    """An item of knowledge that warns of such a change: where it is from and what it was worth then (0–1)."""

    id: int
    source: str
    pattern: str
    severity: str
    confidence: float
    freshness: float
    trust: float
    hops: NotRequired[int]
    """How far the graph had to go from the rule to it; absent where it is of the rule itself."""


class AssessedRisk(TypedDict):
    """What was said of the risk of this very change: level low, medium or high, confidence 0–1."""

    level: str
    risks: list[str]
    mitigations: list[str]
    confidence: float
    model: str
    prompt_version: str
    by_model: bool
    """Whether a model said it. The offline rules read the members' own facts, which count already."""
    context: NotRequired[list[str]]
    """Ids of what recall put beside the question."""


class ChangeReach(TypedDict):
    """What the code's facts say of a change: how many functions and classes depend on it within some steps, how many
    of these and of itself no test reaches, and how many tests there are as near. `risk` (0–1): the untested share, the
    more the wider the reach is."""

    changed: list[str]
    dependents: int
    untested: int
    tests: int
    risk: float


@dataclass(frozen=True)
class Precedents:
    """How earlier fixes of the same rule by the same fixer ended, whether the linter calls this one safe, what others
    have warned of, what was said of this change's own risk, and how far it reaches."""

    accepted: int = 0
    refused: int = 0
    safe: bool | None = None
    risks: Sequence[KnownRisk] = ()
    assessed: AssessedRisk | None = None
    reach: ChangeReach | None = None


@dataclass(frozen=True)
class Ballot:
    """A member's own score before any model's opinion: 0–1, with confidence 0–1 and the facts it rests on."""

    score: float
    confidence: float
    facts: dict[str, Any]
    risks: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Absent:
    """A member that could not vote, and why. `counts_as`: a figure of the cycle, skipped or model_failures."""

    reason: str
    counts_as: str | None = None


@dataclass(frozen=True)
class Opinion:
    """What a model said in a member's place. `raw` is its answer as given."""

    score: float
    confidence: float
    risks: list[str]
    veto: str | None
    prompt_version: str
    raw: dict[str, Any]

    @property
    def model(self) -> str:
        """Who said it."""
        return str(self.raw.get("model", ""))


@dataclass(frozen=True)
class Vote:
    """A member's part in a decision. `score` is None when absent; the weights of those present add up to 1."""

    member: str
    weight: float
    score: float | None
    confidence: float | None
    facts: dict[str, Any]
    risks: list[str]
    absent: str | None = None
    opinion: Opinion | None = None
    by_rule: float | None = None
    """The score before any opinion; None where the rules had nothing to say."""

    @property
    def veto(self) -> str | None:
        """Why the member's opinion forbids approval, if it does."""
        return self.opinion.veto if self.opinion else None


def _clamped(score: float) -> float:
    return round(min(1.0, max(0.0, score)), 4)


def architect(evidence: Evidence, _: Precedents) -> Ballot:
    """Coupling, size and public surface of the diff: 1 minus what each of them costs."""
    deltas = evidence.deltas
    touched = deltas.lines_added + deltas.lines_removed
    facts = {
        "lines_touched": touched,
        "files": deltas.files,
        "api_removed": deltas.api_removed,
        "api_added": deltas.api_added,
        "imports_added": deltas.imports_added,
    }
    cost = (
        min(0.60, 0.25 * len(deltas.api_removed))
        + min(0.20, 0.05 * len(deltas.api_added))
        + min(0.20, 0.05 * len(deltas.imports_added))
        + min(0.30, touched / 400)
        + min(0.20, 0.05 * max(0, deltas.files - 1))
    )
    risks = [f"{name} vanishes or changes for its callers" for name in deltas.api_removed[:5]]
    return Ballot(_clamped(1 - cost), 0.9, facts, risks)


def reviewer(evidence: Evidence, precedents: Precedents) -> Ballot:
    """Does it do what it is for, in few places, as fixes that were accepted before?

    A target that is gone counts 0.25, no scattering 0.1; precedents move the score by at most 0.2 either way,
    by the mean of their Beta posterior. A known risk costs at most 0.1, by its confidence, freshness and trust, as
    does the risk that a model sees in the change, by its level and confidence; the greater of them counts. It is a fact
    beside others, and no fact of the evidence gives way to it. A wide reach that no test shares costs at most 0.2,
    unless the change is equal by structure or when compiled. A difference that only an odd object shows, in a fix that
    came with a warning, costs 0.05 and is named.
    """
    known = precedents.accepted + precedents.refused
    accepted = (precedents.accepted + 1) / (known + 2)
    facts = {
        "target": evidence.target.model_dump(),
        "hunks": evidence.deltas.hunks,
        "accepted_before": precedents.accepted,
        "refused_before": precedents.refused,
        "linter_calls_it_safe": precedents.safe,
    }
    aim = {True: 0.25, None: 0.10, False: -0.50}[evidence.target.gone]
    scattering = 0.1 * min(1.0, max(0, evidence.deltas.hunks - 1) / 10)
    safety = {True: 0.1, None: 0.0, False: -0.05}[precedents.safe]
    risks = [] if evidence.target.gone is not False else ["the issue it is for is still there"]
    if known >= 3 and accepted < 0.5:
        risks.append(f"{precedents.refused} of {known} like it were refused")
    if precedents.risks:
        facts["known_risks"] = list(precedents.risks)
        risks += [
            f"knowledge {risk['id']} warns of {risk['pattern']} ({risk['severity']})" for risk in precedents.risks
        ]
    if odd := _odd_difference(evidence):
        facts["differs_for_odd_argument"] = odd
        risks.append(f"differs for an argument of an unusual kind: {odd}")
    warnings = [risk["confidence"] * risk["freshness"] * risk["trust"] for risk in precedents.risks]
    if (assessed := precedents.assessed) is not None and assessed["by_model"]:
        facts["assessed_risk"] = {name: assessed[name] for name in ("level", "risks", "mitigations", "confidence")}
        risks += assessed["risks"]
        warnings.append(LEVELS[assessed["level"]] * assessed["confidence"])
    reach = precedents.reach
    if reach is not None and reach["risk"] and not (evidence.compiled_equal or evidence.equal_by_structure):
        facts["reach"] = dict(reach)
        risks.append(
            f"no test reaches {reach['untested']} of the {1 + reach['dependents']} functions that it may reach"
        )
        cost = 0.2 * reach["risk"]
    else:
        cost = 0.0
    warning = max(warnings, default=0.0)
    score = 0.6 + aim - scattering + safety + 0.4 * (accepted - 0.5) - 0.1 * warning - cost - 0.05 * bool(odd)
    return Ballot(_clamped(score), round(0.5 + 0.4 * (1 - exp(-known / 5)), 4), facts, risks)


def _odd_difference(evidence: Evidence) -> str:
    """The call that tells old from new by an object that is equal to all, falsy, used up and the like. Such a one
    decides nothing where the fix came with the warning that it may differ."""
    found, example = evidence.differential, evidence.differential.counterexample
    return example.sentence if example is not None and example.odd and not found.claimed else ""


def tester(evidence: Evidence, _: Precedents) -> Ballot | Absent:
    """Test results and how much of the change they execute.

    What is equal without a test needs none. 0 when a test broke; else 0.4 plus 0.5 for the executed share of the
    changed statements plus 0.1 for a control run that proved it.
    """
    tests, coverage = evidence.tests, evidence.coverage
    if evidence.compiled_equal:
        return Ballot(0.9, 0.95, {"compiled_code": "equal"})
    if evidence.equal_by_structure:
        return Ballot(0.9, 0.95, {"equal_by_structure": evidence.equal_by_structure})
    if tests is None or tests.after.state in (SuiteRunState.NO_TESTS, SuiteRunState.REFUSED):
        return Absent("no test result")
    changed = coverage.added + coverage.removed
    executed = coverage.added_executed + coverage.removed_executed
    share = executed / changed if changed else 0.0
    facts = {
        "newly_failed": len(tests.newly_failed),
        "vanished": len(tests.vanished),
        "flaky": len(tests.flaky),
        "changed_statements": changed,
        "executed": executed,
        "covering_tests": coverage.covering_tests,
        "control": evidence.control.state.value,
        "fixed": len(tests.newly_passed),
    }
    broken = [*tests.newly_failed, *tests.vanished, *tests.covering_failures]
    if broken:
        return Ballot(0.0, 0.95, facts, [f"{test} does not pass" for test in broken[:5]])
    proved = evidence.control.state in (ControlState.PROVED, ControlState.NOT_NEEDED)
    score = 0.4 + 0.5 * share + 0.1 * proved - min(0.2, 0.05 * len(tests.flaky))
    risks = [f"{place} is never run by a test" for place in coverage.unexecuted[:5]]
    return Ballot(_clamped(score), round(0.5 + 0.45 * (1 - exp(-coverage.covering_tests / 3)), 4), facts, risks)


def security(evidence: Evidence, _: Precedents) -> Ballot:
    """Security findings before and after, and dangerous calls on added lines. Nothing touched scores 0.85."""
    deltas = evidence.deltas
    change = deltas.security_after - deltas.security_before
    facts = {"before": deltas.security_before, "after": deltas.security_after, "sinks": deltas.sinks}
    score = 0.85 - 0.3 * max(0, change) + 0.1 * max(0, -change) - 0.2 * len(deltas.sinks)
    return Ballot(_clamped(score), 0.85, facts, [f"{sink} on an added line" for sink in deltas.sinks[:5]])


def optimizer(evidence: Evidence, _: Precedents) -> Ballot:
    """Cyclomatic complexity and performance findings before and after. No change scores 0.8."""
    deltas = evidence.deltas
    complexity = deltas.complexity.after - deltas.complexity.before
    performance = deltas.performance_after - deltas.performance_before
    facts = {
        "complexity_before": deltas.complexity.before,
        "complexity_after": deltas.complexity.after,
        "performance_before": deltas.performance_before,
        "performance_after": deltas.performance_after,
    }
    score = 0.8 - max(-0.2, min(0.5, 0.05 * complexity)) - max(-0.1, min(0.4, 0.2 * performance))
    risks = [f"complexity rises by {complexity}"] if complexity > 3 else []
    return Ballot(_clamped(score), 0.8, facts, risks)


Member = Callable[[Evidence, Precedents], Ballot | Absent]
MEMBERS: Mapping[str, Member] = {
    "architect": architect,
    "reviewer": reviewer,
    "tester": tester,
    "security": security,
    "optimizer": optimizer,
}


def ballots(evidence: Evidence, precedents: Precedents) -> dict[str, Ballot | Absent]:
    """What each member says by rule."""
    return {name: member(evidence, precedents) for name, member in MEMBERS.items()}


def votes(
    by_rule: Mapping[str, Ballot | Absent],
    opinions: Mapping[str, Opinion | Absent],
    weights: Mapping[str, float],
    shares: Shares = MappingProxyType({}),
) -> list[Vote]:
    """Rules and opinions joined, weights normalised over those present.

    An opinion is a share of its member's vote, the less the less sure it is. A member whose rule has nothing to say
    votes by its opinion, with that share of its weight; one with neither is absent and its weight is spread over the
    others.
    """
    joined = {
        name: _joined(ballot, opinions.get(name), shares.get(name, {}), weights[name])
        for name, ballot in by_rule.items()
    }
    total = fsum(each.weight for each in joined.values())
    result = []
    for name, each in joined.items():
        ballot, opinion = by_rule[name], opinions.get(name)
        said = opinion if isinstance(opinion, Opinion) else None
        result.append(
            Vote(
                member=name,
                weight=round(each.weight / total, 6) if total else 0.0,
                score=each.score,
                confidence=each.confidence,
                facts=ballot.facts if isinstance(ballot, Ballot) else {},
                risks=[*(ballot.risks if isinstance(ballot, Ballot) else []), *(said.risks if said else [])],
                absent=_absence(ballot, opinion) if each.score is None else None,
                opinion=said,
                by_rule=ballot.score if isinstance(ballot, Ballot) else None,
            )
        )
    return result


def weighted(votes: Sequence[Vote]) -> tuple[float | None, float | None]:
    """(score, confidence) of the committee, None when nobody voted."""
    present = [vote for vote in votes if vote.score is not None and vote.confidence is not None]
    if not present:
        return None, None
    score = sum(vote.weight * (vote.score or 0.0) for vote in present)
    confidence = sum(vote.weight * (vote.confidence or 0.0) for vote in present)
    return round(score, 4), round(confidence, 4)


@dataclass(frozen=True)
class _Joined:
    """What a member says, and with how much weight."""

    score: float | None = None
    confidence: float | None = None
    weight: float = 0.0


def _joined(
    ballot: Ballot | Absent, opinion: Opinion | Absent | None, shares: Mapping[str, float], weight: float
) -> _Joined:
    share = shares.get(opinion.model, UNPROVED) if isinstance(opinion, Opinion) else 0.0
    if isinstance(ballot, Ballot) and isinstance(opinion, Opinion):
        counted = share * opinion.confidence
        score = (1 - counted) * ballot.score + counted * opinion.score
        confidence = (1 - counted) * ballot.confidence + counted * opinion.confidence
        return _Joined(round(score, 4), round(confidence, 4), weight)
    if isinstance(ballot, Ballot):
        return _Joined(ballot.score, ballot.confidence, weight)
    if isinstance(opinion, Opinion) and opinion.confidence:
        return _Joined(round(opinion.score, 4), round(opinion.confidence, 4), share * weight)
    return _Joined()


def _absence(ballot: Ballot | Absent, opinion: Opinion | Absent | None) -> str:
    reasons = [side.reason for side in (ballot, opinion) if isinstance(side, Absent)]
    return "; ".join(reasons) or "no confidence"
