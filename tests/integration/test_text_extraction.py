"""Facts in free texts, found by a model behind a real HTTP server, with Graphiti's own questions."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fakes.chat_server import ChatServer, answer, failure
from fakes.checkout import Checkout
from sqlmodel import select, update

from sigma_core.graph.imported import parse
from sigma_core.graph.tables import GraphExtraction, extraction
from sigma_core.graph.text_extraction import ATTEMPTS, TextFigures
from sigma_core.runtime.build import build
from sigma_core.runtime.system import System
from sigma_core.settings import Settings

TEXT = "Mara wrote the importer in March. The importer reads SQLite files."
NAMES = {"extracted_entities": [{"name": name, "entity_type_id": 0} for name in ("Mara", "importer", "SQLite")]}
FACTS = {
    "edges": [
        {
            "source_entity_name": "Mara",
            "target_entity_name": "importer",
            "relation_type": "WROTE",
            "fact": "Mara wrote the importer",
            "valid_at": "2026-03-01T00:00:00Z",
        },
        {
            "source_entity_name": "importer",
            "target_entity_name": "SQLite",
            "relation_type": "READS",
            "fact": "The importer reads SQLite files",
            "valid_at": "2026-05-01T00:00:00Z",
            "invalid_at": "2026-04-01T00:00:00Z",
        },
        {
            "source_entity_name": "importer",
            "target_entity_name": "SQLite",
            "relation_type": "READS",
            "fact": "It reads SQLite",
        },
        {"source_entity_name": "importer", "target_entity_name": " ", "relation_type": "READS", "fact": "nothing"},
    ]
}


@pytest.fixture
def server() -> Iterator[ChatServer]:
    with ChatServer() as running:
        yield running


@pytest.fixture(params=["sqlite", "postgresql"])
def system(request: pytest.FixtureRequest, home: Path, server: ChatServer) -> Iterator[System]:
    url = None if request.param == "sqlite" else request.getfixturevalue("postgresql_home_url")
    settings = Settings.model_validate(
        {
            "home": home,
            "model": "m-1",
            "OPENAI_BASE_URL": server.url,
            "OPENAI_API_KEY": None,
            "database_url": url,
            "model_timeout_s": 2,
        }
    )
    made = build(settings)
    yield made
    made.graph.adapter.close()
    made.graph.server.stop()
    made.database.dispose()


def hand_in(system: System, text: str = TEXT, project_id: int | None = None) -> None:
    line = parse(f'{{"text": "{text}", "at": "2026-06-01T00:00:00+00:00"}}', 1)
    assert system.graph.loader.take_in([(line, project_id)]) == 1


def read(system: System) -> int:
    assert system.graph.text_extraction is not None
    return system.graph.text_extraction.tick()


def figures(system: System) -> TextFigures:
    assert system.graph.text_extraction is not None
    return system.graph.text_extraction.figures()


def due_now(system: System) -> None:
    """Whatever waits for another attempt, waits no longer."""
    with system.database.transaction() as session:
        session.execute(update(extraction).values(due_at=system.clock() - timedelta(hours=1)))


def edges(system: System) -> dict[str, dict[str, Any]]:
    system.graph.loader.drain()
    return {f"{edge['subject']} {edge['name']} {edge['object']}": edge for edge in system.graph.adapter.read("edges")}


def test_a_text_becomes_facts_of_its_episode_and_a_rebuilt_graph_asks_nobody(
    system: System, server: ChatServer
) -> None:
    server.script(answer(NAMES), answer(FACTS))
    hand_in(system)
    assert figures(system) == TextFigures(waiting=1, read=0, given_up=0, found=0)
    assert read(system) == 1
    found = edges(system)
    assert found.keys() == {"Mara wrote importer", "importer reads SQLite"}
    wrote, reads = found["Mara wrote importer"], found["importer reads SQLite"]
    assert wrote["valid_at"] == datetime.fromisoformat("2026-03-01T00:00:00+00:00")
    # One that would end before it begins holds since the text was written
    assert (reads["valid_at"], reads["invalid_at"]) == (datetime.fromisoformat("2026-06-01T00:00:00+00:00"), None)
    (text,) = [episode["uuid"] for episode in system.graph.adapter.read("episodes") if episode["content"] == TEXT]
    assert text in wrote["episodes"]
    assert {row.prompt for row in system.llm.usage.rows(limit=10)} == {
        "graph/ExtractedEntities",
        "graph/ExtractedEdges",
    }
    asked, before = len(server.requests), system.graph.adapter.checksum()
    system.graph.loader.rebuild()
    assert (system.graph.adapter.checksum(), len(server.requests)) == (before, asked)
    assert [hit.text for hit in system.recall.search.search("who wrote the importer", limit=1)] == [
        "Mara wrote the importer"
    ]


def test_a_text_is_read_once_and_one_without_names_costs_one_question(system: System, server: ChatServer) -> None:
    server.script(answer({"extracted_entities": []}))
    hand_in(system)
    assert [read(system), read(system), len(server.requests)] == [1, 0, 1]
    assert figures(system) == TextFigures(waiting=0, read=1, given_up=0, found=0)


def test_a_model_that_fails_is_asked_again_later_and_given_up_in_the_end(system: System, server: ChatServer) -> None:
    server.script(failure(400, "no such model"))
    hand_in(system)
    for left in reversed(range(ATTEMPTS)):
        assert (read(system), read(system)) == (0, 0)
        assert figures(system).waiting == (1 if left else 0)
        due_now(system)
    assert figures(system) == TextFigures(waiting=0, read=0, given_up=1, found=0)
    with system.database.reading() as session:
        assert "no such model" in (session.exec(select(GraphExtraction)).one().error or "")
    assert len(server.requests) == ATTEMPTS


def test_a_text_of_a_project_is_sent_only_where_the_project_allows_it(
    system: System, server: ChatServer, tmp_path: Path
) -> None:
    checkout = Checkout(tmp_path / "shop", {"m.py": "x = 1\n"})
    project = system.projects.service.add(checkout.path, actor="ada")
    server.script(answer(NAMES), answer(FACTS))
    hand_in(system, project_id=project.id)
    assert (read(system), server.requests) == (0, [])
    system.projects.service.permit(project.name, actor="ada", model_allowed=True)
    assert read(system) == 1
    assert {edge["group_id"] for edge in edges(system).values()} == {f"sigma_project_{project.id}"}


def test_a_budget_that_is_used_up_leaves_the_text_for_later(system: System, server: ChatServer) -> None:
    server.script(answer(NAMES), answer(FACTS))
    system.llm.budgets.set("worker:graph", nano_usd_per_day=1, on_reach="stop", actor="ada")
    hand_in(system)
    assert (read(system), server.requests) == (0, [])
    with system.database.reading() as session:
        waiting = session.exec(select(GraphExtraction)).one()
    assert (waiting.state, waiting.attempts) == ("waiting", 0)


def test_two_processes_do_not_read_one_text_at_once(system: System, server: ChatServer) -> None:
    server.script(answer(NAMES), answer(FACTS))
    hand_in(system)
    assert system.graph.text_extraction is not None
    with system.database.transaction() as session:
        assert system.graph.text_extraction._claim(session, "another") is not None
    assert (read(system), server.requests) == (0, [])


def test_without_a_model_texts_stay_episodes(home: Path) -> None:
    settings = {"home": home, "OPENAI_BASE_URL": None, "OPENAI_API_KEY": None, "database_url": None}
    system = build(Settings.model_validate(settings))
    assert system.graph.text_extraction is None
    system.database.dispose()
