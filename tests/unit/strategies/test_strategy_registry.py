"""Who may ask what, and with which parameters."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from fakes.graph_snapshots import Reading, snapshot
from fakes.plugin_package import install

from sigma_core.errors import Forbidden, Invalid, NotFound
from sigma_core.jobs import WORKERS
from sigma_core.strategies.base import Strategy
from sigma_core.strategies.multi_hop_exploration import MultiHopExploration
from sigma_core.strategies.registry import GROUP, StrategyRegistry, installed

REGISTRY = StrategyRegistry(installed())
HOSTILE = ("'", '"', "`", "\\", "}) MATCH (n) DETACH DELETE n //", "$rows", "a' OR 1=1 --", "ü€😀", "{{x}}")


def test_every_strategy_says_all_that_a_form_needs() -> None:
    for strategy in REGISTRY:
        assert strategy.title
        assert strategy.description.endswith(".")
        assert set(strategy.workers) <= set(WORKERS)
        assert strategy.metrics
        schema = strategy.model_json_schema()
        assert schema["additionalProperties"] is False
        for name, field in schema["properties"].items():
            assert field.get("description"), (strategy.name, name)


def test_a_worker_that_may_not_is_told_who_may() -> None:
    with pytest.raises(Forbidden, match="dream may not run multi_hop_exploration; think and recall may"):
        REGISTRY.prepare("multi_hop_exploration", {"start_entity": "a"}, "dream")
    assert MultiHopExploration in REGISTRY.allowed("think")
    allowed = {worker: {strategy.name.partition("_")[0] for strategy in REGISTRY.allowed(worker)} for worker in WORKERS}
    assert allowed == {
        "think": {"multi", "semantic", "graph", "path", "anomaly"},
        "recall": {"multi"},
        "learning": {"semantic", "temporal", "cross"},
        "dream": {"semantic", "cross", "path"},
        "analysis": {"temporal", "graph", "anomaly"},
        "dreamer": set(),
    }
    assert {strategy.name: strategy.risk for strategy in REGISTRY if strategy.risk != "low"} == {
        "temporal_evolution_analysis": "medium",
        "anomaly_detection": "medium",
        "cross_domain_transfer": "high",
    }


def test_unknown_strategies_and_workers_are_named_with_those_there_are() -> None:
    with pytest.raises(NotFound, match=r"No strategy magic \(there are multi_hop_exploration"):
        REGISTRY.prepare("magic", {})
    with pytest.raises(NotFound, match=r"No worker gardener \(there are analysis"):
        REGISTRY.prepare("multi_hop_exploration", {"start_entity": "a"}, "gardener")


def test_each_wrong_parameter_is_named() -> None:
    with pytest.raises(Invalid) as found:
        REGISTRY.prepare("multi_hop_exploration", {"max_hops": 99, "direction": "up", "depth": 3})
    assert set(found.value.fields) == {"max_hops", "direction", "depth"}
    assert "is not a parameter of multi_hop_exploration; there are start_entity" in found.value.fields["depth"]
    for hops in (0, -1, 99, 2.5, "x", None, float("nan")):
        with pytest.raises(Invalid) as wrong:
            REGISTRY.prepare("multi_hop_exploration", {"start_entity": "a", "max_hops": hops})
        assert set(wrong.value.fields) == {"max_hops"}


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_is_more_than_a_name(text: str) -> None:
    graph = Reading(snapshot([(text, "b"), ("b", "c")]))
    found = REGISTRY.prepare("multi_hop_exploration", {"start_entity": text}, "think").run(graph)
    assert [row["name"] for row in found.details["entities"]] == ["b", "c"]
    with pytest.raises(NotFound):
        REGISTRY.prepare("multi_hop_exploration", {"start_entity": f"no such {text}"}).run(graph)


@pytest.mark.parametrize("text", ["", " ", "\0", "a" * 401, "\ud800"])
def test_text_that_no_database_holds_is_refused(text: str) -> None:
    with pytest.raises(Invalid, match="start_entity"):
        REGISTRY.prepare("multi_hop_exploration", {"start_entity": text})


def test_what_starts_quickly_does_not_load_numbers_for_it() -> None:
    code = (
        "import sys, sigma_core.strategies.registry, sigma_core.graph.reader, sigma_core.graph.snapshots; "
        "print(*(name for name in sys.modules if '.' not in name))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert {"numpy", "igraph", "scipy", "sklearn"}.isdisjoint(done.stdout.split())


def test_results_are_json() -> None:
    result = MultiHopExploration(start_entity="a").run(Reading(snapshot([("a", "b")])))
    assert json.loads(json.dumps(result.plain(), allow_nan=False))["entities"] == list(result.entities)


PACKAGE = """
from sigma_core.strategies.multi_hop_exploration import MultiHopExploration

class Another(MultiHopExploration):
    name = "another"
"""


def test_packages_may_bring_their_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    points = {"another": "another_strategy:Another", "twice": "another_strategy:Another"}
    install(tmp_path, "another", {"another_strategy.py": PACKAGE}, {GROUP: points})
    monkeypatch.syspath_prepend(str(tmp_path))
    found: tuple[type[Strategy], ...] = installed()
    assert found[-1].name == "another"
    with pytest.raises(Invalid, match="already"):
        StrategyRegistry((*found, found[-1]))
