"""Tests run really through the model, results belong to a version and a model, and production waits for them."""

from pathlib import Path

import pytest
from fakes.prompt_library import FIX, content

from sigma_core.clock import utc_now
from sigma_core.database import Database
from sigma_core.errors import Forbidden, Invalid, NotFound
from sigma_core.llm.ledger import UsageLedger
from sigma_core.llm.meter import Meter
from sigma_core.llm.metered import MeteredModel
from sigma_core.llm.offline import OfflineRules
from sigma_core.llm.recorder import UsageRecorder
from sigma_core.prompts.builtins import BuiltIns
from sigma_core.prompts.catalog import PromptCatalog
from sigma_core.prompts.library import PromptLibrary
from sigma_core.prompts.questions import Questions
from sigma_core.prompts.results import TestsGate
from sigma_core.prompts.test_cases import PromptTestCase
from sigma_core.prompts.testing import PromptTesting

GOOD = PromptTestCase.model_validate(
    {"name": "good", "inputs": {"code": "x"}, "assertions": [{"kind": "equals", "path": "$.said", "value": "x"}]}
)


@pytest.fixture
def calls() -> list[str]:
    return []


@pytest.fixture
def testing(database: Database, catalog: PromptCatalog, tmp_path: Path, calls: list[str]) -> PromptTesting:
    def rule(variables: object, view: str | None) -> dict[str, object]:
        calls.append("call")
        wrong = len(calls) % 5 == 0
        return {"said": "?" if wrong else variables["code"]}  # type: ignore[index]

    recorder = UsageRecorder(database, tmp_path / "spool")
    model = MeteredModel(OfflineRules({"dream/fix": rule}), Meter(recorder, utc_now), deadline_s=60)
    return PromptTesting(database, utc_now, catalog, Questions(BuiltIns(), model), price=lambda _: 0, judge=None)


@pytest.fixture
def gated(database: Database, stored: PromptLibrary) -> PromptLibrary:
    return PromptLibrary(database, utc_now, TestsGate("offline-rules"))


def test_a_run_is_a_real_call_with_a_usage_row(
    database: Database, testing: PromptTesting, stored: PromptLibrary
) -> None:
    testing.add(FIX, GOOD, actor="ann")
    suite = testing.run(FIX, version=2, actor="ann")
    assert (suite.passed, suite.number, suite.model) == (True, 2, "offline-rules")
    (row,) = UsageLedger(database).rows()
    assert (row.prompt, row.version, row.run_id) == ("dream/fix", "mine/v2", None)


def test_repeats_show_what_is_unstable(testing: PromptTesting, stored: PromptLibrary) -> None:
    testing.add(FIX, GOOD, actor="ann")
    (result,) = testing.run(FIX, repeats=10, actor="ann").results
    assert (result.runs, result.passes, result.failures) == (10, 8, ['$.said is "?", not "x"'])
    with pytest.raises(Invalid, match="repeats"):
        testing.run(FIX, repeats=0, actor="ann")
    with pytest.raises(NotFound, match="No test other"):
        testing.run(FIX, test="other", actor="ann")


def test_production_waits_for_a_passed_run_of_that_version(
    testing: PromptTesting, gated: PromptLibrary, calls: list[str]
) -> None:
    testing.add(FIX, GOOD, actor="ann")
    with pytest.raises(Forbidden, match="v2 has no result with offline-rules for 1 of 1 tests: good"):
        gated.label(FIX, "production", 2, reason="now", actor="ann")
    calls.extend("xxxx")
    assert not testing.run(FIX, version=2, actor="ann").passed
    with pytest.raises(Forbidden, match="v2 fails 1 of 1 tests with offline-rules: good"):
        gated.label(FIX, "production", 2, reason="now", actor="ann")
    assert testing.run(FIX, version=2, actor="ann").passed
    assert gated.label(FIX, "production", 2, reason="now", actor="ann")


def test_a_changed_test_has_no_result_yet_and_one_switched_off_blocks_nothing(
    testing: PromptTesting, gated: PromptLibrary
) -> None:
    testing.add(FIX, GOOD, actor="ann")
    testing.run(FIX, version=2, actor="ann")
    testing.add(FIX, GOOD.model_copy(update={"inputs": {"code": "y"}}), actor="ann")
    assert testing.last(FIX, 2).results == []
    with pytest.raises(Forbidden, match="has no result"):
        gated.label(FIX, "production", 2, reason="now", actor="ann")
    testing.switch(FIX, "good", enabled=False, actor="ann")
    (skipped,) = testing.run(FIX, version=2, actor="ann").results
    assert skipped.skipped == "It is switched off."
    assert gated.label(FIX, "production", 2, reason="now", actor="ann")


def test_an_error_where_none_is_expected_fails_the_test(testing: PromptTesting, stored: PromptLibrary) -> None:
    testing.add(FIX, PromptTestCase(name="empty"), actor="ann")
    testing.add(FIX, PromptTestCase.model_validate({"name": "refused", "assertions": [{"kind": "error"}]}), actor="ann")
    suite = testing.run(FIX, actor="ann")
    assert {suite.names[each.test_id]: (each.passes, each.failures) for each in suite.results} == {
        "empty": (0, ["failed: code: is missing"]),
        "refused": (1, []),
    }


def test_what_a_model_must_grade_is_skipped_without_one(testing: PromptTesting, stored: PromptLibrary) -> None:
    graded = {"name": "kind", "inputs": {"code": "x"}, "assertions": [{"kind": "graded", "demand": "is kind"}]}
    testing.add(FIX, PromptTestCase.model_validate(graded), actor="ann")
    (result,) = testing.run(FIX, actor="ann").results
    assert "no model server is configured" in (result.skipped or "")


def test_two_versions_are_compared_side_by_side(testing: PromptTesting, stored: PromptLibrary) -> None:
    testing.add(FIX, GOOD, actor="ann")
    testing.run(FIX, version=1, actor="ann")
    (compared,) = testing.compare(FIX, 1, 2)
    assert compared.test == "good"
    assert compared.before is not None
    assert compared.after is None


def test_a_test_is_stored_under_its_name_and_told(
    testing: PromptTesting, stored: PromptLibrary, catalog: PromptCatalog
) -> None:
    testing.add(FIX, GOOD, actor="ann")
    testing.add(FIX, GOOD, actor="ben")
    assert [each.name for each in testing.tests(FIX)] == ["good"]
    assert [entry.action for entry in catalog.audit(FIX)][:2] == ["put test", "put test"]
    assert content().title == "Fix"
