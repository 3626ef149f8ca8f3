"""`sigma up`: scheduler and console as children of one process, which ends with them and they with it."""

import errno
import fcntl
import signal
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType

from sigma_core.addresses import plain
from sigma_core.errors import Conflict, Unavailable
from sigma_core.formatting import interval
from sigma_core.inherited import ROOT, python_command
from sigma_core.runtime.address import authority
from sigma_core.runtime.child_processes import ChildProcess
from sigma_core.settings import Settings

START_S = 60
LOOK_S = 0.2
LAST_WORDS_S = 5.0
"""How long a child may take to end beyond what its running cycles may."""


def free_port(host: str, wanted: int) -> int:
    """`wanted`, or the next port nobody listens on. Raises `Unavailable`."""
    last = min(wanted + 50, 65536)
    for port in range(wanted, last):
        try:
            _bind(host, port)
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                reason = f"{error.strerror}; choose with --port or SIGMA_PORT, and SIGMA_HOST"
                raise Unavailable(f"The console cannot listen on {authority(host, port)}: {reason}.") from None
        else:
            return port
    raise Unavailable(f"The ports {wanted} to {last - 1} of {host} are all taken; give another with --port.")


def _bind(host: str, port: int) -> None:
    """Try all that the name stands for: a number of either kind, or both."""
    for family, kind, protocol, _, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)


@contextmanager
def alone(home: Path, url: str) -> Iterator[None]:
    """Hold this home for one `sigma up`. Raises `Conflict`, with its address, while another holds it."""
    with (home / "up.lock").open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            raise Conflict(
                f"SIGMA is up on {home} already: {file.read()}. Stop that one, or give another --home."
            ) from None
        file.truncate(0)
        file.write(url)
        file.flush()
        yield


class Up:
    """Scheduler and console of one home."""

    def __init__(self, settings: Settings, port: int) -> None:
        self._settings, self._port = settings, port
        self.url = plain(settings.public_url) or f"http://{authority(settings.host, port)}"
        self._stopping = False
        environment = {"SIGMA_HOME": str(settings.home), "SIGMA_PORT": str(port), "PYTHONUNBUFFERED": "1"}
        logs = settings.home / "logs"
        serve = python_command("-m", "streamlit", "run", str(ROOT / "app.py"), "--server.headless", "true")
        address = ["--server.address", settings.host, "--server.port", str(port)]
        work = python_command(str(ROOT / "scheduler.py"))
        self._scheduler = ChildProcess("scheduler", work, environment, logs / "scheduler.out")
        self._console = ChildProcess("console", [*serve, *address], environment, logs / "console.out")

    def start(self) -> None:
        """Start both; returns when the console answers. Raises `Unavailable` if it does not."""
        self._scheduler.start()
        self._console.start()
        ends = time.monotonic() + START_S
        while not self._answers():
            if (code := self._console.exit_code) is not None:
                raise Unavailable(f"The console ended with code {code}: {self._console.last_words()}")
            if time.monotonic() > ends:
                waited = interval(START_S)
                raise Unavailable(f"The console did not answer within {waited}; its log: {self._console.log}")
            time.sleep(0.1)

    def look_after(self, say: Callable[[str], None]) -> None:
        """Start again what has died; returns after a moment."""
        self._scheduler.tend(say)
        self._console.tend(say)
        time.sleep(LOOK_S)

    def listen_for_signals(self) -> None:
        """The first SIGINT, SIGTERM or SIGHUP raises `KeyboardInterrupt`; no later one disturbs the stopping."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._interrupt)

    def stop(self) -> None:
        """End both, running cycles within the time they have for it."""
        children = (self._console, self._scheduler)
        for child in children:
            child.ask_to_end()
        ends = time.monotonic() + self._settings.drain_s + LAST_WORDS_S
        for child in children:
            child.see_end(max(0.0, ends - time.monotonic()))

    def _interrupt(self, _number: int, _frame: FrameType | None) -> None:
        if not self._stopping:
            self._stopping = True
            raise KeyboardInterrupt

    def _answers(self) -> bool:
        where = (self._settings.host, self._port)
        with suppress(OSError), socket.create_connection(where, timeout=1) as connection:
            connection.settimeout(5)
            connection.sendall(b"GET /_stcore/health HTTP/1.0\r\nHost: localhost\r\n\r\n")
            return b" 200 " in connection.recv(64)
        return False
