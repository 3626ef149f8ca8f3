"""The decision table: facts first, scores only where the facts leave room."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sigma_core.issues.tables import Severity
from sigma_core.proposals.committee import Vote, weighted
from sigma_core.proposals.evidence import DifferenceState, Evidence
from sigma_core.proposals.tables import Verdict

TESTS_NAMED = 3
"""Tests that a reason names; the rest it counts."""
TESTS_LISTED = 50
"""The evidence lists no more than these."""


@dataclass(frozen=True)
class Thresholds:
    """Weighted scores, 0–1: from `approve_at` approved, below `reject_below` rejected, between a person decides."""

    approve_at: float = 0.70
    reject_below: float = 0.40
    noticed_share: float = 0.5
    """Of the mutants of each changed statement, which share its tests must notice; 0 asks for none."""


@dataclass(frozen=True)
class ReasonedVerdict:
    """A verdict with every reason for it, most telling first."""

    verdict: Verdict
    reasons: list[str]
    score: float | None
    confidence: float | None


def decide(evidence: Evidence, votes: Sequence[Vote], thresholds: Thresholds) -> ReasonedVerdict:
    """What follows from evidence and votes."""
    score, confidence = weighted(votes)
    if refused := list(_refusals(evidence)):
        return ReasonedVerdict(Verdict.REJECTED, refused, score, confidence)
    if doubts := [*_doubts(evidence), *_unchecked(evidence, thresholds.noticed_share), *_vetoes(votes)]:
        return ReasonedVerdict(Verdict.NEEDS_HUMAN, doubts, score, confidence)
    if score is None:
        return ReasonedVerdict(Verdict.NEEDS_HUMAN, ["No member of the committee could vote."], None, None)
    said = f"The committee scores {score:.2f}"
    if score >= thresholds.approve_at:
        return ReasonedVerdict(
            Verdict.APPROVED, [f"{said}, approved from {thresholds.approve_at:.2f}."], score, confidence
        )
    if score < thresholds.reject_below:
        return ReasonedVerdict(
            Verdict.REJECTED, [f"{said}, rejected below {thresholds.reject_below:.2f}."], score, confidence
        )
    return ReasonedVerdict(
        Verdict.NEEDS_HUMAN, [f"{said}, approved from {thresholds.approve_at:.2f}."], score, confidence
    )


def _refusals(evidence: Evidence) -> Iterator[str]:
    if not evidence.applies:
        yield f"It does not apply: {evidence.apply_error}"
    for error in evidence.parse_errors:
        yield f"It does not parse: {error}"
    if evidence.tests:
        yield from _tests(evidence.tests.newly_failed, "Breaks a test", "Breaks {} tests")
        yield from _tests(evidence.tests.vanished, "A test vanished", "{} tests vanished")
    if (found := counterexample(evidence)) and evidence.differential.claimed:
        yield f"Does not keep the behaviour, as is said of it: {found}"
    serious = (Severity.ERROR, Severity.CRITICAL)
    for finding in evidence.deltas.new_findings:
        if finding.severity in serious:
            yield f"Brings a new {finding.severity}: {finding.rule} in {finding.file}:{finding.line}, {finding.message}"


def _doubts(evidence: Evidence) -> Iterator[str]:
    yield from evidence.tampering
    yield from evidence.suppressions
    if evidence.tests:
        failing = evidence.tests.covering_failures
        yield from _tests(failing, "A test that runs the change still fails", "{} tests that run the change still fail")
    if (found := counterexample(evidence)) and not evidence.differential.claimed:
        yield f"Changes the behaviour: {found}"
    for reason in evidence.insufficient:
        yield f"Insufficient evidence: {reason}"
    if evidence.target.gone is False:
        yield f"The issue it is for ({evidence.target.rule}) is still there."


def _unchecked(evidence: Evidence, least: float) -> Iterator[str]:
    """Statements that tests run, and of which they do not notice what they do."""
    if not least or evidence.equal_by_structure:
        return
    for each in evidence.mutants:
        if each.share is None and not each.not_mutable:
            yield f"Insufficient evidence: no mutant of {each.place} was tried within the budget."
        elif each.share is not None and each.share < least:
            told = f"{each.noticed} of {each.tried} mutants noticed, asked for {least:.0%}"
            yield f"Executed but not checked: at {each.place} no test notices {each.unnoticed[0]} ({told})."


def counterexample(evidence: Evidence) -> str:
    """The difference that counts: an odd argument only speaks against who vouches for equality."""
    found, example = evidence.differential, evidence.differential.counterexample
    if example is None or found.state is not DifferenceState.DIFFERS or (example.odd and not found.claimed):
        return ""
    return example.sentence


def _tests(names: Sequence[str], one: str, many: str) -> Iterator[str]:
    """One sentence, however many they are; the evidence names each."""
    if names:
        count = f"{len(names)} or more" if len(names) >= TESTS_LISTED else str(len(names))
        said = one if len(names) == 1 else many.format(count)
        more = " and others" if len(names) > TESTS_NAMED else ""
        yield f"{said}: {', '.join(names[:TESTS_NAMED])}{more}"


def _vetoes(votes: Sequence[Vote]) -> Iterator[str]:
    for vote in votes:
        if vote.veto:
            yield f"Veto by the {vote.member}: {vote.veto}"
