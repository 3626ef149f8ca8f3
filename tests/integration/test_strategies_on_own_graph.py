"""All seven strategies on the graph that SIGMA makes itself, after its cycles on two repositories."""

import sys
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from fakes.checkout import Checkout
from sqlmodel import select

from sigma_core.experiments.tables import StrategyRun
from sigma_core.jobs import WORKERS
from sigma_core.runtime.build import build
from sigma_core.runtime.system import System
from sigma_core.settings import Settings
from sigma_core.strategies.registry import BUILT_IN
from sigma_core.workers.tables import CycleReport

BETWEEN = "    print(known)\n    print(value)\n"
"""Lines between two flaws: fixes of neighbouring lines wait for each other."""
SHOP = {
    "a.py": "import os\nimport sys\n\n\ndef first(value, known=[]):\n" + BETWEEN + "    return value == None\n",
    "b.py": "def second(value):\n    if value == True:\n        return 1\n    return not value in [1]\n",
    "c.py": "def third(value):\n    try:\n        return type(value) == int\n    except:\n        x = 1\n",
    "d.py": "import subprocess\n\n\ndef run(word):\n    subprocess.call(word, shell=True)\n    assert word\n",
}
BANK = {
    "m.py": "import json\n\n\ndef first(value, known={}):\n"
    + BETWEEN
    + "    if value == None:\n        return known\n",
    "n.py": "def second(value):\n    f = lambda x: x\n    return value != False and not value is None\n",
}
KINDS = {"project", "module", "class", "function", "test", "package", "file", "rule", "commit", "author"} | {
    *("proposal", "pattern", "experiment", "context"),
}
STATUS_WORDS = {
    "info",
    "warning",
    "error",
    "critical",
    "high",
    "low",
    "succeeded",
    "failed",
    "approved",
    "rejected",
} | {
    *("proposed", "undecided", "unknown", "accepted", "refused", "mixed", "needs_human", "improving", "declining"),
}
ROUNDS = 4
FROM = 2
"""The round from which each brings a commit with more of what the shop was wrong in before."""


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    folder = tmp_path_factory.mktemp("own")
    system = build(Settings(home=folder / "home", sandbox="none"))
    shop, bank = Checkout(folder / "shop", SHOP), Checkout(folder / "bank", BANK)
    projects = [system.projects.service.add(each.path, python=sys.executable, actor="ada") for each in (shop, bank)]
    for turn in range(ROUNDS):
        if turn >= FROM:
            shop.commit({f"more{turn}.py": SHOP["a.py"]})
        with system.cycles() as run:
            done = [run(name, each, "ada", lambda _: None) for each in projects for name in WORKERS]
        assert [each.error for each in done] == [None] * len(done)
        for number, proposal in enumerate(system.proposals.service.list()) if turn == 0 else ():
            decide = system.proposals.service.reject if number % 4 == 0 else system.proposals.service.approve
            decide(proposal.id or 0, reason="so it is", actor="ada")
        system.graph.loader.drain()
        while system.recall.maintenance.tick():
            pass
    yield system
    system.close()
    system.graph.server.stop()


def known(system: System, kind: str) -> list[str]:
    return sorted({entity["name"] for entity in system.graph.adapter.read("entities") if kind in entity["kinds"]})


def ask(system: System, strategy: str, worker: str, project: str | None = "shop", **parameters: Any) -> StrategyRun:
    project_id = system.projects.service.get(project).id if project else None
    done = system.experiments.strategy_runs.run(strategy, worker, parameters, actor="ada", project_id=project_id)
    assert done.status == "success"
    assert done.summary
    assert done.graph_version
    return done


def test_every_node_is_something_in_its_own_right(system: System) -> None:
    """None is a severity, a verdict, a trend or how something ended: these join whatever has them."""
    entities = list(system.graph.adapter.read("entities"))
    kinds = Counter(kind for each in entities for kind in each["kinds"])
    assert kinds.keys() <= KINDS
    assert {"rule", "proposal", "pattern", "function"} <= kinds.keys()
    assert not {each["name"] for each in entities} & STATUS_WORDS


def test_knowledge_and_code_meet_in_one_node(system: System) -> None:
    functions = {
        each["uuid"]: each["name"] for each in system.graph.adapter.read("entities") if "function" in each["kinds"]
    }
    told = {
        (each["name"], functions[each["target"]])
        for each in system.graph.adapter.read("edges")
        if each["target"] in functions
    }
    assert ("DEFINES", "a.first") in told
    assert ("CHANGES", "a.first") in told


def test_what_is_around_a_rule(system: System) -> None:
    done = ask(system, "multi_hop_exploration", "think", start_entity="E711", max_hops=2)
    names = {each["name"] for each in done.result["entities"]}
    assert "linter_unsafe fix of E711" in names or "linter_safe fix of E711" in names
    assert done.metrics["coverage"]["value"] > 0


def test_what_is_like_a_text(system: System) -> None:
    done = ask(system, "semantic_similarity_search", "dream", query="fix of E711", similarity_threshold=0.3)
    assert "E711" in done.result["entities"][0]["name"]
    assert done.metrics["precision"]["value"] == 1


def test_rules_are_alike_by_what_they_say_not_by_their_codes(system: System) -> None:
    done = ask(system, "semantic_similarity_search", "dream", entity="E711", similarity_threshold=0.5)
    assert [each["name"] for each in done.result["entities"]][:1] == ["E712"]


def test_where_a_pattern_goes(system: System) -> None:
    pattern = known(system, "pattern")[0]
    done = ask(system, "temporal_evolution_analysis", "learning", None, entity_name=pattern, pattern_type="trend")
    assert sum(value for _, value in done.result["series"]) >= 1


def test_what_one_project_may_learn_from_the_other(system: System) -> None:
    done = ask(system, "cross_domain_transfer", "learning", source_domain="shop", target_domain="bank")
    assert done.result["transferred"] >= 1
    assert done.metrics["transfer_success"]["n"] >= 1


def test_what_belongs_together(system: System) -> None:
    done = ask(system, "graph_community_detection", "analysis", None)
    assert done.result["communities"] >= 2
    assert done.metrics["separation"]["value"] > 0


def test_how_two_hang_together(system: System) -> None:
    pattern = next(name for name in known(system, "pattern") if name.endswith("of E711"))
    done = ask(system, "path_explanation", "think", start="E711", end=pattern)
    assert pattern in done.summary
    assert done.metrics["completeness"]["value"] == 1


def test_what_stands_out(system: System) -> None:
    done = ask(system, "anomaly_detection", "analysis", None, algorithm="robust_z_score")
    assert done.result["entities"] >= 20
    assert len(done.result["found"]) <= 0.1 * done.result["entities"] + 1


def test_every_worker_has_tried_its_strategies_in_the_loop(system: System) -> None:
    with system.database.reading() as session:
        runs = session.exec(select(StrategyRun).where(StrategyRun.requested_by == StrategyRun.worker)).all()
        reports = session.exec(select(CycleReport)).all()
    tried = {run.strategy for run in runs}
    assert {run.status for run in runs} == {"success"}
    assert tried == {each.name for each in BUILT_IN}
    assert not any("skipped" in report.figures.get("experiment", {}) for report in reports)
