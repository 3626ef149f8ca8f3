"""What workers ask, what changes by the answers, and what happens without one: whole cycles, a real model server.

No project code runs here (`sandbox="none"`), so that each test takes a moment.
"""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fakes.chat_server import ChatServer, answer, completion, failure
from fakes.checkout import Checkout
from pydantic import SecretStr
from sqlmodel import select

from sigma_core.exchange.tables import Knowledge
from sigma_core.formatting import NANO
from sigma_core.jobs import WORKERS
from sigma_core.learning.posterior import trend
from sigma_core.llm.pricing import Rates
from sigma_core.projects.tables import Project
from sigma_core.proposals.committee import MEMBERS
from sigma_core.proposals.tables import CommitteeScore
from sigma_core.proposals.turns import asked_about
from sigma_core.runtime.build import build
from sigma_core.runtime.system import System
from sigma_core.runtime.tables import Run
from sigma_core.settings import Settings

SHELL = "import subprocess\n\n\ndef run(command):\n    return subprocess.call(command, shell=True)\n"
NONE = '"""A."""\n\n\ndef first(value):\n    return value == None\n\n\ndef second(value):\n    return value != None\n'
TWO_RULES = NONE.replace("!= None", "== True")
"""Two proposals: fixes of one rule in one file are one."""
ISSUE, RISK = "You judge how much one issue", "You assess the risk of applying one change"
PATTERNS, CONTEXT = "You look for patterns in how fixes", "You choose, from what a search found"
EXPERIMENTS = "You propose experiments"
CALM = {"severity": "info", "priority": 0.1, "reason": "It is not used.", "confidence": 0.9}
GRAVE = {"severity": "critical", "priority": 0.95, "reason": "Anybody may run commands.", "confidence": 0.9}
HIGH = {"risks": ["The shell is still reached."], "level": "high", "mitigations": [], "confidence": 0.7}


@pytest.fixture
def server() -> Iterator[ChatServer]:
    with ChatServer() as server:
        server.script(failure(400, "not asked about here"))
        yield server


Open = Callable[..., tuple[System, Project]]


@pytest.fixture
def opened(tmp_path: Path, home: Path, server: ChatServer) -> Iterator[Open]:
    """SIGMA with this server's model, and a project that allows it."""
    systems: list[System] = []

    def of(code: str, *, allowed: bool = True) -> tuple[System, Project]:
        system = build(
            Settings.model_validate(
                {
                    "home": home,
                    "model": "m-1",
                    "OPENAI_BASE_URL": server.url,
                    "sandbox": "none",
                    "model_timeout_s": 5,
                    "database_url": None,
                    "OPENAI_API_KEY": None,
                }
            )
        )
        systems.append(system)
        project = system.projects.service.add(
            Checkout(tmp_path / "shop", {"m.py": code}).path, python=sys.executable, actor="a"
        )
        return system, system.projects.service.permit(
            project.name, actor="a", model_allowed=True
        ) if allowed else project

    yield of
    for system in systems:
        system.close()


def cycle(system: System, project: Project, *workers: str) -> list[Run]:
    with system.cycles() as run:
        done = [run(name, project, "ada", lambda _: None) for name in workers or WORKERS]
    assert [each.error for each in done] == [None] * len(done)
    return done


def told(system: System, kind: str) -> list[dict[str, Any]]:
    with system.database.reading() as session:
        return [item.data for item in session.exec(select(Knowledge).where(Knowledge.type == kind)).all()]


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_a_second_run_on_an_unchanged_repository_asks_nothing_again(
    request: pytest.FixtureRequest, tmp_path: Path, home: Path, database: str
) -> None:
    url = None if database == "sqlite" else SecretStr(request.getfixturevalue("postgresql_home_url"))
    system = build(Settings(home=home, database_url=url, sandbox="none"))
    project = system.projects.service.add(
        Checkout(tmp_path / "a", {"a.py": NONE}).path, python=sys.executable, actor="ada"
    )
    cycle(system, project)
    first = {(row.worker, row.prompt) for row in system.llm.usage.rows(limit=1000)}
    assert {prompt for _, prompt in first} >= {
        "analysis/issue_assessment",
        "think/risk_assessment",
        "think/committee_scoring",
        "recall/context_retrieval",
    }
    assert {worker for worker, _ in first} == {"analysis", "think", "recall"}
    asked = len(system.llm.usage.rows(limit=1000))
    for _ in range(3):
        cycle(system, project)
    assert len(system.llm.usage.rows(limit=1000)) == asked
    system.close()


def test_a_judged_severity_counts_and_is_told_and_mended_first(server: ChatServer, opened: Open) -> None:
    server.by_text = {ISSUE: answer(GRAVE)}
    system, project = opened(SHELL)
    (run,) = cycle(system, project, "analysis")
    issues = system.issues.service.list(project.id)
    assert run.figures["judged"] == len(issues)
    raised = {issue.rule: (issue.found_severity, issue.severity) for issue in issues}
    assert raised["S602"] == ("error", "critical")
    assert all(issue.judgement["reason"] == GRAVE["reason"] for issue in issues)
    assert {item["issue_type"] for item in told(system, "critical_issue")} == {
        rule for rule, (_, severity) in raised.items() if severity == "critical"
    }
    shown = str(server.asked(ISSUE)[0]["messages"][1]["content"])
    assert "subprocess.call(command, shell=True)" in shown


def test_without_leave_nothing_is_sent_and_it_is_asked_when_leave_is_given(server: ChatServer, opened: Open) -> None:
    server.by_text = {ISSUE: answer(CALM)}
    system, project = opened(SHELL, allowed=False)
    (run,) = cycle(system, project, "analysis")
    assert (server.requests, run.figures["judged"]) == ([], 0)
    cycle(system, project, "dream", "think", "learning", "recall", "dreamer")
    assert server.requests == []
    system.projects.service.permit(project.id, actor="ada", model_allowed=True)
    (later,) = cycle(system, project, "analysis")
    assert later.figures["judged"] == len(server.requests) > 0


def test_a_foreseen_risk_stands_in_the_decision_and_in_what_is_told_of_it(server: ChatServer, opened: Open) -> None:
    change = {
        "file": "m.py",
        "original": "subprocess.call(command, shell=True)",
        "fixed": "subprocess.call(words)",
        "explanation": "Shorter.",
    }
    server.by_text = {ISSUE: answer(CALM), RISK: answer(HIGH)}
    server.script(answer({"changes": [change]}))
    system, project = opened(SHELL)
    cycle(system, project, "analysis", "dream")
    server.script(failure(400, "no opinion"))
    known = {"issue_type": "S602", "improvement": 0.5, "pattern": "shell", "fix_details": "A list of words, no shell."}
    system.exchange.service.publish("operator", "successful_fix", known)
    (run,) = cycle(system, project, "think")
    (asked,) = [str(each["messages"]) for each in server.requests if RISK in str(each["messages"][0]["content"])]
    assert "A list of words, no shell." in asked
    (proposal,) = system.proposals.service.list()
    decision = system.proposals.service.latest_decision(proposal)
    assert decision.verdict == "rejected"
    assessed = decision.rules["precedents"]["assessed"]
    assert assessed["risks"] == HIGH["risks"]
    assert any(each.startswith("knowledge/") for each in assessed["context"])
    assert f"proposal/{proposal.id}" not in assessed["context"]
    with system.database.reading() as session:
        reviewer = session.exec(select(CommitteeScore).where(CommitteeScore.member == "reviewer")).one()
    assert reviewer.facts["assessed_risk"]["level"] == "high"
    (risk,) = told(system, "risk_pattern")
    assert (risk["severity"], risk["context"]["risks"]) == ("error", HIGH["risks"])
    assert run.figures["model_failures"] == 1
    (member,) = asked_about(proposal.id, {*MEMBERS} - {"tester"})  # nothing was measured for it
    asked_of = {"in_turn": True, "change": proposal.id, "missing": {member: decision.rules["asked"]["missing"][member]}}
    assert decision.rules["asked"] == asked_of
    assert "no opinion" in asked_of["missing"][member]
    assert system.runtime.traces.replay(proposal.id).differences == []


def test_a_pattern_that_outcomes_bear_is_told_as_sure_as_they_make_it(server: ChatServer, opened: Open) -> None:
    one = {
        "name": "comparisons with None",
        "type": "successful_fix",
        "description": "Comparisons.",
        "applicability": "Any comparison.",
        "successes": 2,
        "failures": 0,
        "confidence": 1.0,
    }
    server.by_text = {PATTERNS: answer({"patterns": [one, {**one, "name": "too many", "successes": 9}]})}
    system, project = opened(TWO_RULES)
    cycle(system, project, "analysis", "dream", "think")
    for proposal in system.proposals.service.list():
        system.proposals.service.approve(proposal.id, reason="Right", actor="ada")
    (run,) = cycle(system, project, "learning")
    verdict, confidence = trend(2, 0)
    by_name = {item["pattern"]: item for item in told(system, "pattern_evolution")}
    assert by_name["comparisons with None"]["trend"] == verdict
    assert by_name["comparisons with None"]["confidence"] == pytest.approx(confidence)
    assert "too many" not in by_name
    assert run.figures["patterns"] == 1
    cycle(system, project, "learning")
    assert len(server.asked(PATTERNS)) == 1


def test_what_helps_is_chosen_and_ordered_by_the_answer(server: ChatServer, opened: Open) -> None:
    system, project = opened(NONE)
    cycle(system, project, "analysis", "dream")
    hits = [
        hit.id
        for hit in system.recall.search.search("E711", project_id=project.id)
        if not hit.id.startswith(("issue/", "code/"))
    ]
    assert len(hits) > 1
    chosen = [{"id": hit, "relevance": 0.9, "why": "It tells."} for hit in (hits[-1], "knowledge/999", hits[0])]
    server.by_text = {CONTEXT: answer({"context": chosen})}
    cycle(system, project, "recall")
    (context,) = [item for item in told(system, "context_enrichment") if item["context_type"] == "rule E711"]
    assert context["enrichment"]["found"] == [hits[-1], hits[0]]
    server.by_text = {CONTEXT: answer({"context": []})}
    asked = len(server.requests)
    cycle(system, project, "recall")
    assert len(server.requests) == asked


def test_nothing_is_tried_before_it_was_seen_how_work_goes(server: ChatServer, opened: Open) -> None:
    system, project = opened(NONE)
    cycle(system, project, "analysis")
    (run,) = cycle(system, project, "dreamer")
    assert (server.asked(EXPERIMENTS), system.experiments.service.list()) == ([], [])
    assert "proposed" not in run.figures


@pytest.mark.parametrize("reply", [failure(500), completion("[")], ids=["away", "nonsense"])
def test_without_an_answer_every_worker_goes_on_and_says_how_often(
    server: ChatServer, opened: Open, reply: Any
) -> None:
    server.script(reply)
    system, project = opened(NONE + SHELL)
    done = {run.worker: run for run in cycle(system, project)}
    for name in ("analysis", "dream", "think", "recall"):
        assert done[name].figures["model_failures"] > 0, name
    rows = system.llm.usage.rows(limit=1000)
    assert {row.success for row in rows} == {False}
    assert all(
        issue.judgement is None and issue.severity == issue.found_severity for issue in system.issues.service.list()
    )
    assert not any("assessed_risk" in str(item) for item in told(system, "risk_pattern"))


def test_a_used_up_budget_is_skipped_by_every_worker(server: ChatServer, opened: Open) -> None:
    system, project = opened(NONE + SHELL)
    system.llm.pricing.enter("m-1", Rates(NANO, NANO, NANO), actor="ada", valid_from=system.clock().date())
    system.llm.budgets.set("day", 0, "stop", actor="ada")
    done = {run.worker: run for run in cycle(system, project)}
    for proposal in system.proposals.service.list():
        system.proposals.service.approve(proposal.id, reason="Right", actor="ada")
    done |= {run.worker: run for run in cycle(system, project, "learning")}
    for name in ("analysis", "dream", "think", "learning", "recall"):
        assert done[name].figures["skipped"] > 0, name
        assert not done[name].figures.get("model_failures"), name
    assert (server.requests, system.llm.usage.rows()) == ([], [])
