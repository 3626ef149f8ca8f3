"""What people change in one process is what the model server gets from another at its very next call."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fakes.chat_server import ChatServer, answer, failure
from fakes.command import Command

from sigma_core.errors import SigmaError
from sigma_core.llm.errors import CallFailed
from sigma_core.runtime.build import build
from sigma_core.runtime.system import System
from sigma_core.settings import load_settings

NAME = "analysis/issue_assessment"
VERDICT = {"severity": "warning", "priority": 0.5, "reason": "It can fail.", "confidence": 0.5}
VALUES = {"rule": "B006", "severity": "error", "file": "shop/cart.py", "message": "mutable default"}


@pytest.fixture
def server() -> Iterator[ChatServer]:
    with ChatServer() as server:
        yield server


@pytest.fixture
def worker(home: Path, server: ChatServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[System]:
    """A process that works, with the model server configured."""
    monkeypatch.setenv("SIGMA_MODEL", "m-1")
    monkeypatch.setenv("OPENAI_BASE_URL", server.url)
    monkeypatch.setenv("OPENAI_API_KEY", "none")
    system = build(load_settings(home), process="scheduler")
    yield system
    system.database.dispose()


def sent(server: ChatServer) -> str:
    """The system text of the last request."""
    return str(server.requests[-1]["messages"][0]["content"])


def test_an_edit_on_the_command_line_is_sent_at_the_next_call(
    worker: System, server: ChatServer, tmp_path: Path, home: Path
) -> None:
    server.script(answer(VERDICT))
    first = worker.prompts.questions.ask(NAME, VALUES, run_id=1, project=None)
    assert (first.data, first.prompt_version) == (VERDICT, f"{NAME}@v1")
    assert "ELEPHANT" not in sent(server)
    sigma, text = Command(home), tmp_path / "system.txt"
    text.write_text("You are an ELEPHANT. " + worker.prompts.catalog.show(NAME).current.content["system"])
    sigma.json("prompt", "edit", NAME, "--system", text)
    worker.prompts.questions.ask(NAME, VALUES, run_id=1, project=None)
    assert "ELEPHANT" not in sent(server)
    sigma.json("prompt", "label", NAME, "production", "--version", 2, "--reason", "bigger", "--override")
    second = worker.prompts.questions.ask(NAME, VALUES, run_id=1, project=None)
    assert sent(server).startswith("You are an ELEPHANT.")
    assert second.prompt_version == f"{NAME}@v2"
    sigma.json("prompt", "rollback", NAME, "--version", 1, "--reason", "too big")
    worker.prompts.questions.ask(NAME, VALUES, run_id=1, project=None)
    assert "ELEPHANT" not in sent(server)
    assert [(row.version, row.success) for row in worker.llm.usage.rows()] == [
        ("v1", True),
        ("v2", True),
        ("v1", True),
        ("v1", True),
    ]


def test_a_call_that_fails_is_one_usage_row_and_no_answer(worker: System, server: ChatServer) -> None:
    server.script(failure(400, "no such model"))
    with pytest.raises(CallFailed):
        worker.prompts.questions.ask(NAME, VALUES, run_id=1, project=None)
    server.script(answer({**VERDICT, "priority": 7}))
    with pytest.raises(SigmaError):
        worker.prompts.questions.ask(NAME, VALUES, run_id=1, project=None)
    assert [row.success for row in worker.llm.usage.rows()] == [False, False]
