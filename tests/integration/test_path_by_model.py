"""A model tells the paths of the graph; what it says is checked against them."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fakes.chat_server import ChatServer, answer, failure
from fakes.checkout import Checkout

from sigma_core.graph.imported import parse
from sigma_core.runtime.build import build
from sigma_core.runtime.system import System
from sigma_core.settings import Settings

GOOD = "The cart calls the price. The price calls the tax."
PATH = {"start": "cart", "end": "tax"}


@pytest.fixture
def server() -> Iterator[ChatServer]:
    with ChatServer() as running:
        yield running


@pytest.fixture
def system(home: Path, server: ChatServer) -> Iterator[System]:
    settings = {
        "home": home,
        "model": "m-1",
        "OPENAI_BASE_URL": server.url,
        "OPENAI_API_KEY": None,
        "database_url": None,
        "embedder": "none",
    }
    made = build(Settings.model_validate(settings))
    facts = [("cart", "price"), ("price", "tax"), ("shop", "warehouse")]
    lines = [{"subject": a, "predicate": "CALLS", "object": b, "fact": f"{a} calls {b}"} for a, b in facts]
    made.graph.loader.take_in([(parse(json.dumps(line), 1), None) for line in lines])
    yield made
    made.graph.adapter.close()
    made.graph.server.stop()
    made.database.dispose()


def explained(system: System, project_id: int | None = None) -> dict[str, Any]:
    run = system.experiments.strategy_runs.run("path_explanation", "think", PATH, actor="ada", project_id=project_id)
    result: dict[str, Any] = run.result
    return result


def test_a_models_words_are_taken_where_they_tell_the_path_and_nothing_else(system: System, server: ChatServer) -> None:
    server.script(answer({"explanation": GOOD}))
    result = explained(system)
    assert (result["explanation"], result["explained_by"], result["refused"]) == (GOOD, "model", None)
    assert "cart" in str(server.requests[0]["messages"])
    (row,) = system.llm.usage.rows(limit=5)
    assert (row.prompt, row.worker, row.success) == ("prompts/path", "think", True)


@pytest.mark.parametrize(
    ("reply", "why"),
    [
        (answer({"explanation": "The cart calls the price."}), "1 of 2 steps"),
        (answer({"explanation": f"{GOOD} The tax calls the warehouse."}), "warehouse"),
        (failure(400, "no such model"), "no such model"),
    ],
    ids=["too little", "too much", "failed"],
)
def test_otherwise_the_rule_tells_it_and_why_is_said(system: System, server: ChatServer, reply: Any, why: str) -> None:
    server.script(reply)
    result = explained(system)
    assert result["explained_by"] == "rule"
    assert why in result["refused"]
    assert "cart calls price" in result["explanation"]


def test_what_a_project_keeps_is_told_by_the_rule(system: System, server: ChatServer, tmp_path: Path) -> None:
    checkout = Checkout(tmp_path / "shop", {"m.py": "x = 1\n"})
    project = system.projects.service.add(checkout.path, actor="ada")
    assert explained(system, project.id)["explained_by"] == "rule"
    assert explained(system)["explained_by"] == "rule"  # of all projects, and one of them keeps its text
    assert server.requests == []
    system.projects.service.permit(project.name, actor="ada", model_allowed=True)
    server.script(answer({"explanation": GOOD}))
    assert explained(system, project.id)["explained_by"] == "model"
