"""The prompts that ship: bounded, without examples to parrot, tested, and answered by the offline rules."""

import re

import pytest
from fakes.prompt_library import OpenGate
from jsonschema import Draft202012Validator

from sigma_core.clock import utc_now
from sigma_core.database import Database
from sigma_core.llm.meter import Meter
from sigma_core.llm.metered import MeteredModel
from sigma_core.llm.offline import OfflineRules
from sigma_core.llm.recorder import UsageRecorder
from sigma_core.prompts.assertions import KINDS
from sigma_core.prompts.builtins import BuiltIns
from sigma_core.prompts.catalog import PromptCatalog
from sigma_core.prompts.library import PromptLibrary
from sigma_core.prompts.loading import BuiltInLoader
from sigma_core.prompts.questions import Questions
from sigma_core.prompts.results import TestsGate
from sigma_core.prompts.rules import RULES
from sigma_core.prompts.testing import PromptTesting
from sigma_core.proposals import offline_votes, opinions

BUILT_IN = BuiltIns()


def parts(schema: object) -> list[dict[str, object]]:
    """Each place of a schema that states a type."""
    if isinstance(schema, dict):
        inner = [part for value in schema.values() for part in parts(value)]
        return [schema, *inner] if isinstance(schema.get("type"), str | list) else inner
    return []


def test_all_seven_are_there() -> None:
    assert BUILT_IN.names() == [
        "analysis/issue_assessment",
        "dream/error_fix",
        "dreamer/experiment_generation",
        "learning/pattern_extraction",
        "recall/context_retrieval",
        "think/committee_scoring",
        "think/risk_assessment",
    ]


@pytest.mark.parametrize("name", BUILT_IN.names())
def test_each_bounds_its_answer_and_gives_no_values_to_repeat(name: str) -> None:
    content = BUILT_IN.get(name).content
    Draft202012Validator.check_schema(content.answer)
    for part in parts(content.answer):
        kinds = part["type"] if isinstance(part["type"], list) else [part["type"]]
        assert "string" not in kinds or "maxLength" in part
        assert "array" not in kinds or "maxItems" in part
        assert not {"number", "integer"} & set(kinds) or {"minimum", "maximum"} <= part.keys()
        assert "object" not in kinds or part["additionalProperties"] is False
    text = content.system + content.user + "".join(content.views.values())
    assert not re.search(r"0\.\d|e\.g\.|example|\[\"", text, re.IGNORECASE)
    assert all(variable.description for variable in content.variables.values())


def test_the_committee_has_a_view_and_a_test_for_each_member() -> None:
    file = BUILT_IN.file("think/committee_scoring")
    members = {"architect", "reviewer", "tester", "security", "optimizer"}
    assert set(file.content.views) == {case.view for case in file.cases} == members


@pytest.mark.parametrize("name", BUILT_IN.names())
def test_each_has_five_tests_that_its_offline_rule_passes(name: str, sqlite_database: Database, tmp_path) -> None:
    rules = OfflineRules({**RULES, opinions.PROMPT: offline_votes.committee_scoring})
    model = MeteredModel(rules, Meter(UsageRecorder(sqlite_database, tmp_path / "spool"), utc_now), deadline_s=60)
    library = PromptLibrary(sqlite_database, utc_now, OpenGate())
    BuiltInLoader(sqlite_database, utc_now, BUILT_IN, library).load()
    testing = PromptTesting(
        sqlite_database,
        utc_now,
        PromptCatalog(sqlite_database),
        Questions(BuiltIns(), model),
        price=lambda _: 0,
        judge=None,
    )
    suite = testing.run(name, repeats=2, actor="ann")
    run = [each for each in suite.results if each.skipped is None]
    assert len(run) >= 5
    assert {suite.names[each.test_id]: each.failures for each in run if each.passes < each.runs} == {}
    assert suite.passed
    with sqlite_database.reading() as session:
        template = PromptCatalog(sqlite_database).show(name).template
        assert TestsGate(model.name).refusal(session, template, 1) is None
        assert "has no result with other" in (TestsGate("other").refusal(session, template, 1) or "")


def test_every_kind_of_assertion_has_its_own_name() -> None:
    assert len({kind.model_fields["kind"].default for kind in KINDS}) == len(KINDS) == 10
