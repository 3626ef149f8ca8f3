"""A running scheduler answers `sigma recall` through a socket of its owner's; else whoever asks answers himself."""

import json
import os
import shutil
import socket
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from sigma_core.graph import imported
from sigma_core.graph.imported import TextLine
from sigma_core.recall import door
from sigma_core.runtime.build import build
from sigma_core.runtime.recall_door import recall_door
from sigma_core.runtime.system import System
from sigma_core.settings import load_settings

ASKED = {"query": "which lake", "limit": 5, "project": None, "as_of": None}


@pytest.fixture
def short_home() -> Iterator[Path]:
    """A socket's path is no longer than a hundred bytes."""
    folder = Path(tempfile.mkdtemp(prefix="sg-", dir="/tmp"))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def system(short_home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[System]:
    monkeypatch.setenv("SIGMA_EMBEDDER", "none")
    made = build(load_settings(short_home))
    with made.database.transaction() as session:
        imported.store(session, [(TextLine(text="The lake in the north"), None)], made.clock())
    yield made
    made.close()


def test_a_running_scheduler_answers_as_the_command_would(system: System, short_home: Path) -> None:
    assert door.ask(short_home, ASKED) is None
    with recall_door(system):
        answer = door.ask(short_home, ASKED)
        assert answer
        assert [each["text"] for each in answer["results"]] == ["The lake in the north"]
        assert answer["answers"] == []
    assert door.ask(short_home, ASKED) is None
    assert list((short_home / door.FOLDER).iterdir()) == []


def test_only_the_owner_can_open_the_door(system: System, short_home: Path) -> None:
    with recall_door(system):
        path = door.place(short_home)
        assert path
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


@pytest.mark.parametrize(
    "wrong",
    [{"limit": 1000}, {"project": "nobody"}, {"query": None}, {"as_of": "yesterday"}, {"world": "another version"}],
    ids=["limit", "project", "query", "moment", "version"],
)
def test_what_cannot_be_answered_is_left_to_who_asks(
    system: System, short_home: Path, wrong: dict[str, object]
) -> None:
    with recall_door(system):
        assert door.ask(short_home, {**ASKED, **wrong}) is None
        assert door.ask(short_home, ASKED)


@pytest.mark.parametrize("sent", [b"\n", b"no json\n", b"[1]\n", b"{}\n", b"x" * 100_000 + b"\n", b""])
def test_nonsense_leaves_the_door_open(system: System, short_home: Path, sent: bytes) -> None:
    with recall_door(system):
        with socket.socket(socket.AF_UNIX) as line:
            line.settimeout(60)
            line.connect(os.fspath(door.place(short_home) or ""))
            try:
                line.sendall(sent)
                line.shutdown(socket.SHUT_WR)
                told = door.read_line(line, 1000)
            except OSError:
                told = b""
            assert not told or "error" in json.loads(told)
        assert door.ask(short_home, ASKED)


def test_a_socket_that_a_killed_scheduler_left_is_taken_over(system: System, short_home: Path) -> None:
    path = door.place(short_home)
    assert path
    path.parent.mkdir()
    left = socket.socket(socket.AF_UNIX)
    left.bind(os.fspath(path))
    left.close()
    assert door.ask(short_home, ASKED) is None
    with recall_door(system):
        assert door.ask(short_home, ASKED)


def test_a_home_that_lies_too_deep_has_no_door(system: System, short_home: Path) -> None:
    assert door.place(short_home / ("x" * 100)) is None
    assert door.ask(short_home / ("x" * 100), ASKED) is None
