"""A prompt edited on the page is what a scheduler's worker sends at its very next call: real processes, real HTTP."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fakes.chat_server import ChatServer, answer
from fakes.checkout import Checkout
from streamlit.testing.v1 import AppTest

from sigma_core.projects.tables import Project
from sigma_core.runtime.build import build
from sigma_core.runtime.system import System
from sigma_core.settings import load_settings
from sigma_core.state_machine import RunState

NAME = "analysis/issue_assessment"
SCHEDULER = Path(__file__).parents[2] / "scheduler.py"
CODE = "import subprocess\n\n\ndef run(command):\n    return subprocess.call(command, shell=True)\n"
VERDICT = {"severity": "error", "priority": 0.5, "reason": "It can fail.", "confidence": 0.5}
PATIENCE_S = 90


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[ChatServer]:
    with ChatServer() as server:
        server.script(answer(VERDICT))
        monkeypatch.setenv("SIGMA_MODEL", "m-1")
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        monkeypatch.setenv("OPENAI_API_KEY", "none")
        monkeypatch.setenv("SIGMA_SANDBOX", "none")
        yield server


@pytest.fixture
def system(server: ChatServer, home: Path) -> Iterator[System]:
    """This test's own view of the home; every job is paused, so that nothing runs but what is asked for."""
    system = build(load_settings(home))
    system.runtime.schedule.prepare()
    system.runtime.schedule.pause_all("ada")
    yield system
    system.close()


@pytest.fixture
def scheduler(system: System, home: Path) -> Iterator[None]:
    """A scheduler process."""
    command = [sys.executable, str(SCHEDULER), "--home", str(home)]
    with subprocess.Popen(command, env=dict(os.environ), stderr=subprocess.DEVNULL) as process:
        yield
        process.send_signal(signal.SIGTERM)
        process.wait(120)


def analysed(system: System, project: Project) -> None:
    """Ask the scheduler for one cycle of analysis, and wait for its end."""
    (run,) = system.runtime.schedule.run_now("analysis", "ada", project.id)
    until = time.monotonic() + PATIENCE_S
    while (state := system.runtime.runs.get(run.id or 0).state) in (RunState.QUEUED, RunState.RUNNING):
        assert time.monotonic() < until, state
        time.sleep(0.1)
    assert state == RunState.SUCCESS, system.runtime.runs.get(run.id or 0).error


def sent(server: ChatServer) -> set[bool]:
    """Of all requests so far, whether they speak of elephants."""
    return {"ELEPHANT" in str(request["messages"][0]["content"]) for request in server.requests}


@pytest.mark.usefixtures("scheduler")
def test_an_edit_on_the_page_is_what_the_scheduler_sends_next(
    visit: Callable[..., AppTest], system: System, server: ChatServer, tmp_path: Path
) -> None:
    checkout = Checkout(tmp_path / "shop", {"m.py": CODE})
    project = system.projects.service.add(checkout.path, python=sys.executable, actor="ada")
    system.projects.service.permit(project.id or 0, actor="ada", model_allowed=True)
    analysed(system, project)
    assert sent(server) == {False}

    app = visit("prompts", prompt=str(system.prompts.catalog.show(NAME).template.id))
    app.button(key="edit").click().run()
    text = app.text_area(key="edit-system").value
    app.text_area(key="edit-system").input(f"You are an ELEPHANT. {text}").run()
    app.button(key="edit-save").click().run()
    assert not app.exception
    checkout.commit({"n.py": CODE})
    server.requests.clear()
    analysed(system, project)
    assert sent(server) == {False}  # saved, not yet in production

    app = visit("prompts", prompt=str(system.prompts.catalog.show(NAME).template.id))
    app.button(key="do-Promote-v").click().run()
    app.text_area(key="do-reason").input("bigger")
    app.checkbox(key="do-override").check()
    app.button(key="do-submit").click().run()
    assert system.prompts.catalog.show(NAME).labels == {"production": 2}
    checkout.commit({"o.py": CODE})
    server.requests.clear()
    analysed(system, project)
    assert sent(server) == {True}
    newest = system.llm.usage.rows(limit=1)[0]
    assert (newest.worker, newest.version, newest.success) == ("analysis", "v2", True)
