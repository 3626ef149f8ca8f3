"""A stored decision is made once more to the same bit, and otherwise where something else stands in its place."""

import json
from dataclasses import asdict
from datetime import UTC, datetime

from fakes.evidence import GOOD, PASSED
from hypothesis import given
from hypothesis import strategies as st

from sigma_core.proposals.calibration.recalibration import Recalibration
from sigma_core.proposals.calibration.state import Calibration
from sigma_core.proposals.committee import (
    DEFAULT_WEIGHTS,
    RULES_VERSION,
    AssessedRisk,
    KnownRisk,
    Opinion,
    Precedents,
    Vote,
    ballots,
    votes,
)
from sigma_core.proposals.decision import Thresholds, decide
from sigma_core.proposals.evidence import (
    ChangeCoverage,
    Evidence,
    TestComparison,
)
from sigma_core.proposals.replay import StoredCase, replayed, with_weights, without_knowledge
from sigma_core.proposals.tables import CommitteeScore, Decision, Verdict
from sigma_core.proposals.turns import AskedMembers, asked_about

WARNING = KnownRisk(id=7, source="operator", pattern="E711", severity="high", confidence=0.9, freshness=1.0, trust=1.0)


def opinion(score: float, confidence: float, veto: str | None = None) -> Opinion:
    said = {"score": score, "confidence": confidence, "risks": ["It might."], "veto": veto}
    raw = {"model": "m-1", "text": json.dumps(said), "said": said}
    return Opinion(score, confidence, ["It might."], veto, "think/committee_scoring@v1", raw)


def stored(
    evidence: Evidence = GOOD,
    precedents: Precedents = Precedents(),  # noqa: B008
    opinions: dict[str, Opinion] | None = None,
    calibration: Calibration = Calibration(),  # noqa: B008
    thresholds: Thresholds = Thresholds(),  # noqa: B008
    asked: AskedMembers | None = None,
) -> StoredCase:
    """A decision as the store gives it back: through JSON, like every row."""
    cast = votes(ballots(evidence, precedents), opinions or {}, calibration.weights, calibration.shares)
    ruling = decide(evidence, cast, thresholds, calibration.recalibration)
    decision = Decision(
        proposal_id=1,
        verdict=ruling.verdict,
        decided_by="committee",
        actor="think",
        score=ruling.score,
        confidence=ruling.confidence,
        reasons=ruling.reasons,
        knowledge=[{"id": risk["id"], "freshness": risk["freshness"]} for risk in precedents.risks],
        rules=json.loads(
            json.dumps(
                {
                    "version": RULES_VERSION,
                    **calibration.rules(),
                    "thresholds": asdict(thresholds),
                    "precedents": asdict(precedents),
                    **({"asked": asked} if asked else {}),
                }
            )
        ),
        created_at=datetime(2026, 1, 1, tzinfo=UTC),
    )
    return StoredCase(decision, Evidence.model_validate_json(evidence.model_dump_json()), [row(each) for each in cast])


def row(vote: Vote) -> CommitteeScore:
    said = vote.opinion
    return CommitteeScore(
        verification_id=1,
        member=vote.member,
        score=vote.score,
        by_rule=vote.by_rule,
        confidence=vote.confidence,
        weight=vote.weight,
        veto=vote.veto,
        risks=vote.risks,
        facts=json.loads(json.dumps(vote.facts)),
        absent=vote.absent,
        opinion=json.loads(json.dumps(said.raw)) if said else None,
        prompt_version=said.prompt_version if said else None,
    )


share = st.floats(0, 1, allow_nan=False)
figure = st.floats(-3, 3, allow_nan=False)
calibrations = st.builds(
    Calibration,
    weights=st.fixed_dictionaries({member: st.floats(0.01, 1) for member in DEFAULT_WEIGHTS}),
    shares=st.dictionaries(st.sampled_from(sorted(DEFAULT_WEIGHTS)), st.fixed_dictionaries({"m-1": share})),
    recalibration=st.builds(Recalibration, st.just("platt"), share, st.just(99), figure, figure)
    | st.builds(
        Recalibration,
        st.just("isotonic"),
        share,
        st.just(600),
        points=st.just(((0.2, 0.1), (0.5, 0.3), (0.9, 0.95))),
    ),
)
opinions = st.dictionaries(
    st.sampled_from(sorted(DEFAULT_WEIGHTS)),
    st.builds(opinion, share, share, st.none() | st.just("It breaks callers.")),
)
precedents = st.builds(
    Precedents,
    accepted=st.integers(0, 50),
    refused=st.integers(0, 50),
    safe=st.sampled_from([True, False, None]),
    risks=st.lists(
        st.fixed_dictionaries({**{k: st.just(v) for k, v in WARNING.items()}, "freshness": share}), max_size=3
    ),
)
evidence = st.builds(
    lambda added, executed, failed, before: GOOD.model_copy(
        update={
            "deltas": GOOD.deltas.model_copy(update={"lines_added": added, "security_before": before}),
            "coverage": ChangeCoverage(added=9, added_executed=executed, covering_tests=executed),
            "tests": TestComparison(baseline=PASSED, after=PASSED, newly_failed=["t"] * failed),
        }
    ),
    st.integers(0, 500),
    st.integers(0, 9),
    st.integers(0, 1),
    st.integers(0, 4),
)


@given(evidence, precedents, opinions, calibrations, st.builds(Thresholds, approve_at=share, reject_below=share))
def test_every_decision_is_made_once_more_to_the_same_bit(
    evidence, precedents, opinions, calibration, thresholds
) -> None:
    case = stored(evidence, precedents, opinions, calibration, thresholds)
    again = replayed(case)
    assert again.differences == []
    assert (again.ruling.verdict, again.ruling.score) == (case.decision.verdict, case.decision.score)


def test_whatever_is_altered_in_a_decision_is_named() -> None:
    altered = {
        "the verdict": lambda case: setattr(case.decision, "verdict", "rejected"),
        "the score": lambda case: setattr(case.decision, "score", 0.5),
        "the reasons": lambda case: setattr(case.decision, "reasons", ["Because."]),
        "the tester's score": lambda case: setattr(case.votes[2], "score", 0.1),
        "the security's weight": lambda case: setattr(case.votes[3], "weight", 0.9),
        "the reviewer's facts": lambda case: setattr(case.votes[1], "facts", {}),
        "the score is": lambda case: case.decision.rules["recalibration"].update(
            kind="platt", share=1.0, intercept=2.0
        ),
        "the architect's weight": lambda case: case.decision.rules["weights"].update(architect=0.9),
        "no vote of the optimizer is stored": lambda case: case.votes.pop(),
    }
    for named, alter in altered.items():
        case = stored()
        alter(case)
        assert any(each.startswith(named) for each in replayed(case).differences), named


def in_turn(change: int, missing: str | None = None) -> StoredCase:
    """A decision that rests on the opinion of whose turn it was, or would have."""
    (member,) = asked_about(change, DEFAULT_WEIGHTS)
    told = AskedMembers(in_turn=True, change=change, missing={member: missing})
    return stored(opinions={} if missing else {member: opinion(0.2, 0.9)}, asked=told)


@given(st.integers(1, 10_000), st.none() | st.just("HTTP 500: out of memory"))
def test_whose_turn_it_was_follows_from_what_is_stored(change: int, missing: str | None) -> None:
    assert replayed(in_turn(change, missing)).differences == []


def test_an_opinion_of_one_who_was_not_asked_and_a_turn_that_was_anothers_are_named() -> None:
    case = in_turn(7)
    (member,) = case.decision.rules["asked"]["missing"]
    other = next(row for row in case.votes if row.member != member)
    other.opinion = opinion(0.9, 0.9).raw
    assert f"an opinion of the {other.member} is stored, who was not asked" in replayed(case).differences
    case = in_turn(7)
    next(row for row in case.votes if row.member == member).opinion = None
    assert f"the opinion of the {member} is missing" in replayed(case).differences
    case = in_turn(7)
    case.decision.rules["asked"]["change"] = next(
        change for change in range(8, 99) if [*asked_about(change, DEFAULT_WEIGHTS)] != [member]
    )
    assert any(each.endswith(f"turn to be asked, stored is the {member}'s") for each in replayed(case).differences)


def test_decisions_by_other_rules_are_taken_as_they_were_voted() -> None:
    case = stored()
    case.decision.rules["version"] = "1"
    (said,) = replayed(case).differences
    assert said == f"the votes were cast by rules 1, this SIGMA has {RULES_VERSION}: they are taken as stored"


def test_other_weights_and_less_knowledge_are_exact_where_rules_voted() -> None:
    case = stored(precedents=Precedents(risks=[WARNING]))
    assert case.decision.verdict == Verdict.APPROVED
    lighter = without_knowledge(case, lambda key: key == 7)
    fresh = stored()
    assert (lighter.ruling.score, lighter.not_computable) == (fresh.decision.score, [])
    assert lighter.ruling.score > case.decision.score
    heavier = with_weights(case, {"tester": 0.9})
    assert (
        heavier.ruling.score
        == stored(
            precedents=Precedents(risks=[WARNING]), calibration=Calibration({**DEFAULT_WEIGHTS, "tester": 0.9})
        ).decision.score
    )
    assert without_knowledge(case, lambda _: False).ruling.score == case.decision.score


def test_where_a_model_had_seen_what_is_left_out_the_range_is_told() -> None:
    asked = {"reviewer": opinion(0.9, 0.9)}
    known = without_knowledge(stored(precedents=Precedents(risks=[WARNING]), opinions=asked), lambda _: True)
    assert (known.not_computable, known.possible) == (["reviewer"], [Verdict.APPROVED, Verdict.NEEDS_HUMAN])
    seen = AssessedRisk(
        level="high",
        risks=[],
        mitigations=[],
        confidence=1.0,
        model="m-1",
        prompt_version="think/risk_assessment@v1",
        by_model=True,
        context=["knowledge/9"],
    )
    case = stored(precedents=Precedents(assessed=seen))
    assert without_knowledge(case, lambda key: key == 9).not_computable == ["risk assessment"]
    assert without_knowledge(case, lambda key: key == 8).not_computable == []
