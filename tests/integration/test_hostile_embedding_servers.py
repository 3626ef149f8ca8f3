"""Embedding servers that send what no server should: no call outlasts its deadline, no vector is lost for a trifle."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from fakes.hostile_server import HostileServer, Script, http, never_ends, says

from sigma_core.errors import Unavailable
from sigma_core.graph.embeddings.embedder import Embedder
from sigma_core.llm.tables import PromptUsage
from sigma_core.runtime.build import build
from sigma_core.runtime.system import System
from sigma_core.settings import Settings

TEXTS = ["one", "two"]
LONG_S = 60.0
HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"
DATA = [{"index": 1, "embedding": [0.0, 3.0]}, {"index": 0, "embedding": [2.0, 0.0]}]


@contextmanager
def asked(home: Path, server: HostileServer, timeout_s: float = LONG_S) -> Iterator[tuple[System, Embedder]]:
    settings = {"home": home, "embedder": "openai:e", "OPENAI_BASE_URL": server.url, "OPENAI_API_KEY": None}
    system = build(Settings.model_validate({**settings, "model_timeout_s": timeout_s}))
    assert system.graph.embedder is not None
    yield system, system.graph.embedder
    system.database.dispose()


def rows(system: System) -> list[PromptUsage]:
    return system.llm.usage.rows(limit=10)


def vectors(data: Any, **fields: Any) -> bytes:
    return http(json.dumps({"object": "list", "model": "e", "data": data, **fields}).encode())


ENDLESS: Mapping[str, Script] = {
    "silence": never_ends(b"", b""),
    "header drip": never_ends(b"HTTP/1.1 200 OK\r\nx-slow: ", b"a"),
    "100 Continue for ever": never_ends(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "body drip": never_ends(HEAD + b"\r\n{", b" "),
    "chunk extension drip": never_ends(HEAD + b"transfer-encoding: chunked\r\n\r\n1;ext=", b"a"),
}


@pytest.mark.parametrize("script", ENDLESS.values(), ids=ENDLESS)
def test_whatever_never_ends_is_given_up_at_the_deadline_and_hung_up_on(home: Path, script: Script) -> None:
    with HostileServer(script) as server, asked(home, server, timeout_s=0.4) as (system, embedder):
        with pytest.raises(Unavailable, match="did not answer in time"):
            embedder.rows(TEXTS)
        assert server.was_hung_up_on()
        assert [(row.success, row.error_kind) for row in rows(system)] == [(False, "ModelUnavailable")]


ODD: Mapping[str, tuple[bytes, int | None]] = {
    "as it should be": (vectors(DATA, usage={"prompt_tokens": 7, "total_tokens": 7}), 7),
    "no usage": (vectors(DATA), None),
    "usage null": (vectors(DATA, usage=None), None),
    "usage in words": (vectors(DATA, usage="some"), None),
    "tokens as text": (vectors(DATA, usage={"prompt_tokens": "7"}), 7),
    "tokens negative": (vectors(DATA, usage={"prompt_tokens": -7}), None),
    "tokens fractional": (vectors(DATA, usage={"prompt_tokens": 7.5}), None),
    "tokens huge": (vectors(DATA, usage={"prompt_tokens": 10**15}), None),
    "nothing but vectors": (http(json.dumps({"data": DATA}).encode()), None),
    "without numbers": (vectors([{"embedding": each["embedding"]} for each in DATA[::-1]]), None),
    "unknown fields": (vectors([{**each, "object": 7, "x": []} for each in DATA], foo=[1]), None),
}


@pytest.mark.parametrize(("answer", "tokens"), ODD.values(), ids=ODD)
def test_an_odd_field_that_is_not_needed_costs_no_vector(home: Path, answer: bytes, tokens: int | None) -> None:
    with HostileServer(says(answer)) as server, asked(home, server) as (system, embedder):
        assert embedder.rows(TEXTS).tolist() == [[1, 0], [0, 1]]
        (row,) = rows(system)
    assert (row.success, row.input_tokens, row.attempts, len(server.requests)) == (True, tokens, 1, 1)


NONE: Mapping[str, bytes] = {
    "one vector": vectors(DATA[:1]),
    "no vector": vectors([]),
    "the same twice": vectors([DATA[0], DATA[0]]),
    "numbered from two": vectors([{**each, "index": 2 + place} for place, each in enumerate(DATA)]),
    "of two lengths": vectors([DATA[0], {"index": 0, "embedding": [1.0]}]),
    "without numbers in it": vectors([DATA[0], {"index": 0, "embedding": []}]),
    "not a number": vectors([DATA[0], {"index": 0, "embedding": [float("nan"), 1.0]}]),
    "beyond all numbers": vectors([DATA[0], {"index": 0, "embedding": [1e300, 1.0]}]),
    "a word": vectors([DATA[0], {"index": 0, "embedding": "AAAA"}]),
    "nested 1 000 000 times": http(b"[" * 1_000_000),
    "no JSON": http(b"<html>"),
    "a redirect": http(b"", "307 There", ["location: http://127.0.0.1:9/"]),
    "429 until the end of time": http(b"{}", "429 Busy", ["retry-after: inf"]),
}


@pytest.mark.parametrize("answer", NONE.values(), ids=NONE)
def test_what_is_no_vector_for_each_text_is_one_clear_error(home: Path, answer: bytes) -> None:
    with HostileServer(says(answer)) as server, asked(home, server) as (system, embedder):
        with pytest.raises(Unavailable, match="makes no vectors: "):
            embedder.rows(TEXTS)
        assert [row.success for row in rows(system)] == [False]
