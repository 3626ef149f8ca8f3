"""The playground of the page Calls: refused without a model; with one, two versions side by side, told as tests."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fakes.app_text import text_of
from fakes.chat_server import ChatServer, answer
from streamlit.testing.v1 import AppTest

from sigma_core.console import session
from sigma_core.llm.call_list import WantedCalls
from sigma_core.prompts.playground import LABEL

NAME = "analysis/issue_assessment"
Visit = Callable[..., AppTest]


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[ChatServer]:
    with ChatServer() as server:
        server.script(answer({"severity": "error", "priority": 0.5, "reason": "It can fail.", "confidence": 0.5}))
        monkeypatch.setenv("SIGMA_MODEL", "m-1")
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        monkeypatch.setenv("OPENAI_API_KEY", "none")
        yield server


def test_without_a_model_nothing_is_asked(home: Path, visit: Visit):
    shown = text_of(visit("calls", **{"calls-view": "Playground"}))
    assert "No model to ask" in shown
    assert "Set SIGMA_MODEL" in shown


def test_two_versions_stand_side_by_side_and_leave_test_calls(server: ChatServer, home: Path, visit: Visit):
    system = session.system()
    app = visit("calls", **{"calls-view": "Playground", "play-prompt": NAME, "play-compare": "true"})
    app.button(key="play-ask").click().run()
    for asked in app.session_state["playground.asked"]:
        asked.result(120)
    shown = text_of(app.run())
    assert shown.count("It can fail.") == 2
    assert not app.exception
    assert system.llm.calls.listed(WantedCalls(labels=(LABEL,))).count() == 2
    assert system.llm.calls.listed(WantedCalls(not_labels=(LABEL,))).count() == 0
