"""`sigma up`: scheduler and console as children of one process, which ends with them and they with it."""

import ctypes
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from types import FrameType

from sigma_core.errors import Unavailable
from sigma_core.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
START_S = 60
DRAIN_S = 30
_PDEATHSIG = 1


def free_port(host: str, wanted: int) -> int:
    """`wanted`, or the next port nobody listens on. Raises `Unavailable`."""
    for port in range(wanted, min(wanted + 50, 65536)):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with suppress(OSError):
                probe.bind((host, port))
                return port
    raise Unavailable(f"No free port from {wanted} on {host}; give another with --port.")


class Child:
    """One process of ours, started again when it dies."""

    def __init__(self, name: str, command: list[str], environment: Mapping[str, str], log: Path) -> None:
        self.name, self._command, self._environment, self._log = name, command, dict(environment), log
        self._process: subprocess.Popen[bytes] | None = None
        self._started = 0.0

    def start(self) -> None:
        """Start it; what it prints goes to its log."""
        self._log.parent.mkdir(parents=True, exist_ok=True)
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command, env={**os.environ, **self._environment}, cwd=ROOT, stdin=subprocess.DEVNULL,
                stdout=log, stderr=subprocess.STDOUT, start_new_session=True,
                preexec_fn=_die_with_parent,  # noqa: PLW1509 (this process has no thread when it starts children)
            )  # fmt: skip
        self._started = time.monotonic()

    @property
    def exit_code(self) -> int | None:
        """None while it runs."""
        return self._process.poll() if self._process else None

    def tend(self, say: Callable[[str], None]) -> None:
        """Start it again if it has died, at most once a second."""
        if self.exit_code is not None and time.monotonic() - self._started > 1:
            say(f"The {self.name} ended with code {self.exit_code} and is started again (log: {self._log}).")
            self.start()

    def stop(self, grace_s: float = DRAIN_S) -> None:
        """Ask it to end, wait for what it has in hand, and end it for good after `grace_s` seconds."""
        if self._process is None or self._process.poll() is not None:
            return
        self._process.terminate()
        try:
            self._process.wait(grace_s)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


class Up:
    """Scheduler and console of one home."""

    def __init__(self, settings: Settings, port: int) -> None:
        self._settings = settings
        self.url = f"http://{settings.host}:{port}"
        self._stopping = threading.Event()
        environment = {"SIGMA_HOME": str(settings.home), "SIGMA_PORT": str(port), "PYTHONUNBUFFERED": "1"}
        logs = settings.home / "logs"
        console = [
            sys.executable, "-m", "streamlit", "run", str(ROOT / "app.py"), "--server.port", str(port),
            "--server.address", settings.host, "--server.headless", "true",
        ]  # fmt: skip
        self._children = [
            Child("scheduler", [sys.executable, str(ROOT / "scheduler.py")], environment, logs / "scheduler.out"),
            Child("console", console, environment, logs / "console.out"),
        ]

    def start(self) -> None:
        """Start both; returns when the console answers. Raises `Unavailable` if it does not."""
        for child in self._children:
            child.start()
        ends = time.monotonic() + START_S
        while not self._answers():
            if time.monotonic() > ends or self._stopping.is_set():
                raise Unavailable(f"The console did not start within {START_S} s; see {self._settings.home / 'logs'}.")
            time.sleep(0.1)

    def wait(self, say: Callable[[str], None]) -> None:
        """Look after both until SIGINT or SIGTERM."""
        while not self._stopping.wait(0.5):
            for child in self._children:
                child.tend(say)

    def listen_for_signals(self) -> None:
        """SIGINT and SIGTERM end `wait`; a second one does not interrupt the draining."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._stop)

    @property
    def stopping(self) -> bool:
        """Whether a signal has come."""
        return self._stopping.is_set()

    def stop(self) -> None:
        """Stop both, the console first: nobody is to ask for more."""
        for child in reversed(self._children):
            child.stop()

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        self._stopping.set()

    def _answers(self) -> bool:
        host, port = self._settings.host, int(self.url.rsplit(":", 1)[1])
        with suppress(OSError), socket.create_connection((host, port), timeout=1) as connection:
            connection.settimeout(5)
            connection.sendall(f"GET /_stcore/health HTTP/1.0\r\nHost: {host}:{port}\r\n\r\n".encode())
            return b" 200 " in connection.recv(64)
        return False


def _die_with_parent() -> None:
    # Should this process be killed outright, its children end as well (Linux)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PDEATHSIG, signal.SIGTERM)
