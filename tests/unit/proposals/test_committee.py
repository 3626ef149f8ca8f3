"""Each member scores facts that no other reads, and the table puts facts before scores."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from fakes.evidence import GOOD, PASSED

from sigma_core.projects.project_config import ProjectConfig
from sigma_core.projects.tables import Project
from sigma_core.proposals.calibration.recalibration import Recalibration
from sigma_core.proposals.committee import (
    DEFAULT_WEIGHTS,
    Absent,
    AssessedRisk,
    Ballot,
    ChangeReach,
    KnownRisk,
    Opinion,
    Precedents,
    ballots,
    votes,
    weighted,
)
from sigma_core.proposals.decision import Thresholds, decide
from sigma_core.proposals.evidence import (
    ChangeCoverage,
    ChangedFinding,
    Complexity,
    Counterexample,
    DifferenceState,
    Differential,
    Evidence,
    MutatedStatement,
    TargetCheck,
    TestComparison,
    TypeCheck,
    TypeCheckState,
)
from sigma_core.proposals.tables import Verdict

NOW = datetime(2026, 1, 1, tzinfo=UTC)
UNSORTED = ChangedFinding(
    rule="I001", family="style", severity="info", file="a.py", line=1, message="unsorted", selected=True
)


def scores(evidence: Evidence, precedents: Precedents = Precedents()) -> dict[str, float | None]:  # noqa: B008
    return {
        name: ballot.score if isinstance(ballot, Ballot) else None
        for name, ballot in ballots(evidence, precedents).items()
    }


def deltas(**changed: object) -> Evidence:
    return GOOD.model_copy(update={"deltas": GOOD.deltas.model_copy(update=changed)})


@pytest.mark.parametrize(
    ("member", "evidence"),
    [
        ("architect", deltas(api_removed=["shop.orders.load"])),
        ("reviewer", GOOD.model_copy(update={"target": TargetCheck(rule="E711", before=1, after=1, gone=False)})),
        ("tester", GOOD.model_copy(update={"coverage": ChangeCoverage(added=2, added_executed=1, covering_tests=1)})),
        ("security", deltas(security_after=1)),
        ("optimizer", deltas(complexity=Complexity(before=3, after=9, worst_before=3, worst_after=9))),
    ],
)
def test_a_change_in_one_members_facts_moves_only_its_score(member: str, evidence: Evidence) -> None:
    before, after = scores(GOOD), scores(evidence)
    assert {name for name in before if before[name] != after[name]} == {member}


def test_precedents_move_the_reviewer_alone() -> None:
    before, after = scores(GOOD), scores(GOOD, Precedents(accepted=0, refused=9))
    assert {name for name in before if before[name] != after[name]} == {"reviewer"}


def test_a_known_risk_costs_the_reviewer_a_tenth_at_most_and_no_other_member_anything() -> None:
    risk = KnownRisk(id=7, source="operator", pattern="E711", severity="high", confidence=0.8, freshness=0.5, trust=1.0)
    before, after = scores(GOOD), scores(GOOD, Precedents(risks=(risk, risk)))
    assert {name for name in before if before[name] != after[name]} == {"reviewer"}
    assert before["reviewer"] - after["reviewer"] == pytest.approx(0.04)
    worst = votes(
        ballots(GOOD, Precedents(risks=({**risk, "confidence": 1.0, "freshness": 1.0},))), {}, DEFAULT_WEIGHTS
    )
    assert decide(GOOD, worst, Thresholds()).verdict == Verdict.APPROVED


def test_the_risk_that_a_model_sees_costs_the_reviewer_a_tenth_at_most_and_the_rules_own_nothing() -> None:
    seen = AssessedRisk(
        level="high",
        risks=["Callers elsewhere."],
        mitigations=[],
        confidence=0.8,
        model="m-1",
        prompt_version="think/risk_assessment@v1",
        by_model=True,
    )
    before, after = scores(GOOD), scores(GOOD, Precedents(assessed=seen))
    assert {name for name in before if before[name] != after[name]} == {"reviewer"}
    assert before["reviewer"] - after["reviewer"] == pytest.approx(0.08)
    ballot = ballots(GOOD, Precedents(assessed=seen))["reviewer"]
    assert isinstance(ballot, Ballot)
    assert (ballot.risks, ballot.facts["assessed_risk"]["level"]) == (["Callers elsewhere."], "high")
    assert scores(GOOD, Precedents(assessed={**seen, "by_model": False})) == before
    assert scores(GOOD, Precedents(assessed={**seen, "level": "low"})) == before


@pytest.mark.parametrize(
    ("field", "one", "many"),
    [
        ("newly_failed", "Breaks a test: t00", "Breaks {} tests: t00, t01, t02 and others"),
        ("vanished", "A test vanished: t00", "{} tests vanished: t00, t01, t02 and others"),
        (
            "covering_failures",
            "A test that runs the change still fails: t00",
            "{} tests that run the change still fail: t00, t01, t02 and others",
        ),
    ],
)
def test_fifty_tests_are_one_reason(field: str, one: str, many: str) -> None:
    def reasons(count: int) -> list[str]:
        tests = TestComparison(baseline=PASSED, after=PASSED, **{field: [f"t{each:02}" for each in range(count)]})
        evidence = GOOD.model_copy(update={"tests": tests})
        return decide(evidence, votes(ballots(evidence, Precedents()), {}, DEFAULT_WEIGHTS), Thresholds()).reasons

    assert reasons(1) == [one]
    assert reasons(4) == [many.format(4)]
    assert reasons(50) == [many.format("50 or more")]


def test_a_risk_that_a_model_sees_moves_a_decision_at_the_threshold() -> None:
    seen = AssessedRisk(
        level="high", risks=["It."], mitigations=[], confidence=1.0, model="m", prompt_version="p@v1", by_model=True
    )

    def verdict(precedents: Precedents) -> Verdict:
        cast = votes(ballots(GOOD, precedents), {}, DEFAULT_WEIGHTS)
        score, _ = weighted(votes(ballots(GOOD, Precedents()), {}, DEFAULT_WEIGHTS))
        return decide(GOOD, cast, Thresholds(approve_at=score or 0.0)).verdict

    assert (verdict(Precedents()), verdict(Precedents(assessed=seen))) == (Verdict.APPROVED, Verdict.NEEDS_HUMAN)


def test_a_wide_reach_without_tests_moves_a_decision_at_the_threshold() -> None:
    wide = ChangeReach(changed=["shop.tax.rate"], dependents=30, untested=24, tests=1, risk=0.74)

    def verdict(precedents: Precedents, evidence: Evidence = GOOD) -> Verdict:
        cast = votes(ballots(evidence, precedents), {}, DEFAULT_WEIGHTS)
        score, _ = weighted(votes(ballots(evidence, Precedents()), {}, DEFAULT_WEIGHTS))
        return decide(evidence, cast, Thresholds(approve_at=score or 0.0)).verdict

    assert (verdict(Precedents()), verdict(Precedents(reach=wide))) == (Verdict.APPROVED, Verdict.NEEDS_HUMAN)
    assert verdict(Precedents(reach={**wide, "risk": 0.0})) == Verdict.APPROVED
    same = GOOD.model_copy(update={"equal_by_structure": "the same syntax"})
    assert verdict(Precedents(reach=wide), same) == Verdict.APPROVED
    ballot = ballots(GOOD, Precedents(reach=wide))["reviewer"]
    assert isinstance(ballot, Ballot)
    assert ballot.risks == ["no test reaches 24 of the 31 functions that it may reach"]


def differing(*, odd: bool, claimed: bool) -> Evidence:
    example = Counterexample(function="f", arguments="x=Odd()", old="True", new="False", odd=odd)
    found = Differential(state=DifferenceState.DIFFERS, claimed=claimed, counterexample=example)
    return GOOD.model_copy(update={"differential": found})


@pytest.mark.parametrize(
    ("odd", "claimed", "verdict"),
    [
        (False, True, Verdict.REJECTED),
        (True, True, Verdict.REJECTED),
        (False, False, Verdict.NEEDS_HUMAN),
        (True, False, Verdict.APPROVED),
    ],
)
def test_a_difference_that_only_an_odd_argument_shows_is_named_as_a_risk_by_a_vote(
    odd: bool, claimed: bool, verdict: Verdict
) -> None:
    evidence = differing(odd=odd, claimed=claimed)
    cast = votes(ballots(evidence, Precedents()), {}, DEFAULT_WEIGHTS)
    assert decide(evidence, cast, Thresholds()).verdict == verdict
    named = [risk for vote in cast for risk in vote.risks if "unusual kind: f with x=Odd()" in risk]
    assert bool(named) is (odd and not claimed)


def compared(**facts: object) -> Evidence:
    found = {"state": DifferenceState.NO_DIFFERENCE, "claimed": True, "whole": True, "inputs": 80, **facts}
    missing = "No test executes a.py:2."
    return GOOD.model_copy(
        update={
            "differential": Differential.model_validate(found),
            "insufficient": [missing],
            "untested": [missing],
            "mutants": [MutatedStatement(place="a.py:3", tried=3, noticed=0, unnoticed=["x"])],
        }
    )


def test_no_difference_stands_for_a_missing_test_only_where_an_operator_lets_it() -> None:
    def verdict(evidence: Evidence, suffices: bool) -> Verdict:
        cast = votes(ballots(evidence, Precedents()), {}, DEFAULT_WEIGHTS)
        return decide(evidence, cast, Thresholds(no_difference_suffices=suffices)).verdict

    assert verdict(compared(), suffices=False) == Verdict.NEEDS_HUMAN
    assert verdict(compared(), suffices=True) == Verdict.APPROVED
    for less in ({"claimed": False}, {"whole": False}, {"inputs": 49}, {"state": DifferenceState.NOT_COMPARABLE}):
        assert verdict(compared(**less), suffices=True) == Verdict.NEEDS_HUMAN
    others = compared().model_copy(update={"insufficient": ["The tests do not run to their end."]})
    assert verdict(others, suffices=True) == Verdict.NEEDS_HUMAN


@pytest.mark.parametrize(
    ("operator", "own", "share"),
    [(None, None, 0.5), (None, 0.8, 0.8), (None, 0.2, 0.5), (0.2, None, 0.2), (0.9, None, 0.9), (0.2, 0.4, 0.4)],
)
def test_a_project_may_ask_for_more_of_its_tests_and_an_operator_for_less_too(
    operator: float | None, own: float | None, share: float
) -> None:
    project = Project(name="p", path="/p", head="c", noticed_share=operator, created_at=NOW)
    assert Thresholds().of(project, ProjectConfig(noticed_share=own)).noticed_share == share


def test_an_operator_s_word_on_one_project_goes_before_that_for_all() -> None:
    def suffices(everywhere: bool, here: bool | None) -> bool:
        project = Project(name="p", path="/p", head="c", no_difference_suffices=here, created_at=NOW)
        return Thresholds(no_difference_suffices=everywhere).of(project, ProjectConfig()).no_difference_suffices

    assert [suffices(True, None), suffices(True, False), suffices(False, True)] == [True, False, True]


def test_a_sound_fix_is_approved_with_its_score() -> None:
    cast = votes(ballots(GOOD, Precedents(safe=True)), {}, DEFAULT_WEIGHTS)
    ruling = decide(GOOD, cast, Thresholds())
    assert ruling.verdict == Verdict.APPROVED
    assert ruling.score == pytest.approx(sum(vote.weight * (vote.score or 0) for vote in cast), abs=1e-4)


@pytest.mark.parametrize(
    ("change", "verdict", "says"),
    [
        ({"applies": False, "apply_error": "line 3 differs"}, Verdict.REJECTED, "does not apply"),
        ({"parse_errors": ["a.py:1"]}, Verdict.REJECTED, "does not parse"),
        (
            {"tests": TestComparison(baseline=PASSED, after=PASSED, newly_failed=["tests/test_a.py::test_b"])},
            Verdict.REJECTED,
            "tests/test_a.py::test_b",
        ),
        (
            {"tests": TestComparison(baseline=PASSED, after=PASSED, vanished=["tests/test_a.py::test_c"])},
            Verdict.REJECTED,
            "vanished",
        ),
        ({"tampering": ["It changes tests/conftest.py."]}, Verdict.NEEDS_HUMAN, "conftest"),
        (
            {"deltas": GOOD.deltas.model_copy(update={"new_findings": [UNSORTED]})},
            Verdict.NEEDS_HUMAN,
            "asks to be without: I001 in a.py:1, unsorted",
        ),
        ({"suppressions": ["It adds noqa."]}, Verdict.NEEDS_HUMAN, "noqa"),
        ({"insufficient": ["no test runs line 3"]}, Verdict.NEEDS_HUMAN, "Insufficient evidence: no test runs line 3"),
        (
            {"tests": TestComparison(baseline=PASSED, after=PASSED, covering_failures=["t::still"])},
            Verdict.NEEDS_HUMAN,
            "t::still",
        ),
        (
            {
                "equal_by_structure": "annotations",
                "type_check": TypeCheck(state=TypeCheckState.DISAGREES, checker="mypy 2", new_errors=["a.py: no"]),
            },
            Verdict.NEEDS_HUMAN,
            "mypy 2 finds a new error: a.py: no",
        ),
    ],
)
def test_facts_come_before_scores(change: dict[str, object], verdict: Verdict, says: str) -> None:
    evidence = GOOD.model_copy(update=change)
    ruling = decide(evidence, votes(ballots(evidence, Precedents()), {}, DEFAULT_WEIGHTS), Thresholds())
    assert ruling.verdict == verdict
    assert says in " ".join(ruling.reasons)


def test_a_new_error_is_rejected() -> None:
    bug = ChangedFinding(rule="F821", family="bug", severity="error", file="a.py", line=3, message="undefined name")
    evidence = deltas(new_findings=[bug])
    ruling = decide(evidence, votes(ballots(evidence, Precedents()), {}, DEFAULT_WEIGHTS), Thresholds())
    assert ruling.verdict == Verdict.REJECTED


def test_an_absent_members_weight_is_spread_over_the_others() -> None:
    untested = GOOD.model_copy(update={"tests": None})
    cast = votes(ballots(untested, Precedents()), {}, DEFAULT_WEIGHTS)
    absent = next(vote for vote in cast if vote.member == "tester")
    assert absent.score is None
    assert absent.absent == "no test result"
    assert sum(vote.weight for vote in cast) == pytest.approx(1, abs=1e-5)


def test_a_veto_by_opinion_goes_to_a_person_with_its_reason() -> None:
    opinion = Opinion(0.9, 0.9, [], "the default changes meaning", "think/committee_scoring@1", {})
    cast = votes(ballots(GOOD, Precedents()), {"reviewer": opinion}, DEFAULT_WEIGHTS)
    ruling = decide(GOOD, cast, Thresholds())
    assert ruling.verdict == Verdict.NEEDS_HUMAN
    assert "the default changes meaning" in ruling.reasons[0]


def test_a_failed_opinion_leaves_the_rules_score_as_it_is() -> None:
    by_rule = ballots(GOOD, Precedents())
    plain = votes(by_rule, {}, DEFAULT_WEIGHTS)
    failed = votes(by_rule, {"security": Absent("timed out")}, DEFAULT_WEIGHTS)
    assert weighted(plain) == weighted(failed)


@pytest.mark.parametrize("low", [lambda s: {"security": 0.0, "optimizer": 0.0, "architect": 0.0, "reviewer": s}])
def test_a_low_score_is_rejected_and_a_middling_one_goes_to_a_person(low: Callable[[float], dict[str, float]]) -> None:
    def ruling(of_reviewer: float) -> Verdict:
        by_rule = {name: Ballot(score, 0.9, {}) for name, score in {**low(of_reviewer), "tester": 1.0}.items()}
        return decide(GOOD, votes(by_rule, {}, DEFAULT_WEIGHTS), Thresholds()).verdict

    assert ruling(0.0) == Verdict.REJECTED
    assert ruling(1.0) == Verdict.NEEDS_HUMAN


LOW = Recalibration("isotonic", 1.0, 600, points=((0.0, 0.0), (1.0, 0.45)))
HIGH = Recalibration("isotonic", 1.0, 600, points=((0.0, 0.5), (0.6, 0.9), (1.0, 1.0)))


def test_the_record_lifts_a_score_or_leaves_it_to_a_person_and_rejects_nothing() -> None:
    cast = votes(ballots(GOOD, Precedents()), {}, DEFAULT_WEIGHTS)
    held = decide(GOOD, cast, Thresholds(), LOW)
    assert held.verdict == Verdict.NEEDS_HUMAN
    assert held.reasons[0].endswith("which by 600 outcomes has stood for 0.41: more likely refused than kept.")
    assert decide(GOOD, cast, Thresholds(reject_below=0.6), LOW).verdict == Verdict.NEEDS_HUMAN
    assert decide(GOOD, cast, Thresholds(approve_at=0.95)).verdict == Verdict.NEEDS_HUMAN
    lifted = decide(GOOD, cast, Thresholds(approve_at=0.95), HIGH)
    assert (lifted.verdict, lifted.score) == (Verdict.APPROVED, HIGH.of(weighted(cast)[0] or 0))


def test_the_record_never_outweighs_evidence() -> None:
    broken = TestComparison(baseline=PASSED, after=PASSED, newly_failed=["t"])
    evidence = GOOD.model_copy(update={"tests": broken})
    cast = votes(ballots(evidence, Precedents()), {}, DEFAULT_WEIGHTS)
    assert decide(evidence, cast, Thresholds(), HIGH).verdict == Verdict.REJECTED
    insufficient = GOOD.model_copy(update={"tampering": ["It changes a test."]})
    cast = votes(ballots(insufficient, Precedents()), {}, DEFAULT_WEIGHTS)
    assert decide(insufficient, cast, Thresholds(), HIGH).verdict == Verdict.NEEDS_HUMAN


def test_a_model_without_a_record_has_little_of_a_vote() -> None:
    by_rule = ballots(GOOD, Precedents())
    raw = {"model": "m-1", "text": "", "said": {}}
    sure = {name: Opinion(0.2, 1.0, [], None, "p@v1", raw) for name in by_rule}
    plain, _ = weighted(votes(by_rule, {}, DEFAULT_WEIGHTS))
    moved, _ = weighted(votes(by_rule, sure, DEFAULT_WEIGHTS))
    earned, _ = weighted(votes(by_rule, sure, DEFAULT_WEIGHTS, {name: {"m-1": 0.6} for name in by_rule}))
    assert plain is not None
    assert moved == pytest.approx(0.9 * plain + 0.1 * 0.2, abs=1e-3)
    assert earned == pytest.approx(0.4 * plain + 0.6 * 0.2, abs=1e-3)
    alone = votes({**by_rule, "tester": Absent("no test result")}, sure, DEFAULT_WEIGHTS)
    tester = next(vote for vote in alone if vote.member == "tester")
    assert (tester.score, tester.weight < 0.04) == (0.2, True)
