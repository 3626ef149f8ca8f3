"""The decision table: facts first, scores only where the facts leave room."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Self

from sigma_core.issues.tables import Severity
from sigma_core.projects.project_config import ProjectConfig
from sigma_core.projects.tables import Project
from sigma_core.proposals.calibration.recalibration import IDENTITY, Recalibration
from sigma_core.proposals.committee import Vote, weighted
from sigma_core.proposals.evidence import DifferenceState, Evidence, TypeCheck, TypeCheckState
from sigma_core.proposals.tables import Verdict

LEAST_INPUTS = 50
"""Calls that have to be compared before no difference may stand for a test."""
LIKELY = 0.5
"""What is approved has to be as likely as this to be taken and kept, where outcomes tell."""
_SERIOUS = (Severity.ERROR, Severity.CRITICAL)
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
    no_difference_suffices: bool = False
    """That no input tells old from new stands for a missing test, where equality is vouched for."""

    def of(self, project: Project, config: ProjectConfig) -> Self:
        """What holds for a project: an operator's word on it goes before that for all; the project itself may only ask
        for more."""
        share = self.noticed_share if project.noticed_share is None else project.noticed_share
        word = project.no_difference_suffices
        return replace(
            self,
            noticed_share=max(share, config.noticed_share or 0),
            no_difference_suffices=self.no_difference_suffices if word is None else word,
        )


@dataclass(frozen=True)
class ReasonedVerdict:
    """A verdict with every reason for it, most telling first. `score`: what the weighted score has stood for."""

    verdict: Verdict
    reasons: list[str]
    score: float | None
    confidence: float | None


def decide(
    evidence: Evidence, votes: Sequence[Vote], thresholds: Thresholds, recalibration: Recalibration = IDENTITY
) -> ReasonedVerdict:
    """What follows from evidence and votes.

    The record of outcomes may lift a score to approval, and leaves to a person what is more likely refused than kept;
    it rejects nothing by itself, for what is rejected has no outcome that could set the record right.
    """
    said_score, confidence = weighted(votes)
    score = None if said_score is None else recalibration.of(said_score)
    if refused := list(_refusals(evidence)):
        return ReasonedVerdict(Verdict.REJECTED, refused, score, confidence)
    compared = thresholds.no_difference_suffices and _is_compared(evidence)
    unchecked = () if compared else _unchecked(evidence, thresholds.noticed_share)
    if doubts := [*_doubts(evidence, compared=compared), *unchecked, *_vetoes(votes)]:
        return ReasonedVerdict(Verdict.NEEDS_HUMAN, doubts, score, confidence)
    if said_score is None:
        return ReasonedVerdict(Verdict.NEEDS_HUMAN, ["No member of the committee could vote."], None, None)
    verdict, why = _by_score(said_score, thresholds, recalibration)
    return ReasonedVerdict(verdict, [why], score, confidence)


def _by_score(said_score: float, thresholds: Thresholds, recalibration: Recalibration) -> tuple[Verdict, str]:
    score, said = recalibration.of(said_score), f"The committee scores {said_score:.2f}"
    if recalibration.kind != "identity":
        said += f", which by {recalibration.n} outcomes has stood for {score:.2f}"
    if score < min(LIKELY, thresholds.approve_at) and said_score >= thresholds.approve_at:
        return Verdict.NEEDS_HUMAN, f"{said}: more likely refused than kept."
    highest = max(score, said_score)
    if highest < thresholds.reject_below and highest < thresholds.approve_at:
        return Verdict.REJECTED, f"{said}, rejected below {thresholds.reject_below:.2f}."
    verdict = Verdict.APPROVED if highest >= thresholds.approve_at else Verdict.NEEDS_HUMAN
    return verdict, f"{said}, approved from {thresholds.approve_at:.2f}."


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
    for finding in evidence.deltas.new_findings:
        if finding.severity in _SERIOUS:
            yield f"Brings a new {finding.severity}: {finding.rule} in {finding.file}:{finding.line}, {finding.message}"


def _is_compared(evidence: Evidence) -> bool:
    """Whether all of the change was held against its former self, on many inputs, and none told them apart."""
    found = evidence.differential
    return (
        found.state is DifferenceState.NO_DIFFERENCE and found.claimed and found.whole and found.inputs >= LEAST_INPUTS
    )


def _doubts(evidence: Evidence, *, compared: bool) -> Iterator[str]:
    yield from evidence.tampering
    yield from evidence.suppressions
    for finding in evidence.deltas.new_findings:
        if finding.selected and finding.severity not in _SERIOUS:
            where = f"{finding.rule} in {finding.file}:{finding.line}, {finding.message}"
            yield f"Brings a finding that the project's own configuration asks to be without: {where}"
    if evidence.type_check.state is TypeCheckState.DISAGREES:
        yield from _type_errors(evidence.type_check)
    if evidence.tests:
        failing = evidence.tests.covering_failures
        yield from _tests(failing, "A test that runs the change still fails", "{} tests that run the change still fail")
    if (found := counterexample(evidence)) and not evidence.differential.claimed:
        yield f"Changes the behaviour: {found}"
    for reason in evidence.insufficient:
        if not (compared and reason in evidence.untested):
            yield f"Insufficient evidence: {reason}"
    if evidence.target.gone is False:
        yield f"The issue it is for ({evidence.target.rule}) is still there."


def _type_errors(found: TypeCheck) -> Iterator[str]:
    errors, more = found.new_errors, " and others" if len(found.new_errors) > TESTS_NAMED else ""
    noun = "a new error" if len(errors) == 1 else "new errors"
    yield f"{found.checker} finds {noun}: {'; '.join(errors[:TESTS_NAMED])}{more}"


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
