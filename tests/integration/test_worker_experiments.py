"""What a worker's experiment finds in the graph changes what it decides, and costs nothing while nothing changes.

The answers are given here; `test_strategies_on_own_graph` gets them from the graph.
"""

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from fakes.checkout import Checkout
from fakes.knowledge import VALID
from fakes.strategy_catalog import Found, ReadyToThink
from sqlmodel import select

from sigma_core.clock import utc_now
from sigma_core.errors import NotFound, Unavailable
from sigma_core.exchange.tables import Knowledge
from sigma_core.experiments.protocols import Watch
from sigma_core.experiments.tables import StrategyRun
from sigma_core.graph.tables import GraphUpdates
from sigma_core.learning.tables import TrackRecord
from sigma_core.projects.tables import Project
from sigma_core.proposals.tables import CommitteeScore
from sigma_core.runtime.build import build
from sigma_core.runtime.system import System
from sigma_core.settings import Settings
from sigma_core.workers.tables import CycleReport

CODE = {
    "a.py": '"""A."""\n\n\ndef first(value):\n    return value == None\n',
    "b.py": '"""B."""\n\n\ndef second(value):\n    if value == True:\n        return 1\n    return 2\n',
}
"""E711 in a.py comes before E712 in b.py, where nothing speaks for the other order."""

BY_ANALYSIS = ["graph_community_detection"] * 2 + ["anomaly_detection"] * 2 + ["temporal_evolution_analysis"]
"""What it asks in three cycles: of the code, of the whole graph, and what changed."""


class Answers:
    """A catalog whose graph has these details for a strategy, or this error; all else is unknown to it."""

    def __init__(self) -> None:
        self.details: dict[str, Any] = {}
        self.asked: list[tuple[str, str, Mapping[str, Any]]] = []

    def allowed(self, _worker: str) -> dict[str, list[str]]:
        return {}

    def described(self) -> list[dict[str, Any]]:
        return []

    def prepare(self, strategy: str, worker: str, parameters: Mapping[str, Any], _project: int | None) -> ReadyToThink:
        return ReadyToThink(parameters, lambda asked, watch: self._answer(strategy, worker, asked, watch))

    def _answer(self, strategy: str, worker: str, parameters: Mapping[str, Any], _watch: Watch) -> Found:
        self.asked.append((strategy, worker, parameters))
        found = self.details.get(strategy, NotFound("entity", "it"))
        if isinstance(found, Exception):
            raise found
        return Found(f"{strategy} says so", details=found)


@pytest.fixture
def answers() -> Answers:
    return Answers()


@pytest.fixture
def system(home: Path, answers: Answers) -> Iterator[System]:
    system = build(Settings(home=home, sandbox="none"))
    vars(system.experiments)["strategy_catalog"] = answers
    graph_changed(system, 1)
    yield system
    system.close()


@pytest.fixture
def project(system: System, tmp_path: Path) -> Project:
    return system.projects.service.add(Checkout(tmp_path / "small", CODE).path, python=sys.executable, actor="ada")


def graph_changed(system: System, written: int, **values: object) -> None:
    with system.database.transaction() as session:
        session.merge(GraphUpdates(id=1, written=written, **values))


def cycle(system: System, project: Project, *workers: str) -> None:
    with system.cycles() as run:
        done = [run(name, project, "ada", lambda _: None) for name in workers]
    assert [each.error for each in done] == [None] * len(done)


def tell(system: System, kind: str, **fields: object) -> int:
    published = system.exchange.service.publish("operator", kind, VALID[kind] | fields)
    return published.message_id


def chosen(system: System, project: Project) -> list[str | None]:
    return [each.rule for each in reversed(system.proposals.service.list(project_id=project.id))]


def published(system: System, kind: str) -> list[Mapping[str, Any]]:
    with system.database.reading() as session:
        return [each.data for each in session.exec(select(Knowledge).where(Knowledge.type == kind).order_by("id"))]


def experiments(system: System, worker: str) -> list[Mapping[str, Any]]:
    """What the cycles' figures say of a worker's experiments."""
    with system.database.reading() as session:
        reports = session.exec(select(CycleReport).where(CycleReport.worker == worker).order_by("id"))
        return [each.figures.get("experiment", {}) for each in reports]


def uses(system: System) -> set[str]:
    """Strategies whose answers changed something."""
    with system.database.reading() as session:
        return {each.strategy for each in session.exec(select(StrategyRun)) if each.used_at is not None}


def test_a_rule_nobody_knows_is_chosen_by_what_is_like_it(system: System, project: Project, answers: Answers) -> None:
    tell(system, "successful_fix", issue_type="E721", improvement=1.0)
    near = {"uuid": "u", "name": "E721", "kinds": ["rule"], "similarity": 0.9}
    answers.details["semantic_similarity_search"] = {"entities": [near]}
    cycle(system, project, "analysis", "dream")
    asked = [asked["entity"] for _, worker, asked in answers.asked if worker == "dream" and "entity" in asked]
    assert asked == ["E711", "E712"]
    # Both are like it: nothing changes. As soon as one alone is, it goes first
    assert chosen(system, project) == ["E711", "E712"]
    assert "semantic_similarity_search" in uses(system)


def test_the_one_that_is_like_what_worked_goes_first(system: System, project: Project, answers: Answers) -> None:
    tell(system, "successful_fix", issue_type="E721", improvement=1.0)
    near = {"uuid": "u", "name": "linter_safe fix of E721", "kinds": ["pattern"], "similarity": 0.9}

    def prepare(strategy: str, worker: str, parameters: Mapping[str, Any], _project: int | None) -> ReadyToThink:
        found = [near] if parameters.get("entity") == "E712" else []
        return ReadyToThink(parameters, lambda _asked, _watch: Found("", details={"entities": found}))

    answers.prepare = prepare  # type: ignore[method-assign]
    cycle(system, project, "analysis", "dream")
    assert chosen(system, project) == ["E712", "E711"]


def test_of_those_alike_what_says_the_same_speaks_alone(system: System, project: Project, answers: Answers) -> None:
    tell(system, "successful_fix", issue_type="E721", improvement=1.0)
    tell(system, "successful_fix", issue_type="SIM201", improvement=0.0)
    tell(system, "successful_fix", issue_type="SIM202", improvement=0.5)
    renamed = {"uuid": "u", "name": "E721", "kinds": ["rule"], "similarity": 0.96, "near_duplicate": True}
    alike = [
        {"uuid": name, "name": name, "kinds": ["rule"], "similarity": 0.94, "near_duplicate": False}
        for name in ("SIM201", "SIM202")
    ]

    def prepare(strategy: str, worker: str, parameters: Mapping[str, Any], _project: int | None) -> ReadyToThink:
        found = [renamed, alike[0]] if parameters.get("entity") == "E712" else alike[1:]
        return ReadyToThink(parameters, lambda _asked, _watch: Found("", details={"entities": found}))

    answers.prepare = prepare  # type: ignore[method-assign]
    cycle(system, project, "analysis", "dream")
    assert chosen(system, project) == ["E712", "E711"]


def test_a_risk_that_the_graph_relates_to_a_rule_lowers_the_reviewers_vote(
    system: System, project: Project, answers: Answers
) -> None:
    cycle(system, project, "analysis", "dream")
    warned = tell(system, "risk_pattern", pattern="another fix of E711", severity="error", confidence=0.9)
    other = {"uuid": "u", "name": "another fix of E711", "kinds": ["pattern"], "hops": 1}
    answers.details["multi_hop_exploration"] = {"entities": [other]}
    cycle(system, project, "think")
    scores = {}
    with system.database.reading() as session:
        for proposal in system.proposals.service.list():
            decision = system.proposals.service.latest_decision(proposal)
            vote = session.exec(
                select(CommitteeScore).where(
                    CommitteeScore.verification_id == decision.verification_id, CommitteeScore.member == "reviewer"
                )
            ).one()
            scores[proposal.rule] = vote.score
            risks = decision.rules["precedents"]["risks"]
            assert [(risk["id"], risk["hops"], risk["confidence"]) for risk in risks] == [(warned, 1, 0.45)]
            assert [item["id"] for item in decision.knowledge] == [warned]
    answers.details.clear()
    assert uses(system) == {"multi_hop_exploration"}
    known = system.proposals.review._precedents(system.proposals.service.list()[0])
    assert len(known.risks) == 1


def test_where_a_pattern_goes_by_the_graph_is_what_learning_tells(
    system: System, project: Project, answers: Answers
) -> None:
    cycle(system, project, "analysis", "dream", "think")
    answers.details["temporal_evolution_analysis"] = falling()
    first, second = system.proposals.service.list()
    system.proposals.service.approve(first.id or 0, reason="fine", actor="ada")
    cycle(system, project, "learning")
    assert published(system, "pattern_evolution")[-1]["trend"] == "unknown"
    graph_changed(system, 2)
    system.proposals.service.approve(second.id or 0, reason="fine", actor="ada")
    with system.database.transaction() as session:
        (pattern,) = session.exec(select(TrackRecord)).all()
        pattern.name = f"{second.fixer} fix of {second.rule}"
    cycle(system, project, "learning")
    assert published(system, "pattern_evolution")[-1]["trend"] == "decreasing"


def falling() -> dict[str, Any]:
    """A series that goes down by more than chance."""
    return {"trend": {"direction": "decreasing", "slope": -0.5, "chance": 0.01}, "series": [["2026-01-01", 1.0]] * 30}


def test_what_a_like_project_learned_orders_the_work_of_a_new_one(
    system: System, project: Project, answers: Answers, tmp_path: Path
) -> None:
    now = utc_now()
    with system.database.transaction() as session:
        for rule, won, lost in (("E721", 12, 0), ("F632", 0, 12)):
            session.add(
                TrackRecord(
                    project_id=project.id,
                    rule=rule,
                    fixer="linter_safe",
                    name=f"linter_safe fix of {rule}",
                    successes=won,
                    failures=lost,
                    changed_at=now,
                )
            )
    other = system.projects.service.add(Checkout(tmp_path / "other", CODE).path, python=sys.executable, actor="ada")
    pair = {"pattern": {"name": "linter_safe fix of E721"}, "nearest": {"name": "E712"}, "similarity": 0.9}
    answers.details["cross_domain_transfer"] = {"pairs": [pair]}
    cycle(system, other, "learning", "analysis", "dream")
    assert ("cross_domain_transfer", "learning", {"source_domain": "small", "target_domain": "other"}) in answers.asked
    assert chosen(system, other) == ["E712", "E711"]
    assert "cross_domain_transfer" in uses(system)


def test_hot_areas_are_told_first(system: System, project: Project, answers: Answers) -> None:
    members = [{"uuid": "u", "name": name, "kinds": [], "degree": 1} for name in ("E712", "linter_safe fix of E712")]
    answers.details["graph_community_detection"] = {"found": [{"members": members}]}
    cycle(system, project, "analysis")
    assert [each["issue_type"] for each in published(system, "issue_pattern")] == ["E712", "E711"]


def test_an_error_that_stands_out_cannot_wait(system: System, project: Project, answers: Answers) -> None:
    cycle(system, project, "analysis")
    with system.database.transaction() as session:
        for issue in system.issues.service.list(project.id):
            session.merge(issue).severity = "error"
    odd = {"uuid": "u", "name": "E712", "kinds": ["rule"], "score": 5.0}
    tame = {"uuid": "v", "name": "E711", "kinds": ["rule"], "score": 2.0}
    answers.details["anomaly_detection"] = {"found": [odd, tame]}
    answers.details["graph_community_detection"] = {"found": []}
    for turn in (2, 3):
        graph_changed(system, turn)
        cycle(system, project, "analysis")
    assert [each["issue_type"] for each in published(system, "critical_issue")] == ["E712"]
    cycle(system, project, "dream")
    assert chosen(system, project) == ["E712", "E711"]


def test_the_why_of_a_proposal_tells_how_its_knowledge_hangs_together_with_it(
    system: System, project: Project, answers: Answers
) -> None:
    fix = tell(system, "successful_fix", issue_type="E712", pattern="a known way", improvement=0.9)
    answers.details["path_explanation"] = {"explanation": "a known way fixes E712."}
    answers.details["multi_hop_exploration"] = {"entities": []}
    cycle(system, project, "analysis", "dream", "think")
    (proposal,) = (each for each in system.proposals.service.list() if each.rule == "E712")
    assert list(system.workers.why.of(proposal)) == []
    cycle(system, project, "think")
    (why,) = system.workers.why.of(proposal)
    assert (why.knowledge_id, why.about, why.text) == (fix, "a known way", "a known way fixes E712.")
    assert uses(system) == {"path_explanation"}


def test_each_question_is_asked_once_until_the_graph_changes(
    system: System, project: Project, answers: Answers
) -> None:
    answers.details["graph_community_detection"] = {"found": []}
    answers.details["anomaly_detection"] = {"found": []}
    for _ in range(4):
        cycle(system, project, "analysis")
    assert [strategy for strategy, _, _ in answers.asked] == BY_ANALYSIS
    told = experiments(system, "analysis")
    assert [each.get("strategy") for each in told] == [
        "graph_community_detection",
        "anomaly_detection",
        "temporal_evolution_analysis",
        None,
    ]
    graph_changed(system, 2)
    cycle(system, project, "analysis")
    assert answers.asked[5][0] == "graph_community_detection"


def test_an_empty_graph_is_asked_nothing_and_one_that_is_away_costs_nothing_but_the_answer(
    system: System, project: Project, answers: Answers
) -> None:
    graph_changed(system, 0)
    cycle(system, project, "analysis")
    assert answers.asked == []
    answers.details["graph_community_detection"] = Unavailable("The graph cannot be reached.")
    graph_changed(system, 1)
    cycle(system, project, "analysis")
    away = {"strategy": "graph_community_detection", "skipped": "The graph cannot be reached."}
    assert experiments(system, "analysis")[1] == away
    later = utc_now().replace(year=2099)
    graph_changed(system, 1, paused_until=later, last_error="no route")
    cycle(system, project, "analysis")
    assert len(answers.asked) == 1
    assert experiments(system, "analysis")[2]["skipped"] == "The graph is away: no route"
    graph_changed(system, 1)
    answers.details["graph_community_detection"] = {"found": []}
    cycle(system, project, "analysis")
    assert experiments(system, "analysis")[3].get("runs")


def test_a_strategy_with_a_bug_fails_no_cycle_and_is_not_tried_again_until_something_changes(
    system: System, project: Project, answers: Answers
) -> None:
    answers.details["graph_community_detection"] = ZeroDivisionError("no graph is that small")
    answers.details["anomaly_detection"] = {"found": []}
    for _ in range(3):
        cycle(system, project, "analysis")
    assert [strategy for strategy, _, _ in answers.asked] == BY_ANALYSIS
    assert experiments(system, "analysis")[0] == {"strategy": "graph_community_detection", "runs": [], "failed": 2}
    assert [run.status for run in system.experiments.strategy_runs.record.list()] == [
        "success",
        "success",
        "error",
        "error",
    ]


def test_all_that_is_due_is_asked_at_once_where_the_graph_is_at_hand(
    system: System, project: Project, answers: Answers
) -> None:
    answers.details |= {"graph_community_detection": {"found": []}, "anomaly_detection": {"found": []}}
    system.workers.strategy_experiments.all(project, lambda _: None)
    assert [strategy for strategy, _, _ in answers.asked] == BY_ANALYSIS
    cycle(system, project, "analysis")
    assert len(answers.asked) == 5


def test_what_the_graph_does_not_know_leaves_no_record(system: System, project: Project, answers: Answers) -> None:
    cycle(system, project, "analysis", "dream", "think")
    assert {strategy for strategy, _, _ in answers.asked} == {
        "graph_community_detection",
        "semantic_similarity_search",
        "multi_hop_exploration",
    }
    assert list(system.experiments.strategy_runs.record.list()) == []
    assert experiments(system, "think")[0] == {"strategy": "multi_hop_exploration", "runs": [], "unknown": 2}
