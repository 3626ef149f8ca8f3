"""The adapter against a real HTTP server that behaves well, badly or not at all."""

import logging
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from random import Random

import pytest
from fakes.chat_server import ChatServer, Reply, answer, completion, failure
from pydantic import SecretStr

from sigma_core.llm.errors import CallFailed, ModelBusy, ModelUnavailable, RequestRefused
from sigma_core.llm.model import ChatMessage, ModelRequest
from sigma_core.llm.openai import OpenAIModel

KEY = "sk-thisisasecretkey1234567890"
SCHEMA = {"type": "object", "properties": {"score": {"type": "number"}}, "required": ["score"]}


def request(deadline_s: float = 60) -> ModelRequest:
    messages = (ChatMessage("system", "Judge."), ChatMessage("user", "This."))
    return ModelRequest("think/test", messages, SCHEMA, 100, 0.0, deadline_s)


@pytest.fixture
def server() -> Iterator[ChatServer]:
    with ChatServer() as server:
        yield server


class Naps(list[float]):
    """Notes how long the adapter wanted to wait, and does not."""

    def __call__(self, seconds: float) -> None:
        self.append(seconds)


@pytest.fixture
def naps() -> Naps:
    return Naps()


@pytest.fixture
def model(server: ChatServer, naps: Naps) -> Iterator[OpenAIModel]:
    model = OpenAIModel(
        "m-1", api_key=SecretStr(KEY), base_url=server.url, timeout_s=60, concurrency=2, random=Random(1), sleep=naps
    )
    yield model
    model.close()


def test_a_good_answer_carries_the_servers_own_figures(model: OpenAIModel, server: ChatServer) -> None:
    server.script(answer({"score": 1}))
    result = model.complete(request())
    assert (result.text, result.attempts, result.problem) == ('{"score": 1}', 1, None)
    assert (result.input_tokens, result.output_tokens, result.cached_tokens) == (120, 30, 20)
    (asked,) = server.requests
    assert asked["response_format"]["json_schema"] == {"name": "think_test", "strict": True, "schema": SCHEMA}
    assert (asked["model"], asked["max_tokens"], asked["temperature"]) == ("m-1", 100, 0.0)
    assert server.headers[0]["authorization"] == f"Bearer {KEY}"


def test_a_server_without_figures_leaves_them_unknown(model: OpenAIModel, server: ChatServer) -> None:
    server.script(Reply(body=b'{"choices": [{"message": {"content": "{}"}}]}'))
    result = model.complete(request())
    assert (result.input_tokens, result.output_tokens, result.cached_tokens) == (None, None, None)


def test_a_failing_server_is_asked_again_after_a_growing_wait(
    model: OpenAIModel, server: ChatServer, naps: Naps
) -> None:
    server.script(failure(500), failure(503), answer({"score": 1}))
    assert model.complete(request()).attempts == 3
    assert 0.25 <= naps[0] <= 0.5 <= naps[1] <= 1.0


def test_a_server_that_keeps_failing_is_given_up(model: OpenAIModel, server: ChatServer) -> None:
    server.script(failure(500, "out of memory"))
    with pytest.raises(ModelBusy, match=r"failed \(500\).*out of memory") as caught:
        model.complete(request())
    assert caught.value.attempts == len(server.requests) == 3


def test_the_wait_a_busy_server_asks_for_is_kept(model: OpenAIModel, server: ChatServer, naps: Naps) -> None:
    server.script(failure(429, retry_after="3"), answer({"score": 1}))
    model.complete(request())
    assert naps == [3.0]


def test_a_date_to_retry_after_counts_from_the_answers_own_date(
    model: OpenAIModel, server: ChatServer, naps: Naps
) -> None:
    later = failure(429, retry_after="Sun, 22 Nov 2026 10:00:04 GMT", date="Sun, 22 Nov 2026 10:00:00 GMT")
    server.script(later, answer({"score": 1}))
    model.complete(request())
    assert len(naps) == 1


def test_a_wait_beyond_the_deadline_is_not_waited_for(model: OpenAIModel, server: ChatServer, naps: Naps) -> None:
    server.script(failure(429, retry_after="300"))
    with pytest.raises(ModelBusy) as caught:
        model.complete(request())
    assert (caught.value.after_s, caught.value.attempts, naps) == (300, 1, [])


def test_a_server_that_hangs_up_is_asked_again(model: OpenAIModel, server: ChatServer) -> None:
    server.script(Reply(hang_up=True), answer({"score": 1}))
    assert model.complete(request()).attempts == 2


def test_no_server_at_all_is_one_clear_error(naps: Naps) -> None:
    model = OpenAIModel(
        "m", api_key=None, base_url="http://127.0.0.1:9/v1", timeout_s=60, concurrency=1, retries=1, sleep=naps
    )
    with pytest.raises(ModelUnavailable, match="cannot be reached") as caught:
        model.complete(request())
    assert caught.value.attempts == 2
    model.close()


@pytest.mark.parametrize("body", [b"<html>", b'{"choices": []}', b'{"choices": null}', b"", b"\xff\xfe", b"[1]"])
def test_what_is_no_completion_is_asked_for_again_and_then_given_up(
    model: OpenAIModel, server: ChatServer, body: bytes
) -> None:
    server.script(Reply(body=body))
    with pytest.raises(ModelUnavailable, match="not a chat completion") as caught:
        model.complete(request())
    assert caught.value.attempts == 3


@pytest.mark.parametrize("status", [200, 400])
def test_an_enormous_answer_is_not_read_to_its_end(model: OpenAIModel, server: ChatServer, status: int) -> None:
    server.script(Reply(status, b" " * (5 * 1024 * 1024)))
    with pytest.raises(ModelUnavailable, match="larger than") as caught:
        model.complete(request())
    assert caught.value.attempts == 1


def test_a_packed_answer_is_refused_because_its_size_is_unknown(model: OpenAIModel, server: ChatServer) -> None:
    server.script(Reply(body=b"x", headers={"content-encoding": "gzip"}))
    with pytest.raises(ModelUnavailable, match="larger than"):
        model.complete(request())
    assert server.headers[0]["accept-encoding"] == "identity"


def test_a_cut_off_and_a_declined_answer_say_so(model: OpenAIModel, server: ChatServer) -> None:
    server.script(completion('{"score":', finish_reason="length"), completion("", finish_reason="content_filter"))
    assert model.complete(request()).problem == "it was cut off at the output limit"
    assert model.complete(request()).problem == "the model declined to answer"


def test_an_empty_answer_is_empty_text(model: OpenAIModel, server: ChatServer) -> None:
    server.script(completion(None))
    assert model.complete(request()).text == ""


def test_a_server_that_refuses_schemas_is_asked_in_plainer_words_and_remembered(
    model: OpenAIModel, server: ChatServer
) -> None:
    refusal = failure(400, "response_format: json_schema is not supported")
    server.script(refusal, refusal, answer({"score": 1}))
    assert model.complete(request()).attempts == 3
    assert [asked["response_format"]["type"] for asked in server.requests] == [
        "json_schema",
        "json_schema",
        "json_object",
    ]
    assert '"score"' in server.requests[-1]["messages"][0]["content"]
    assert model.complete(request()).attempts == 1


def test_a_server_that_knows_no_response_format_at_all_gets_none(model: OpenAIModel, server: ChatServer) -> None:
    refusal = failure(500, "response_format: Input should be 'text'")
    server.script(refusal, refusal, refusal, answer({"score": 1}))
    model.complete(request())
    assert "response_format" not in server.requests[-1]


def test_a_model_with_other_parameters_is_met_halfway(model: OpenAIModel, server: ChatServer) -> None:
    server.script(
        failure(400, "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead."),
        failure(400, "Unsupported value: 'temperature' does not support 0.0 with this model."),
        answer({"score": 1}),
    )
    model.complete(request())
    assert server.requests[-1]["max_completion_tokens"] == 100
    assert not {"temperature", "max_tokens"} & server.requests[-1].keys()


@pytest.mark.parametrize(
    ("status", "kind", "words"),
    [
        (401, ModelUnavailable, "refused the key"),
        (404, ModelUnavailable, "no such model"),
        (400, RequestRefused, "refused the request"),
    ],
)
def test_what_will_not_change_is_not_asked_twice(
    model: OpenAIModel, server: ChatServer, status: int, kind: type[CallFailed], words: str
) -> None:
    server.script(failure(status, f"Incorrect API key provided: {KEY}"))
    with pytest.raises(kind, match=words) as caught:
        model.complete(request())
    assert caught.value.attempts == 1
    assert KEY not in str(caught.value)


def test_the_key_reaches_no_log(model: OpenAIModel, server: ChatServer, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    server.script(failure(500), answer({"score": 1}))
    model.complete(request())
    assert KEY not in caplog.text


def test_no_more_requests_are_in_flight_than_allowed(model: OpenAIModel, server: ChatServer) -> None:
    server.script(answer({"score": 1}, delay_s=0.05))
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda _: model.complete(request()), range(6)))
    assert server.most_at_once == 2


def test_a_call_that_finds_no_free_slot_in_time_says_so(model: OpenAIModel, server: ChatServer) -> None:
    server.script(answer({"score": 1}, delay_s=0.6))
    with ThreadPoolExecutor(2) as pool:
        running = [pool.submit(model.complete, request()) for _ in range(2)]
        while len(server.requests) < 2:
            time.sleep(0.01)
        with pytest.raises(ModelBusy, match="at once") as caught:
            model.complete(request(deadline_s=0.1))
        assert caught.value.attempts == 0
        assert all(call.result().attempts == 1 for call in running)


HALF_LOADED = """
import sys, threading
from importlib.machinery import PathFinder

import openai
import sigma_core.llm.transport
from sigma_core.llm.model import ChatMessage, ModelRequest
from sigma_core.llm.openai import OpenAIModel

begun, called = threading.Event(), threading.Event()

class Slow:
    def find_spec(self, name, path, target=None):
        if name != "httpx":
            return None
        spec = PathFinder.find_spec(name, path)
        load = spec.loader.exec_module
        def slowly(module):
            begun.set()
            called.wait(60)
            load(module)
        spec.loader.exec_module = slowly
        return spec

sys.meta_path.insert(0, Slow())
assert "httpx" not in sys.modules
threading.Thread(target=__import__, args=("httpx",)).start()
begun.wait()
threading.Timer(1, called.set).start()
schema = {"type": "object", "properties": {}}
request = ModelRequest("think/test", (ChatMessage("user", "Judge."),), schema, 100, 0.0, 30)
try:
    print(OpenAIModel("m", api_key=None, base_url=sys.argv[1], timeout_s=30, concurrency=1).complete(request).text)
finally:
    called.set()
"""


def test_a_call_while_another_thread_loads_httpx_is_answered(server: ChatServer) -> None:
    server.script(answer({"score": 0.5}))
    asked = subprocess.run(
        [sys.executable, "-c", HALF_LOADED, server.url], capture_output=True, text=True, timeout=120, check=False
    )
    assert (asked.returncode, asked.stderr) == (0, "")
    assert "0.5" in asked.stdout
