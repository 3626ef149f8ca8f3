"""`sigma strategy` and `sigma experiment` as their users meet them."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fakes.command import Command

from sigma_core.graph.server import EmbeddedServer

FACTS = [
    {
        "subject": subject,
        "predicate": "CALLS",
        "object": object_,
        "fact": f"{subject} calls {object_}",
        "valid_at": "2026-01-01T00:00:00+00:00",
    }
    for subject, object_ in (("cart", "price"), ("price", "tax"), ("tax", "country"), ("shop", "cart"))
]


@pytest.fixture(scope="module")
def sigma(tmp_path_factory: pytest.TempPathFactory, new_home: Callable[[Path], Path]) -> Iterator[Command]:
    home = new_home(tmp_path_factory.mktemp("strategies") / "home")
    sigma = Command(home)
    sigma.json("graph", "import", "-", stdin="".join(f"{json.dumps(each)}\n" for each in FACTS).encode())
    yield sigma
    EmbeddedServer(home).stop()


def walk(sigma: Command, *settings: str) -> dict[str, object]:
    given = [word for each in settings for word in ("--set", each)]
    return sigma.json("strategy", "run", "multi_hop_exploration", "--worker", "think", *given)


def test_a_strategy_is_run_here_and_now_with_its_metrics(sigma: Command) -> None:
    done = walk(sigma, "start_entity=cart", "max_hops=2", 'relationship_types=["CALLS"]')
    assert done["status"] == "success"
    assert {each["name"] for each in done["result"]["entities"]} == {"price", "tax", "shop"}
    coverage = done["metrics"]["coverage"]
    assert (coverage["value"], coverage["n"], coverage["better"]) == (0.8, 5, "higher")
    shown = sigma.json("strategy", "show", done["run_id"])
    assert shown == done
    assert "multi_hop_exploration for think, success" in sigma("strategy", "show", done["run_id"]).out


def test_runs_are_listed_rerun_compared_and_saved(sigma: Command) -> None:
    near, far = (walk(sigma, "start_entity=cart", f"max_hops={hops}") for hops in (1, 3))
    found = sigma.json("strategy", "compare", near["run_id"], far["run_id"])
    assert found["metrics"]["coverage"]["verdict"] == "better"
    assert found["parameters"] == {"max_hops": [1, 3]}
    assert (found["only_first"], found["only_second"]) == ([], ["country", "tax"])
    again = sigma.json("strategy", "rerun", near["run_id"])
    assert (again["rerun_of"], again["parameters"]) == (near["run_id"], near["parameters"])
    assert sigma.json("strategy", "save", again["run_id"])["saved"] is True
    assert [each["run_id"] for each in sigma.json("strategy", "runs", "--saved")["runs"]] == [again["run_id"]]
    newest = sigma.json("strategy", "runs", "--worker", "think", "--limit", 2)["runs"]
    assert [each["run_id"] for each in newest] == [again["run_id"], far["run_id"]]
    assert sigma.json("strategy", "save", again["run_id"], "--undo")["saved"] is False
    assert sigma.json("strategy", "judge", far["run_id"], "--useless")["useful"] is False


def test_strategies_are_listed_with_what_they_take(sigma: Command) -> None:
    everything = sigma.json("strategy", "list")["strategies"]
    one = next(each for each in everything if each["name"] == "multi_hop_exploration")
    assert (one["risk"], one["workers"]) == ("low", ["think", "recall"])
    assert [each["name"] for each in one["metrics"]] == ["coverage", "novelty", "relevance"]
    assert one["parameters"]["properties"]["max_hops"]["default"] == 3
    for_recall = {each["name"] for each in sigma.json("strategy", "list", "--worker", "recall")["strategies"]}
    assert for_recall == {each["name"] for each in everything if "recall" in each["workers"]}


def test_what_to_run_next_is_advised_with_the_reason(sigma: Command) -> None:
    advice = sigma.json("strategy", "recommend", "--worker", "recall")
    assert advice["strategy"] == "multi_hop_exploration"
    assert "recall" in advice["reason"]
    by_context = sigma.json("strategy", "recommend", "--worker", "think", "--context", "risk_assessment")
    assert by_context["strategy"] == "multi_hop_exploration"
    assert "risk_assessment" in sigma.refused(2, "strategy", "recommend", "--worker", "think", "--context", "weather")
    sigma.refused(4, "strategy", "recommend", "--worker", "recall", "--context", "pattern_matching")
    sigma.refused(3, "strategy", "recommend", "--worker", "nobody")


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (3, ("no_such", "--worker", "think")),
        (3, ("multi_hop_exploration", "--worker", "nobody", "--set", "start_entity=cart")),
        (4, ("multi_hop_exploration", "--worker", "analysis", "--set", "start_entity=cart")),
        (2, ("multi_hop_exploration", "--worker", "think", "--set", "start_entity=cart", "--set", "hops=2")),
        (2, ("multi_hop_exploration", "--worker", "think", "--set", "start_entity=cart", "--set", "max_hops=99")),
        (2, ("multi_hop_exploration", "--worker", "think", "--set", "start_entity")),
        (2, ("multi_hop_exploration", "--worker", "think")),
        (3, ("multi_hop_exploration", "--worker", "think", "--set", "start_entity=carts")),
        (3, ("multi_hop_exploration", "--worker", "think", "--set", "start_entity=cart", "--project", "none")),
    ],
)
def test_what_may_not_be_run_says_why(sigma: Command, code: int, words: tuple[str, ...]) -> None:
    said = sigma.refused(code, "strategy", "run", *words)
    if "start_entity=carts" in words:
        assert "cart" in said


def test_there_is_no_run_of_another_name(sigma: Command) -> None:
    for words in (("show", "999"), ("rerun", "x"), ("compare", "1", "-1"), ("save", "0")):
        sigma.refused(3, "strategy", *words)
    sigma.refused(2, "strategy", "runs", "--status", "odd")


def test_experiments_are_none_before_anything_was_decided(sigma: Command) -> None:
    assert sigma.json("experiment", "list") == {"experiments": [], "total": 0}
    for words in (("show", "1"), ("promote", "1"), ("rollback", "1", "--reason", "so")):
        sigma.refused(3, "experiment", *words)


def test_a_graph_that_is_away_is_said_in_a_sentence(tmp_path: Path) -> None:
    away = Command(tmp_path / "home", SIGMA_GRAPH_URL="bolt://127.0.0.1:1")
    said = away.refused(
        1, "strategy", "run", "multi_hop_exploration", "--worker", "think", "--set", "start_entity=cart"
    )
    assert "graph" in said.lower()
    (failed,) = away.json("strategy", "runs")["runs"]
    assert failed["status"] == "error"
