from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fakes.seed import RULES, broken, clean, tampered, unexecuted

from sigma_core.console.components.committee import committee_card
from sigma_core.console.components.evidence import evidence_card, lines
from sigma_core.console.components.history_lanes import history_lanes
from sigma_core.console.components.kpi import sparkline
from sigma_core.console.components.lanes import lanes
from sigma_core.proposals.evidence import (
    ControlRun,
    ControlState,
    Evidence,
    MutatedStatement,
    TypeCheck,
    TypeCheckState,
)
from sigma_core.proposals.tables import CommitteeScore, Decision
from sigma_core.runtime.lane_history import LaneBucket, LaneChange, LaneHistory, LaneRange
from sigma_core.runtime.status import Bar, WorkerState, WorkerStatus
from sigma_core.state_machine import RunState

NOW = datetime(2026, 11, 22, 13, 30, tzinfo=UTC)


def marks(evidence: Evidence) -> dict[str, str]:
    return {line.name: line.mark for line in lines(evidence)}


def test_clean_evidence_asks_for_no_look():
    assert set(marks(clean("x")).values()) == {"ok", "neutral"}
    assert "sg-fact-note" not in evidence_card(clean("x"))


@pytest.mark.parametrize(
    ("part", "said"),
    [
        ({"tests": {"failing_alike": ["tests/test_net.py::test_away"]}}, "failing before and after alike"),
        ({"tests": {"unloadable": ["tests/test_odd.py"]}}, "cannot be loaded before and after"),
        ({"differential": {"state": "no_difference", "inputs": 43, "functions": ["m.f"]}}, "no difference"),
        ({"differential": {"state": "not_comparable", "detail": "no input"}}, "not comparable"),
        ({"named": ["tests/conftest.py reads frames"]}, "Known of the base"),
    ],
    ids=["failing alike", "unloadable", "no difference", "not comparable", "named"],
)
def test_what_speaks_neither_for_nor_against_is_drawn(part: dict[str, Any], said: str):
    known = clean("x").model_dump()
    merged = {name: {**known[name], **more} if isinstance(more, dict) else more for name, more in part.items()}
    assert said in str(evidence_card(Evidence.model_validate({**known, **merged})))


def test_an_unexecuted_line_is_amber_and_named():
    assert marks(unexecuted())["Changed lines run by tests"] == "warn"
    assert "shop/orders.py:44" in evidence_card(unexecuted())


def test_a_broken_test_a_new_error_and_a_disproved_control_are_red():
    found = marks(broken())
    assert [found[name] for name in ("Tests", "New issues", "Control run")] == ["bad", "bad", "bad"]


def test_mutants_are_told_by_what_nobody_notices():
    noticed = {"place": "shop/orders.py:44", "tried": 2, "noticed": 2}
    missed = {"place": "shop/orders.py:45", "tried": 3, "unnoticed": ["`a` in place of `b`"]}

    def line(*mutants: dict[str, object]):
        read = [MutatedStatement.model_validate(each) for each in mutants]
        return next(each for each in lines(clean("x").model_copy(update={"mutants": read})) if each.name == "Mutants")

    assert (line(noticed).mark, line(noticed).value) == ("ok", "2 of 2 noticed")
    assert (line(noticed, missed).mark, line(noticed, missed).value) == ("warn", "2 of 5 noticed")
    assert line(missed).note == "No test notices shop/orders.py:45: `a` in place of `b`"
    assert line({"place": "shop/orders.py:46"}).note == "No time was left for shop/orders.py:46"
    assert line({"place": "x.py:1", "not_mutable": "it runs at import only"}).detail == "it runs at import only"


def test_what_was_not_run_is_said_so_and_not_ticked():
    found = marks(tampered())
    assert found["Tests"] == "warn"
    assert found["Changed lines run by tests"] == "none"
    assert found["Not sufficient"] == "warn"


def test_a_diff_that_does_not_apply_shows_nothing_else():
    evidence = Evidence(base_commit="a", diff_sha256="b", applies=False, apply_error="it differs at line 3")
    assert [line.name for line in lines(evidence)] == ["Applies"]


def vote(member: str, score: float | None, **more: object) -> CommitteeScore:
    return CommitteeScore(verification_id=1, member=member, score=score, confidence=0.8, weight=0.2, **more)


def card_of(*votes: CommitteeScore) -> str:
    decision = Decision(
        proposal_id=1, verdict="approved", decided_by="committee", actor="think", score=0.79, rules=RULES
    )
    return committee_card(votes, decision, 0.70)


def test_a_vote_below_the_threshold_is_amber_and_quoted():
    drawn = card_of(vote("tester", 0.58, risks=["matches no row"]), vote("architect", 0.9, risks=["not quoted"]))
    assert drawn.count("sg-below") == 1
    assert "matches no row" in drawn
    assert "not quoted" not in drawn


def test_an_absent_member_has_no_score_and_says_why():
    drawn = card_of(vote("tester", None, absent="no test result"))
    assert "absent, weight spread" in drawn
    assert "no test result" in drawn


def test_a_score_that_outcomes_made_another_of_shows_both_and_why_weights_are_so():
    rules = {**RULES, "weighted": 0.85, "recalibration": {"n": 140}}
    decision = Decision(
        proposal_id=1, verdict="approved", decided_by="committee", actor="think", score=0.74, rules=rules
    )
    rules["asked"] = {"in_turn": True, "change": 1, "missing": {"tester": None}}
    drawn = committee_card([vote("tester", 0.9)], decision, 0.70, "Weights by change 3.")
    assert "the tester&#x27;s opinion, whose turn it was; the others voted by rule" in drawn
    assert "is what a weighted score of 0.85 has stood for, by 140 outcomes" in drawn
    assert "Weights by change 3." in drawn


def test_a_veto_is_named_with_its_reason():
    assert "Security vetoes: “unsafe &lt;b&gt;”" in card_of(vote("security", 0.9, veto="unsafe <b>"))


def test_a_flat_or_single_course_draws_no_line():
    assert sparkline([]) is None
    assert sparkline([3]) is None
    assert sparkline([0, 0, 0]) is None
    assert sparkline([0, 1]) is not None


def lane(*bars: Bar) -> WorkerStatus:
    return WorkerStatus("dream", WorkerState.IDLE, None, None, None, bars)


def test_bars_stay_inside_the_lane():
    early = Bar(1, RunState.SUCCESS, NOW - timedelta(hours=2), NOW - timedelta(minutes=30))
    just = Bar(2, RunState.RUNNING, NOW, None)
    drawn = lanes([lane(early, just)], NOW, UTC)
    assert "left:0.00%;width:50.00%" in drawn
    assert "left:99.50%;width:0.50%" in drawn


def test_a_lane_of_days_has_a_column_a_step_and_one_rule_for_all_that_changed_in_a_step():
    begin, step = NOW - timedelta(days=7), timedelta(hours=3)
    full = LaneBucket(4, {RunState.SUCCESS: 30, RunState.ERROR: 10})
    few = LaneBucket(55, {RunState.RUNNING: 1})
    changes = (
        LaneChange(begin + 4.2 * step, "dream/error_fix", "v8", was_undone=False),
        LaneChange(begin + 4.9 * step, "dream/error_fix", "v7", was_undone=True),
        LaneChange(begin + 9 * step, "experiment “<i>”", None, was_undone=True),
    )
    history = LaneHistory(LaneRange(timedelta(days=7), step), begin, {"dream": (full, few)}, changes)
    drawn = history_lanes([lane()], history, NOW, UTC)
    assert drawn.count("sg-column ") == 2
    assert "16 Nov, 01:30–04:30: 10 failed, 30 succeeded" in drawn
    assert "dream: 41 runs, 10 failed" in drawn
    assert drawn.count('class="sg-rule"') == drawn.count('class="sg-rule sg-rule-undone"') == 1
    assert "dream/error_fix v8 promoted\n" in drawn
    assert "dream/error_fix rolled back to v7, 16 Nov" in drawn
    assert "experiment “&lt;i&gt;” rolled back, 16 Nov" in drawn
    assert "more" not in drawn


def test_cancelled_and_running_runs_do_not_count_as_success_or_failure():
    ended = NOW - timedelta(minutes=1)
    states = (RunState.SUCCESS, RunState.ERROR, RunState.CANCELLED, RunState.RUNNING)
    worker = lane(*(Bar(i, state, ended, ended) for i, state in enumerate(states)))
    assert worker.finished == 2
    assert worker.ok_rate == 0.5


def test_what_is_equal_by_structure_is_told_with_its_form() -> None:
    evidence = Evidence(
        base_commit="a",
        diff_sha256="b",
        applies=True,
        equal_by_structure="control flow",
        control=ControlRun(state=ControlState.NOT_NEEDED),
    )
    shown = str(evidence_card(evidence))
    assert "Equal by structure" in shown
    assert "control flow" in shown
    assert shown.count("not needed") == 2
    for state, said in (("agrees", "no new errors"), ("disagrees", "1 new error"), ("not_checked", "not run")):
        found = TypeCheck(state=TypeCheckState(state), checker="mypy 2", new_errors=["a.py: no int"])
        assert said in str(evidence_card(evidence.model_copy(update={"type_check": found})))
