"""Connecting to the graph, with drivers that fail as real ones do."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sigma_core.errors import Unavailable
from sigma_core.graph.adapter import Address, KnowledgeGraph
from sigma_core.graph.server import EmbeddedServer


class Driver:
    """Answers, or is cut off; then even its closing fails."""

    def __init__(self, *, cut: bool, ready: Callable[[], Any] = lambda: None) -> None:
        self._cut, self._ready = cut, ready

    async def prepare(self) -> None:
        self._ready()

    async def query(self, *_: object) -> list[dict[str, int]]:
        if self._cut:
            raise ConnectionResetError("cut off")
        return [{"answer": 1}]

    async def close(self) -> None:
        if self._cut:
            raise ConnectionResetError("cut off")

    def is_away(self, error: Exception) -> bool:
        return isinstance(error, ConnectionError)


def graph_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *drivers: Driver) -> KnowledgeGraph:
    made = iter(drivers)
    monkeypatch.setattr("sigma_core.graph.adapter.open_driver", lambda *_: next(made))
    return KnowledgeGraph(EmbeddedServer(tmp_path), Address("bolt://127.0.0.1:1"))


def test_a_driver_that_cannot_even_be_closed_is_not_used_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    graph = graph_of(tmp_path, monkeypatch, Driver(cut=True), Driver(cut=False))
    with pytest.raises(Unavailable, match="cut off"):
        graph.records("RETURN 1", {})
    assert graph.records("RETURN 1", {}) == [{"answer": 1}]
    graph.close()


def test_who_has_little_time_does_not_wait_for_anothers_connecting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    connecting, go_on = threading.Event(), threading.Event()

    def ready() -> None:
        connecting.set()
        go_on.wait(60)

    graph = graph_of(tmp_path, monkeypatch, Driver(cut=False, ready=ready))
    other = threading.Thread(target=lambda: graph.records("RETURN 1", {}))
    other.start()
    assert connecting.wait(60)
    with pytest.raises(Unavailable, match="was not connected to within 100 ms"):
        graph.records("RETURN 1", {}, timeout_s=0.1)
    go_on.set()
    other.join(60)
    assert graph.records("RETURN 1", {}) == [{"answer": 1}]
    graph.close()
