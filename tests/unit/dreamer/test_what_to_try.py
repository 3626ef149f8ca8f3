"""In its cycle the dreamer begins experiments by itself, and asks for better words of a prompt that fails too often."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fakes.checkout import Checkout
from fakes.prompt_library import content
from fakes.rewording_server import RewordingServer
from sqlmodel import select

from sigma_core.clock import utc_now
from sigma_core.dreamer import evolution_proposals
from sigma_core.dreamer.evolution_proposals import FEWEST_CALLS
from sigma_core.experiments.tunable_catalog import strategy_parameters
from sigma_core.llm.pricing import Rates
from sigma_core.llm.tables import PromptUsage
from sigma_core.projects.tables import Project
from sigma_core.prompts.test_cases import PromptTestCase
from sigma_core.runtime.build import build
from sigma_core.runtime.system import System
from sigma_core.settings import Settings
from sigma_core.workers.tables import CycleReport

NAME = "dream/echo/mine"
SCHEMA = {"type": "object", "required": ["said"], "properties": {"said": {"type": "string"}}}


@pytest.fixture
def server() -> Iterator[RewordingServer]:
    with RewordingServer() as server:
        yield server


@pytest.fixture
def offline(home: Path) -> Iterator[System]:
    system = build(Settings(home=home, sandbox="none", embedder="none"), process="command")
    yield system
    system.close()


@pytest.fixture
def sigma(home: Path, server: RewordingServer) -> Iterator[System]:
    """With a model, and a prompt in production that has nine tests."""
    settings = {"home": home, "model": "m", "OPENAI_BASE_URL": server.url, "OPENAI_API_KEY": "k", "embedder": "none"}
    system = build(Settings.model_validate(settings), process="command")
    words = content("This: {{code}}", system="Say it again. The key is `said`.", answer=SCHEMA)
    system.prompts.library.create(NAME, words, actor="ann")
    system.prompts.library.label(NAME, "production", 1, reason="first", actor="ann")
    for number in range(9):
        equals = {"kind": "equals", "path": "$.said", "value": f"WORD {number}"}
        case = {"name": f"loud {number}", "inputs": {"code": f"word {number}"}, "assertions": [equals]}
        system.prompts.tests.add(NAME, PromptTestCase.model_validate(case), actor="ann")
    yield system
    system.close()


def cycle(system: System, tmp_path: Path) -> None:
    known = list(system.projects.service.list())
    project: Project = (
        known[0]
        if known
        else system.projects.service.add(Checkout(tmp_path / "small", {"a.py": "x = 1\n"}).path, actor="ada")
    )
    with system.cycles() as run:
        assert run("dreamer", project, "ada", lambda _: None).error is None


def called(system: System, times: int, error: str | None) -> None:
    template = system.prompts.catalog.show(NAME).template.id
    now = utc_now()
    with system.database.transaction() as session:
        before = len(session.exec(select(PromptUsage.id)).all())
        session.add_all(
            PromptUsage(
                call_id=f"c{before + number}",
                prompt="dream/echo",
                template_id=template,
                version="v1",
                version_number=1,
                label="production",
                worker="dream",
                model="m",
                latency_ms=5,
                success=error is None,
                error_kind=error,
                day=now.date(),
                created_at=now,
            )
            for number in range(times)
        )


def test_it_starts_an_experiment_where_answers_change_nothing(offline: System, tmp_path: Path) -> None:
    with offline.database.transaction() as session:
        for number in range(1, 7):
            asked = {"experiment": {"runs": [number]}}
            session.add(
                CycleReport(
                    run_id=900 + number,
                    worker="think",
                    duration_ms=5,
                    produced=0,
                    published=0,
                    received=0,
                    figures=asked,
                    finished_at=utc_now(),
                )
            )
    cycle(offline, tmp_path)
    (running,) = offline.experiments.trials.running()
    assert (running.tunable, running.standing) == ("think.multi_hop_exploration.max_hops", "running")
    tunable = dict(strategy_parameters("think", "multi_hop_exploration"))["max_hops"]
    read = {offline.experiments.values.value(tunable, 1, unit) for unit in range(40)}
    assert read == {tunable.default, *tunable.worth_trying}, "runs from now on draw either"


def test_it_has_the_words_evolved_whose_answers_are_of_no_use(sigma: System, tmp_path: Path) -> None:
    called(sigma, FEWEST_CALLS, "ModelUnavailable")
    called(sigma, FEWEST_CALLS - 1, "BadAnswer")
    cycle(sigma, tmp_path)
    assert not sigma.prompts.evolutions.list(), "too few of them were answered"
    called(sigma, 1, None)
    cycle(sigma, tmp_path)
    (asked,) = sigma.prompts.evolutions.list(NAME)
    assert (asked.status, asked.requested_by, asked.base_number) == ("queued", "dreamer", 1)
    assert asked.reason == f"{FEWEST_CALLS - 1} of the latest {FEWEST_CALLS} answers to v1 were of no use."
    sigma.prompts.evolutions.states.finish(asked, "error", error="gone")
    cycle(sigma, tmp_path)
    assert len(sigma.prompts.evolutions.list(NAME)) == 1, "the same record warrants it once"


def test_only_the_latest_calls_count(sigma: System, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evolution_proposals, "LOOKED_BACK", FEWEST_CALLS)
    called(sigma, FEWEST_CALLS, "BadAnswer")
    called(sigma, FEWEST_CALLS, None)
    cycle(sigma, tmp_path)
    assert not sigma.prompts.evolutions.list()


def test_a_budget_that_leaves_too_little_keeps_it_from_asking(sigma: System, tmp_path: Path) -> None:
    called(sigma, FEWEST_CALLS, "BadAnswer")
    sigma.llm.pricing.enter("m", Rates(10**9, 10**9, 10**9), actor="ann", valid_from=sigma.clock().date())
    sigma.llm.budgets.set("worker:dreamer", 10_000, "stop", actor="ann")
    cycle(sigma, tmp_path)
    assert not sigma.prompts.evolutions.list()
