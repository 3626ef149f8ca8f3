"""Real servers for tests, started on loopback where the machine has them."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

PATIENCE_S = 600
"""For a server on a busy machine to start or end."""
ROOM_BYTES = 2 * 1024**3
NEO4J = Path(__file__).parent / "neo4j"
ROOT = Path(__file__).parents[1]


def free_port() -> int:
    """A port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def console(home: Path, *command: str, port: int = 0, **environment: str) -> Iterator[str]:
    """The console of a home as a process of its own, started as people do; its URL. Cold: nobody has opened a page."""
    port = port or free_port()
    started = command or (sys.executable, "-m", "streamlit", "run", str(ROOT / "app.py"))
    # A console that does not end tells where it hangs
    own = {"SIGMA_HOME": str(home), "STREAMLIT_SERVER_PORT": str(port), "PYTHONFAULTHANDLER": "1", **environment}
    with (home / "console.out").open("wb") as log:
        process = subprocess.Popen(started, cwd=ROOT, env={**os.environ, **own}, stdout=log, stderr=subprocess.STDOUT)
    url = f"http://127.0.0.1:{port}"
    try:
        ends = time.monotonic() + 300
        while not _healthy(url):
            assert process.poll() is None, "the console ended"
            assert time.monotonic() < ends, "the console did not start"
            time.sleep(0.2)
        yield url
    finally:
        _end(process, home / "console.out")


def _end(process: subprocess.Popen[bytes], log: Path) -> None:
    """Stop it as `sigma up` and people do: ask, and where it waits for readers that are slow, insist."""
    process.terminate()
    for insist in (signal.SIGINT, signal.SIGABRT):
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            process.send_signal(insist)
        else:
            return
    process.wait(60)
    raise AssertionError(f"the console did not end:\n{log.read_text(errors='replace')[-20_000:]}")


def _healthy(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/_stcore/health", timeout=10):
            return True
    except OSError:
        return False


def postgresql_programs() -> Path | None:
    """The folder of PostgreSQL's server programs, if they are installed."""
    found = shutil.which("initdb")
    if found:
        return Path(found).parent
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return versions[-1].parent if versions else None


@dataclass(frozen=True)
class Cluster:
    """A throw-away PostgreSQL. `restart` ends it without a word to anybody, and returns when it answers again."""

    url: str
    restart: Callable[[], None]


@contextmanager
def postgresql(programs: Path) -> Iterator[str]:
    """The URL of a throw-away cluster."""
    with cluster(programs) as running:
        yield running.url


@contextmanager
def cluster(programs: Path) -> Iterator[Cluster]:
    """A throw-away cluster. PostgreSQL refuses to run as root, so root lends it to another user."""
    folder = Path(tempfile.mkdtemp(prefix="sigma-postgresql-", dir=_quick_place()))
    become: list[str] = []
    if os.geteuid() == 0:
        user = _server_user()
        shutil.chown(folder, user)
        become = ["setpriv", f"--reuid={user}", f"--regid={pwd.getpwnam(user).pw_gid}", "--clear-groups", "--"]
    port, data, wait = free_port(), folder / "data", ("-w", "-t", str(PATIENCE_S))
    options = (
        f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder} -c fsync=off "
        "-c autovacuum=off -c jit=off -c max_connections=200 -c timezone=Asia/Kolkata"
    )

    def run(*command: str) -> None:
        subprocess.run([*become, *command], check=True, capture_output=True, cwd=folder, timeout=PATIENCE_S)

    def restart() -> None:
        run(str(programs / "pg_ctl"), "-D", str(data), "-m", "immediate", "-l", str(folder / "log"), *wait, "restart")

    try:
        run(str(programs / "initdb"), "-D", str(data), "-A", "trust", "-U", "sigma", "-E", "UTF8")
        run(str(programs / "pg_ctl"), "-D", str(data), "-o", options, "-l", str(folder / "log"), *wait, "start")
        try:
            yield Cluster(f"postgresql://sigma@127.0.0.1:{port}/postgres", restart)
        finally:
            run(str(programs / "pg_ctl"), "-D", str(data), "-m", "immediate", *wait, "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def neo4j_can_start() -> bool:
    """Whether this machine has what it takes to fetch and run Neo4j: Maven and a Java compiler."""
    return bool(shutil.which("mvn") and shutil.which("javac"))


@contextmanager
def neo4j() -> Iterator[str]:
    """A throw-away Neo4j community server; its bolt URL. Its jars come from Maven's repository, once."""
    folder = Path(tempfile.mkdtemp(prefix="sigma-neo4j-"))
    process = None
    try:
        classes = folder / "classpath"
        fetch = ["mvn", "-q", "-B", "-f", str(NEO4J / "pom.xml"), "dependency:build-classpath"]
        subprocess.run([*fetch, f"-Dmdep.outputFile={classes}"], check=True, capture_output=True, timeout=900)
        port = free_port()
        opened = ("java.base/java.nio", "java.base/java.io", "java.base/sun.nio.ch")
        flags = ["-Xmx512m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"]  # else it starts a minute later
        flags += [*(f"--add-opens={each}=ALL-UNNAMED" for each in opened), "-cp", classes.read_text()]
        process = subprocess.Popen(
            ["java", *flags, str(NEO4J / "Neo4jServer.java"), str(folder / "data"), str(port)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        assert process.stdout is not None
        assert any(line == b"ready\n" for line in process.stdout)
        yield f"bolt://127.0.0.1:{port}"
    finally:
        if process is not None:
            process.communicate()
        shutil.rmtree(folder, ignore_errors=True)


def _quick_place() -> Path | None:
    """In memory where there is room: a database is hundreds of files, and each test has one of its own."""
    memory = Path("/dev/shm")
    return memory if memory.is_dir() and shutil.disk_usage(memory).free > ROOM_BYTES else None


def _server_user() -> str:
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"
