"""The embedded graph server: started once, found again, gone when nobody needs it."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis

from sigma_core.errors import Unavailable
from sigma_core.graph import locking
from sigma_core.graph.server import EmbeddedServer
from sigma_core.graph.server_files import server_files

ROOT = Path(__file__).resolve().parents[2]
USE = (
    "import sys, time; from pathlib import Path; from sigma_core.graph.server import EmbeddedServer; "
    "server = EmbeddedServer(Path(sys.argv[1]), idle_s=1); server.ensure(); "
    "print('at work', flush=True); time.sleep(60)"
)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[EmbeddedServer]:
    one = EmbeddedServer(tmp_path, idle_s=0.5)
    yield one
    assert one.stop()


@pytest.fixture
def home(server: EmbeddedServer, tmp_path: Path) -> Path:
    return tmp_path


def client(home: Path) -> "redis.Redis":
    return redis.Redis(unix_socket_path=str(server_files(home).socket))


def server_id(home: Path) -> int:
    with client(home) as server:
        return int(server.info("server")["process_id"])


def becomes(what: Callable[[], bool], within_s: float = 120) -> bool:
    ends = time.monotonic() + within_s
    while not what():
        if time.monotonic() > ends:
            return False
        time.sleep(0.05)
    return True


def is_gone(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return True
    return Path(f"/proc/{process}/stat").exists() and Path(f"/proc/{process}/stat").read_text().split()[2] == "Z"


def user(home: Path) -> "subprocess.Popen[bytes]":
    return subprocess.Popen([sys.executable, "-c", USE, str(home)], stdout=subprocess.PIPE, cwd=ROOT)


def at_work(process: "subprocess.Popen[bytes]") -> bool:
    assert process.stdout is not None
    return process.stdout.readline() == b"at work\n"


def test_five_processes_that_need_it_at_once_start_one(home: Path) -> None:
    users = [user(home) for _ in range(5)]
    assert all(at_work(each) for each in users)
    with client(home) as server:
        assert "already" not in server_files(home).log.read_text()
        assert server.config_get("appendonly") == {"appendonly": "yes"}
    assert server_files(home).log.read_text().count("Server initialized") == 1
    for each in users:
        each.kill()
        each.communicate()


def test_it_ends_by_itself_when_its_users_were_killed(home: Path) -> None:
    one = user(home)
    assert at_work(one)
    process = server_id(home)
    one.kill()
    one.communicate()
    assert becomes(lambda: is_gone(process))


def test_it_stays_while_anybody_uses_it(server: EmbeddedServer, home: Path) -> None:
    server.ensure()
    process = server_id(home)
    time.sleep(3)
    assert not is_gone(process)
    assert EmbeddedServer(home).stop() is False
    assert server.stop() is True
    assert is_gone(process)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a process with the one that started it")
def test_it_ends_with_its_keeper_and_is_started_again_with_all_it_held(server: EmbeddedServer, home: Path) -> None:
    server.ensure()
    process = server_id(home)
    with client(home) as connection:
        connection.execute_command("GRAPH.QUERY", "g", "CREATE (:One)")
    keeper = locking.holder(server_files(home).keeper)
    assert keeper is not None
    os.kill(keeper, signal.SIGKILL)
    assert becomes(lambda: is_gone(process))
    server.ensure()
    with client(home) as connection:
        assert connection.execute_command("GRAPH.QUERY", "g", "MATCH (n) RETURN count(n)")[1] == [[1]]


def test_a_server_that_was_killed_is_started_again(server: EmbeddedServer, home: Path) -> None:
    server.ensure()
    os.kill(server_id(home), signal.SIGKILL)
    server.ensure()
    assert client(home).ping()


def test_in_a_home_with_a_long_path_the_socket_is_elsewhere(tmp_path: Path) -> None:
    home = tmp_path / ("deep" * 20) / ("deeper" * 10)
    home.mkdir(parents=True)
    server = EmbeddedServer(home)
    assert home not in server.ensure().parents
    assert server.socket.parent.stat().st_mode & 0o777 == 0o700
    assert client(home).ping()
    assert server.stop()


def test_the_socket_is_where_every_process_looks_for_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path / ("deep" * 40)
    before = EmbeddedServer(home).socket
    # As each process of ours has it for its own temporary files
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert EmbeddedServer(home).socket == before


def test_a_folder_of_somebody_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "graph").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(Unavailable, match="belongs to somebody else"):
        EmbeddedServer(tmp_path).ensure()


def test_graphiti_is_loaded_to_make_its_indexes_and_by_nobody_after_that(server: EmbeddedServer, home: Path) -> None:
    ask = (
        "import sys; from pathlib import Path; from sigma_core.graph.adapter import KnowledgeGraph; "
        "from sigma_core.graph.server import EmbeddedServer; "
        "graph = KnowledgeGraph(EmbeddedServer(Path(sys.argv[1]))); "
        "graph.stats(); print('graphiti_core' in sys.modules); graph.close()"
    )
    said = [
        subprocess.run([sys.executable, "-c", ask, str(home)], cwd=ROOT, capture_output=True, check=True).stdout
        for _ in range(2)
    ]
    assert said == [b"True\n", b"False\n"]
    with client(home) as one:
        indexed = one.execute_command("GRAPH.RO_QUERY", "sigma", "CALL db.indexes() YIELD label RETURN count(label)")
    assert indexed[1][0][0] > 0
