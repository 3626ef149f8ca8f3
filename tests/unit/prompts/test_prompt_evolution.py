"""Better words are found by trying, within what is allowed, and reported on what nothing was chosen by."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fakes.prompt_library import content
from fakes.rewording_server import ASKED_TO_SHOUT, RewordingServer

from sigma_core.errors import BudgetExceeded, Cancelled, Forbidden, Invalid, Unavailable
from sigma_core.llm.pricing import Rates
from sigma_core.prompts.evolution.cases import CaseGrade, EvolutionCase, split
from sigma_core.prompts.evolution.constraints import candidate, texts_of
from sigma_core.prompts.evolution.search import compared
from sigma_core.prompts.evolution.service import EvolutionWish
from sigma_core.prompts.evolution.tables import PromptEvolution
from sigma_core.prompts.template import Prompt
from sigma_core.prompts.test_cases import PromptTestCase
from sigma_core.runtime.build import build
from sigma_core.runtime.system import System
from sigma_core.settings import Settings

SLOT = "dream/echo"
NAME = f"{SLOT}/mine"
SCHEMA = {"type": "object", "required": ["said"], "properties": {"said": {"type": "string"}}}
WISH = EvolutionWish("They should be louder", calls=100, seed=3)


@pytest.fixture
def server() -> Iterator[RewordingServer]:
    with RewordingServer() as server:
        yield server


@pytest.fixture
def sigma(home: Path, server: RewordingServer) -> Iterator[System]:
    settings = {"home": home, "model": "m", "OPENAI_BASE_URL": server.url, "OPENAI_API_KEY": "k"}
    system = build(Settings.model_validate(settings), process="command")
    system.prompts.library.create(NAME, words(), actor="ann")
    system.prompts.library.label(NAME, "production", 1, reason="first", actor="ann")
    for number in range(9):
        system.prompts.tests.add(NAME, loud(number), actor="ann")
    yield system
    system.close()


def words(system: str = "Say it again. The key is `said`.", user: str = "This: {{code}}") -> Any:
    return content(user, system=system, answer=SCHEMA)


def loud(number: int) -> PromptTestCase:
    equals = {"kind": "equals", "path": "$.said", "value": f"WORD {number}"}
    return PromptTestCase.model_validate(
        {"name": f"loud {number}", "inputs": {"code": f"word {number}"}, "assertions": [equals]}
    )


def test_what_is_found_becomes_a_candidate_with_parent_reason_and_passed_tests(
    sigma: System, server: RewordingServer
) -> None:
    done = sigma.prompts.evolutions.run(NAME, WISH, actor="ann")
    assert (done.status, done.base_number, done.made_number) == ("success", 1, 2)
    held_out = done.figures["held_out"]
    assert (held_out["before"], held_out["after"], held_out["n"]) == (0.0, 1.0, 3)
    assert done.figures["cases"] == {"training": 3, "validation": 3, "held_out": 3}

    whole = sigma.prompts.catalog.show(NAME)
    made = whole.version(2)
    assert (made.parent, made.author) == (1, "ann")
    assert ASKED_TO_SHOUT in made.content["system"] or ASKED_TO_SHOUT in made.content["user"]
    assert "answers were not loud" in made.note
    assert made.content["answer"] == SCHEMA
    assert whole.labels == {"production": 1}, "nothing is labelled by itself"
    assert sigma.prompts.tests.last(NAME, 2).passed
    held_out_inputs = {each.inputs["code"] for each in split(cases(sigma), WISH.seed).held_out}
    told = json.dumps(server.reflected)
    assert server.reflected
    assert not [each for each in held_out_inputs if each in told], "what is reported on is never reflected on"
    its_calls_are_told_apart(sigma, done)
    canary = sigma.prompts.canaries.start(NAME, 2, reason="louder", actor="ann")
    assert (canary.candidate_number, canary.state) == (2, "running")


def its_calls_are_told_apart(sigma: System, done: PromptEvolution) -> None:
    rows = sigma.llm.usage.rows(limit=500)
    asked = [row for row in rows if row.prompt == SLOT and row.label == "evolution"]
    assert {row.worker for row in asked} == {"dreamer"}
    assert {row.run_id for row in asked} == {None}
    assert {row.version.partition("~")[0] for row in asked} == {"v1", "mine/v1"}
    reflected = [row for row in rows if row.prompt == "prompts/reflection"]
    assert len(asked) + len(reflected) == done.figures["calls"] <= WISH.calls
    assert [row.label for row in rows if row.prompt == SLOT and row.version == "mine/v2"] == ["test"] * 9


def cases(sigma: System) -> list[EvolutionCase]:
    return [
        EvolutionCase(f"test {each.name}", each.inputs, lambda _: CaseGrade(0.0))
        for each in sigma.prompts.tests.tests(NAME)
    ]


def test_the_split_is_drawn_by_seed_and_name_whatever_else_there_is(sigma: System) -> None:
    every = cases(sigma)
    parts = split(every, 3)
    assert parts == split(every[::-1], 3)
    assert parts != split(every, 4)
    assert {each.name for part in (parts.training, parts.validation, parts.held_out) for each in part} == {
        each.name for each in every
    }
    with pytest.raises(Forbidden, match="takes 6 at least"):
        split(every[:5], 3)


@pytest.mark.parametrize("lost", ["{{code}}", "`said`"])
def test_a_candidate_that_loses_a_variable_or_the_schema_is_refused_unasked(
    sigma: System, server: RewordingServer, lost: str
) -> None:
    sigma.prompts.library.edit(NAME, words("", "This: {{code}}. The key is `said`."), actor="ann")
    server.loses = lost
    done = sigma.prompts.evolutions.run(NAME, EvolutionWish("Louder", calls=40, version=2), actor="ann")
    assert server.reflected
    assert {each.partition(":")[0] for each in done.figures["refused"]} <= {"code", "answer.said"}
    assert len(done.figures["refused"]) == len(server.reflected)
    assert not [row for row in sigma.llm.usage.rows(limit=500) if "~" in row.version]
    assert done.made_number is None


def test_a_candidate_keeps_names_includes_schema_and_size() -> None:
    base = Prompt("dream/echo", "mine/v1", words(), number=1)
    texts = texts_of(base.content)
    for changed, field in (
        ({"user": "This"}, "code"),
        ({"user": "{{code}} {{other}}"}, "other"),
        ({"system": "Say it again."}, "answer.said"),
        ({"system": f"said {'x' * 5000}"}, "system"),
        ({"user": "{{code}} {{> dream/other}}"}, "dream/other"),
        ({"user": "\0"}, "user"),
    ):
        with pytest.raises(Invalid) as refused:
            candidate(base, {**texts, **changed})
        assert field in refused.value.fields, changed
    kept = candidate(base, {**texts, "system": "Say it louder, as `said`."})
    assert kept.content.answer == SCHEMA
    assert kept.version.startswith("v1~")


def test_nothing_is_asked_that_is_not_allowed(sigma: System, server: RewordingServer) -> None:
    with pytest.raises(Invalid, match="too few: it takes 28 at least"):
        sigma.prompts.evolutions.run(NAME, EvolutionWish("Louder", calls=20), actor="ann")
    with pytest.raises(Forbidden, match="m has no price"):
        sigma.prompts.evolutions.run(NAME, EvolutionWish("Louder", nano_usd=10**9), actor="ann")
    assert not server.requests

    server.rewords = "Whisper."
    done = sigma.prompts.evolutions.run(NAME, EvolutionWish("Louder", calls=28), actor="ann")
    assert done.made_number is None
    assert "None of" in (done.verdict or "")
    assert len(server.requests) == done.figures["calls"] <= 28
    assert len(sigma.prompts.catalog.show(NAME).versions) == 1


def test_money_is_kept_within_the_ceiling_and_within_budgets(sigma: System, server: RewordingServer) -> None:
    sigma.llm.pricing.enter("m", Rates(10**9, 10**9, 10**9), actor="ann", valid_from=sigma.clock().date())
    with pytest.raises(Invalid, match="usd: is too little"):
        sigma.prompts.evolutions.run(NAME, EvolutionWish("Louder", nano_usd=1000), actor="ann")
    sigma.llm.budgets.set("worker:dreamer", 10_000, "stop", actor="ann")
    with pytest.raises(BudgetExceeded, match="Nothing was asked"):
        sigma.prompts.evolutions.run(NAME, WISH, actor="ann")
    assert not server.requests
    sigma.llm.budgets.set("worker:dreamer", 100 * 10**9, "stop", actor="ann")
    done = sigma.prompts.evolutions.run(NAME, EvolutionWish("Louder", calls=100, nano_usd=10**10), actor="ann")
    spent = sum(row.cost_nano_usd or 0 for row in sigma.llm.usage.rows(limit=500) if row.worker == "dreamer")
    assert done.figures["cost_nano_usd"] == spent > 0


def test_what_is_stopped_in_the_middle_leaves_no_version_and_no_label(sigma: System, server: RewordingServer) -> None:
    def stop(text: str) -> None:
        if server.echoed > 8:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        sigma.prompts.evolutions.run(NAME, WISH, actor="ann", tell=stop)
    (left,) = sigma.prompts.evolutions.list(NAME)
    assert (left.status, left.made_number) == ("cancelled", None)
    whole = sigma.prompts.catalog.show(NAME)
    assert (len(whole.versions), whole.labels) == (1, {"production": 1})


def test_one_that_waits_is_worked_off_once_and_one_whose_process_died_has_failed(
    sigma: System, server: RewordingServer
) -> None:
    evolutions = sigma.prompts.evolutions
    asked = evolutions.ask(NAME, WISH, actor="ann")
    assert evolutions.ask(NAME, WISH, actor="ben").id == asked.id
    assert not server.requests
    died = evolutions.states.take(7)
    assert died is not None
    assert (died.id, died.status) == (asked.id, "running")

    again = evolutions.ask(NAME, WISH, actor="ben")
    assert again.id != asked.id
    assert evolutions.work_off(8, Watching()) == 1
    assert evolutions.get(asked.id or 0).status == "error"
    assert not evolutions.states.finish(died, "success", made_number=9), "given up, it can save nothing"
    done = evolutions.get(again.id or 0)
    assert (done.status, done.made_number) == ("success", 2)


class Watching:
    def progress(self, text: str) -> None:
        """Go on."""


def test_one_that_is_called_off_stops_before_its_next_call(sigma: System, server: RewordingServer) -> None:
    evolutions = sigma.prompts.evolutions

    def call_off(text: str) -> None:
        if server.echoed == 4:
            evolutions.states.cancel(evolutions.list(NAME)[0].id or 0, "ben")

    with pytest.raises(Cancelled):
        evolutions.run(NAME, WISH, actor="ann", tell=call_off)
    assert server.echoed <= 5
    assert evolutions.list(NAME)[0].status == "cancelled"


def test_offline_rules_cannot_be_worded_better(home: Path) -> None:
    system = build(Settings.model_validate({"home": home, "model": None}), process="command")
    system.load_built_in_prompts()
    with pytest.raises(Unavailable, match="whatever its words"):
        system.prompts.evolutions.run("dream/error_fix", WISH, actor="ann")
    assert not system.prompts.evolutions.list()
    system.close()


def test_a_difference_is_told_with_an_interval_from_pairs() -> None:
    found = compared([0.0] * 5, [1.0] * 5, seed=1)
    assert (found.difference, found.low, found.high) == (1.0, 1.0, 1.0)
    mixed = compared([0.0, 1.0, 0.0, 1.0], [1.0, 0.0, 1.0, 1.0], seed=1)
    assert mixed.low <= 0 <= mixed.difference <= mixed.high
    assert mixed == compared([0.0, 1.0, 0.0, 1.0], [1.0, 0.0, 1.0, 1.0], seed=1)


@pytest.mark.llm
def test_a_real_model_is_evolved_with_within_what_is_allowed(home: Path) -> None:
    """SIGMA_TEST_LLM is a server's address, SIGMA_TEST_LLM_MODEL its model. Its judgement is not what is tested."""
    settings = {
        "home": home,
        "model": os.environ.get("SIGMA_TEST_LLM_MODEL", "test"),
        "OPENAI_BASE_URL": os.environ["SIGMA_TEST_LLM"],
        "OPENAI_API_KEY": None,
    }
    system = build(Settings.model_validate(settings), process="command")
    system.load_built_in_prompts()
    before = system.prompts.catalog.show("dream/error_fix").labels
    done = system.prompts.evolutions.run("dream/error_fix", EvolutionWish("Better fixes", calls=60), actor="ann")
    assert done.status == "success"
    assert done.figures["calls"] <= 60
    assert system.prompts.catalog.show("dream/error_fix").labels == before
    assert (done.made_number is None) or done.figures["held_out"]["after"] >= done.figures["held_out"]["before"]
    system.close()
