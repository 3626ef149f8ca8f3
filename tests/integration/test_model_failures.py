"""A model server that misbehaves in every way costs workers nothing but the answers it would have given."""

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fakes.chat_server import ChatServer, Reply, answer, completion, failure
from fakes.checkout import Checkout
from sqlmodel import col, select

from sigma_core.exchange.tables import Knowledge
from sigma_core.formatting import NANO
from sigma_core.issues.tables import Issue
from sigma_core.jobs import WORKERS
from sigma_core.llm.pricing import Rates
from sigma_core.proposals.tables import CommitteeScore, Decision, Proposal
from sigma_core.runtime.build import build
from sigma_core.runtime.system import System
from sigma_core.settings import Settings
from sigma_core.state_machine import RunState

CODE = "import subprocess\n\n\ndef run(command):\n    return subprocess.call(command, shell=True)\n"
NONE = "\n\ndef nobody(value):\n    return value == None\n"
WAYS = {
    "too slow": ([answer({}, delay_s=2)], "ModelUnavailable"),
    "a byte now and then": ([replace(completion("{}"), pause_s=0.05)], "ModelUnavailable"),
    "hangs up": ([Reply(hang_up=True)], "ModelUnavailable"),
    "rate limit": ([failure(429, "slow down", retry_after="0")], "ModelBusy"),
    "500": ([failure(500, "broken")], "ModelBusy"),
    "no JSON at all": ([Reply(body=b"<html>It works!</html>")], "ModelUnavailable"),
    "no choice": ([Reply(body=b"{}")], "ModelUnavailable"),
    "nothing": ([completion("")], "BadAnswer"),
    "broken JSON": ([completion('{"changes": [')], "BadAnswer"),
    "off the schema": ([answer({"changes": "all of them", "severity": "fatal", "level": 7})], "BadAnswer"),
    "cut off": ([completion('{"changes": []}', finish_reason="length")], "BadAnswer"),
    "huge": ([Reply(body=b" " * 5_000_000)], "ModelUnavailable"),
    "huge answer": ([completion("x" * 3_000_000)], "BadAnswer"),
}


def opened(home: Path, server: ChatServer, timeout_s: float) -> System:
    """SIGMA with this server's model, as a process that has just started."""
    settings = Settings.model_validate(
        {
            "home": home,
            "model": "m-1",
            "OPENAI_BASE_URL": server.url,
            "model_timeout_s": timeout_s,
            "sandbox": "none",
            "database_url": None,
            "OPENAI_API_KEY": None,
        }
    )
    return build(settings)


@pytest.fixture
def server() -> Iterator[ChatServer]:
    with ChatServer() as server:
        yield server


@pytest.fixture
def system(request: pytest.FixtureRequest, tmp_path: Path, home: Path, server: ChatServer) -> Iterator[System]:
    """One project that allows its text to be sent, with an issue no linter mends and one that it does."""
    checkout = Checkout(tmp_path / "shop", {"m.py": CODE + NONE})
    call = getattr(request.node, "callspec", None)
    slow = any(each.delay_s or each.pause_s for each in (call.params.get("replies", ()) if call else ()))
    # Only a server that is slow on purpose may run into the limit, never a busy machine
    system = opened(home, server, 0.6 if slow else 60)
    project = system.projects.service.add(checkout.path, python=sys.executable, actor="ada")
    system.projects.service.permit(project.name, actor="ada", model_allowed=True)
    yield system
    system.close()


@pytest.mark.parametrize(("replies", "kind"), WAYS.values(), ids=WAYS)
def test_every_worker_goes_on_and_each_failure_is_one_row(
    system: System, server: ChatServer, replies: list[Reply], kind: str
) -> None:
    server.script(*replies)
    figures = cycle(system, *WORKERS)
    for name in ("analysis", "dream", "think"):
        assert figures[name]["model_failures"] > 0, name
    rows = system.llm.usage.rows(limit=1000)
    assert rows[-1].error_kind == kind
    # A server that keeps failing is left in peace for a while: that too is a failure with its row
    assert {row.error_kind for row in rows} <= {kind, "ModelUnavailable"}
    assert {row.success for row in rows} == {False}
    assert all(row.error for row in rows)
    assert (
        len({row.call_id for row in rows})
        == len(rows)
        == sum(each.get("model_failures", 0) for each in figures.values())
    )
    assert no_models_word(system)


@pytest.mark.parametrize(
    "replies",
    [[failure(429, "slow down", retry_after="0")], [failure(503, "loading")], [completion("[")]],
    ids=["rate limit", "loading", "nonsense"],
)
def test_what_works_at_the_second_attempt_is_one_row_with_both(
    system: System, server: ChatServer, replies: list[Reply]
) -> None:
    server.script(*replies, answer({"severity": "error", "priority": 0.5, "reason": "It can fail.", "confidence": 0.9}))
    figures = cycle(system, "analysis")
    rows = system.llm.usage.rows(limit=1000)
    assert {row.success for row in rows} == {True}
    assert sorted(row.attempts for row in rows)[-1] == 2
    assert figures["analysis"]["judged"] == len(rows)


def test_a_used_up_budget_is_a_skipped_question_not_a_failed_run(system: System, server: ChatServer) -> None:
    day = system.clock().date()
    system.llm.pricing.enter("m-1", Rates(NANO, NANO, NANO), actor="ada", valid_from=day)
    system.llm.budgets.set("worker:dream", 0, "stop", actor="ada")
    server.script(failure(400, "not asked about here"))
    cycle(system, "analysis")
    requests = len(server.requests)
    assert cycle(system, "dream")["dream"]["skipped"] > 0
    assert len(server.requests) == requests
    assert system.llm.budgets.statuses()[0].today.stopped > 0


def cycle(system: System, *workers: str) -> dict[str, dict[str, Any]]:
    """A cycle of each worker, which must succeed; their figures."""
    (project,) = system.projects.service.list()
    with system.cycles() as run:
        done = [run(worker, project, "ada", lambda _: None) for worker in workers]
    assert [(each.state, each.error) for each in done] == [(RunState.SUCCESS, None)] * len(done)
    return {each.worker: dict(each.figures) for each in done}


def no_models_word(system: System) -> bool:
    """Nothing a model might have said is in the book of issues, in a proposal, a decision or knowledge."""
    with system.database.reading() as session:
        judged = session.exec(select(Issue).where(col(Issue.priority).is_not(None))).all()
        written = session.exec(select(Proposal).where(Proposal.fixer == "model")).all()
        opinions = session.exec(select(CommitteeScore).where(col(CommitteeScore.prompt_version).is_not(None))).all()
        foreseen = [each for each in session.exec(select(Decision)) if each.rules["precedents"]["assessed"]]
        patterns = session.exec(select(Knowledge).where(Knowledge.type == "pattern_evolution")).all()
    return not (judged or written or opinions or foreseen or patterns)
