"""Several models of several servers, all from the settings."""

from pathlib import Path

import pytest
from fakes.chat_server import ChatServer, answer

from sigma_core.errors import Invalid
from sigma_core.llm.circuit_breaker import CircuitChange
from sigma_core.llm.model import ChatMessage, ModelRequest
from sigma_core.llm.models import ModelOrigin, build_models, origins
from sigma_core.settings import load_settings

REQUEST = ModelRequest("think/test", (ChatMessage("user", "Judge."),), {}, 100, 0.0, 5)


class Unwatched:
    """Nobody listens."""

    def changed(self, turn: CircuitChange) -> None:
        """Nothing to do."""


def test_each_model_is_asked_at_its_own_server_with_its_own_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ChatServer() as big, ChatServer() as small:
        for server in (big, small):
            server.script(answer({"score": 1}))
        monkeypatch.setenv("SIGMA_MODEL", "large")
        monkeypatch.setenv("OPENAI_API_KEY", "sk-of-the-large-one")
        monkeypatch.setenv("OPENAI_BASE_URL", big.url)
        monkeypatch.setenv(
            "SIGMA_MODELS", f'{{"small": {{"model": "tiny-1", "base_url": "{small.url}"}}, "other": {{}}}}'
        )
        models = build_models(load_settings(tmp_path), Unwatched())
        assert list(models) == ["large", "small", "other"]
        for model in models.values():
            model.complete(REQUEST)
        assert [request["model"] for request in big.requests] == ["large", "other"]
        assert [request["model"] for request in small.requests] == ["tiny-1"]
        assert {headers["authorization"] for headers in big.headers} == {"Bearer sk-of-the-large-one"}
        # the key of one server is never sent to another
        assert {headers["authorization"] for headers in small.headers} == {"Bearer unset"}


def test_where_a_model_comes_from_is_known_for_its_price(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIGMA_MODEL", "fast")
    monkeypatch.setenv(
        "SIGMA_MODELS", '{"fast": {"model": "gpt-5-mini"}, "here": {"base_url": "http://127.0.0.1:9/v1"}}'
    )
    assert origins(load_settings(tmp_path)) == {
        "fast": ModelOrigin("gpt-5-mini"),
        "here": ModelOrigin("here", "http://127.0.0.1:9/v1"),
    }


def test_a_cheaper_model_that_is_not_configured_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIGMA_DEGRADE_MODEL", "small")
    with pytest.raises(Invalid, match="none of the configured models"):
        origins(load_settings(tmp_path))


def test_keys_of_named_models_are_not_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIGMA_MODELS", '{"a": {"api_key": "sk-hush", "model": "m"}}')
    settings = load_settings(tmp_path)
    assert "sk-hush" not in str(settings.shown()) + repr(settings)
    (shown,) = [each["value"] for each in settings.shown() if each["name"] == "SIGMA_MODELS"]
    assert shown == {"a": {"api_key": "(set)", "model": "m"}}


def test_a_misspelt_part_of_a_model_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIGMA_MODELS", '{"a": {"url": "x"}}')
    with pytest.raises(Invalid, match="SIGMA_MODELS"):
        load_settings(tmp_path)
    monkeypatch.setenv("SIGMA_MODELS", "{not json")
    with pytest.raises(Invalid, match="SIGMA_MODELS"):
        load_settings(tmp_path)
