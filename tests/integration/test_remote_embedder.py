"""Vectors by a real HTTP server that speaks OpenAI's embeddings: metered, within budgets, for texts that may leave."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fakes.chat_server import ChatServer, Reply, failure
from fakes.checkout import Checkout
from sqlmodel import select

from sigma_core.errors import Unavailable
from sigma_core.graph.embeddings.hashed import HashedEmbedder
from sigma_core.graph.embeddings.tables import TextVector
from sigma_core.graph.imported import parse
from sigma_core.runtime.build import build
from sigma_core.runtime.system import System
from sigma_core.settings import Settings


class EmbeddingServer(ChatServer):
    """Answers with what the hashed embedder makes of the texts, in reverse order as a server may."""

    fails: Reply | None = None

    def take(self, request: dict[str, Any], headers: dict[str, str]) -> Reply:  # noqa: ARG002 (as the server hands it on)
        self.requests.append(request)
        if self.fails is not None:
            return self.fails
        rows = HashedEmbedder().rows(request["input"]).tolist()
        data = [{"object": "embedding", "index": place, "embedding": row} for place, row in enumerate(rows)]
        usage = {"prompt_tokens": 7 * len(rows), "total_tokens": 7 * len(rows)}
        answer = {"object": "list", "model": "e", "data": data[::-1], "usage": usage}
        return Reply(body=json.dumps(answer).encode())

    @property
    def sent(self) -> set[str]:
        return {text for request in self.requests for text in request["input"]}


@pytest.fixture
def server() -> Iterator[EmbeddingServer]:
    with EmbeddingServer() as running:
        yield running


@pytest.fixture(params=["sqlite", "postgresql"])
def system(request: pytest.FixtureRequest, home: Path, server: ChatServer) -> Iterator[System]:
    url = None if request.param == "sqlite" else request.getfixturevalue("postgresql_home_url")
    settings = Settings.model_validate(
        {
            "home": home,
            "embedder": "openai:e",
            "OPENAI_BASE_URL": server.url,
            "OPENAI_API_KEY": None,
            "database_url": url,
            "model_timeout_s": 2,
        }
    )
    made = build(settings)
    yield made
    made.database.dispose()


def hand_in(system: System, subject: str, fact: str, project_id: int | None = None) -> None:
    from sigma_core.graph import imported

    line = parse(json.dumps({"subject": subject, "predicate": "HAS", "object": "parts", "fact": fact}), 1)
    with system.database.transaction() as session:
        imported.store(session, [(line, project_id)], system.clock())


def test_texts_are_embedded_and_found_by_the_servers_vectors(system: System, server: EmbeddingServer) -> None:
    hand_in(system, "scheduler", "The scheduler has parts")
    assert system.recall.maintenance.tick() == 3
    assert server.sent >= {"The scheduler has parts", "scheduler", "parts"}
    (hit,) = system.recall.search.search("The scheduler has parts", limit=1)
    assert "meaning 1.00" in hit.reason
    with system.database.reading() as session:
        assert {row.model_id for row in session.exec(select(TextVector))} == {"openai:e"}
    rows = system.llm.usage.rows(limit=10)
    assert {(row.prompt, row.worker, row.success, row.cost_nano_usd) for row in rows} == {
        ("recall/embedding", "recall", True, None)
    }
    assert sum(row.input_tokens or 0 for row in rows) == 7 * sum(len(each["input"]) for each in server.requests)


def test_what_a_project_keeps_is_not_sent(system: System, server: EmbeddingServer, tmp_path: Path) -> None:
    checkout = Checkout(tmp_path / "shop", {"m.py": "x = 1\n"})
    project = system.projects.service.add(checkout.path, actor="ada")
    hand_in(system, "vault", "The vault has parts", project.id)
    hand_in(system, "shop window", "The window has parts")
    system.recall.maintenance.tick()
    figures = system.recall.maintenance.figures()
    assert figures is not None
    assert figures.waiting == 0
    assert server.sent & {"The vault has parts", "vault", "parts"} == set()
    assert server.sent >= {"The window has parts", "shop window"}
    before = len(server.requests)
    assert [hit.text for hit in system.recall.search.search("what has the vault", project_id=project.id, limit=1)] == [
        "The vault has parts"
    ]
    assert len(server.requests) == before
    with pytest.raises(Unavailable):
        system.experiments.graph_reader(project.id).embed_query("what has the vault")
    system.projects.service.permit(project.name, actor="ada", model_allowed=True)
    system.recall.maintenance.tick()
    assert server.sent >= {"The vault has parts", "vault", "parts"}


@pytest.mark.parametrize(
    "reply",
    [
        failure(500),
        failure(429),
        Reply(body=b"{"),
        Reply(body=b'{"object": "list", "data": []}'),
        Reply(body=b'{"object": "list", "data": [{"index": 0, "embedding": [NaN]}]}'),
    ],
    ids=["500", "429", "broken", "too few", "no number"],
)
def test_a_server_that_fails_costs_recall_its_sense_of_meaning_only(
    system: System, server: EmbeddingServer, reply: Reply
) -> None:
    hand_in(system, "scheduler", "The scheduler has parts")
    server.fails = reply
    assert system.recall.maintenance.tick() == 0
    (hit,) = system.recall.search.search("scheduler", limit=1)
    assert "meaning" not in hit.reason
    assert {row.success for row in system.llm.usage.rows(limit=10)} == {False}


def test_a_used_up_budget_makes_no_vectors(system: System, server: EmbeddingServer) -> None:
    hand_in(system, "scheduler", "The scheduler has parts")
    system.llm.budgets.set("worker:recall", nano_usd_per_day=1, on_reach="stop", actor="ada")
    assert (system.recall.maintenance.tick(), server.requests) == (0, [])
