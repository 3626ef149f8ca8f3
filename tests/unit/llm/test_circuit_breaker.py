"""A server that keeps failing is left alone for a while, and every process can see it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from fakes.chat_server import ChatServer, answer, failure

from sigma_core.database import Database
from sigma_core.llm.circuit_breaker import FAILURES, FIRST_REST_S, GuardedModel
from sigma_core.llm.errors import ModelBusy, ModelUnavailable, RequestRefused
from sigma_core.llm.health import HealthBook
from sigma_core.llm.model import ChatMessage, ModelRequest
from sigma_core.llm.openai import OpenAIModel

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
REQUEST = ModelRequest("think/test", (ChatMessage("user", "Judge."),), {}, 100, 0.0, 5)
GOOD = answer({"score": 1})


@dataclass
class Timer:
    """Seconds that pass when a test says so."""

    at: float = 0

    def __call__(self) -> float:
        return self.at


@pytest.fixture
def server() -> Iterator[ChatServer]:
    with ChatServer() as server:
        yield server


@pytest.fixture
def timer() -> Timer:
    return Timer()


@pytest.fixture
def health(database: Database) -> HealthBook:
    return HealthBook(database, lambda: NOON)


@pytest.fixture
def model(server: ChatServer, health: HealthBook, timer: Timer) -> Iterator[GuardedModel]:
    remote = OpenAIModel("m-1", api_key=None, base_url=server.url, timeout_s=60, concurrency=2, retries=0)
    yield GuardedModel(remote, health, now_s=timer)
    remote.close()


def fail(model: GuardedModel, times: int = FAILURES) -> None:
    for _ in range(times):
        with pytest.raises(ModelBusy):
            model.complete(REQUEST)


def test_a_server_that_failed_five_times_is_not_asked(
    model: GuardedModel, server: ChatServer, health: HealthBook
) -> None:
    server.script(failure(500, "broken"))
    fail(model)
    with pytest.raises(ModelUnavailable, match="left alone for another 15 s") as raised:
        model.complete(REQUEST)
    assert raised.value.attempts == 0
    assert len(server.requests) == FAILURES
    (state,) = health.failing()
    assert (state.model, state.failures) == ("m-1", FAILURES)
    assert state.rests_until == NOON + timedelta(seconds=FIRST_REST_S)
    assert "broken" in state.error


def test_after_the_rest_one_call_tries_it_and_an_answer_ends_it(
    model: GuardedModel, server: ChatServer, timer: Timer, health: HealthBook
) -> None:
    server.script(failure(500))
    fail(model)
    timer.at = FIRST_REST_S
    server.script(GOOD)
    assert model.complete(REQUEST).text == '{"score": 1}'
    assert health.failing() == []


def test_a_trial_that_fails_makes_the_rest_longer(model: GuardedModel, server: ChatServer, timer: Timer) -> None:
    server.script(failure(500))
    fail(model)
    timer.at = FIRST_REST_S
    fail(model, 1)
    with pytest.raises(ModelUnavailable, match="another 30 s"):
        model.complete(REQUEST)


def test_a_refused_request_says_nothing_against_the_server(model: GuardedModel, server: ChatServer) -> None:
    server.script(failure(400, "too long"))
    for _ in range(FAILURES + 1):
        with pytest.raises(RequestRefused):
            model.complete(REQUEST)
    assert len(server.requests) == FAILURES + 1


def test_an_answer_clears_what_a_process_that_ended_left_behind(
    model: GuardedModel, server: ChatServer, health: HealthBook
) -> None:
    server.script(failure(500))
    fail(model)
    server.script(GOOD)
    remote = OpenAIModel("m-1", api_key=None, base_url=server.url, timeout_s=60, concurrency=2, retries=0)
    GuardedModel(remote, health).complete(REQUEST)
    remote.close()
    assert health.failing() == []


def test_a_store_that_is_away_fails_no_call(
    model: GuardedModel, server: ChatServer, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    with database.engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE model_health")
    server.script(GOOD)
    assert model.complete(REQUEST).text == '{"score": 1}'
    assert "cannot be stored" in caplog.text
