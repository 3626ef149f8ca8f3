"""Schedulers and verifiers as hosts start them: each a process with a home of its own, on the database of all."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from sigma_core.runtime.executors import Executors
from sigma_core.runtime.system import System


class Host:
    """One of them."""

    def __init__(self, folder: Path, name: str, settings: Mapping[str, str], *command: str) -> None:
        """`command`: what it starts, in place of a scheduler."""
        self.name = name
        self._home, self._settings, self._command = folder / name, settings, command or ("scheduler",)
        self._home.mkdir()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """Of its process, which was started."""
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        """It begins, and goes on until it is stopped."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("SIGMA_")}
        with (self._home / "output").open("ab") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "sigma_core", "--home", str(self._home), *self._command],
                env={**kept, **self._settings},
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    def holds(self, owner: str | None) -> bool:
        """Whether an executor of that name is this process."""
        return owner is not None and owner.split("/")[1] == str(self.pid)

    @property
    def is_busy(self) -> bool:
        """Whether it has started anything beside itself: a sandbox, for instance."""
        stats = (each.rpartition(")")[2].split() for each in _stats())
        return sum(int(session) == self.pid for _, _, _, session, *_ in stats) > 1

    def is_up(self, system: System) -> bool:
        """Whether it has told that it is there."""
        return any(each.pid == self.pid for each in Executors(system.database).alive(60, "scheduler"))

    def send(self, number: signal.Signals) -> None:
        """SIGSTOP and SIGCONT to all of it, as when a machine sleeps; SIGKILL too, as when it loses power."""
        os.killpg(self.pid, number)

    def kill(self) -> None:
        """All at once."""
        if self._process is not None and self._process.poll() is None:
            self.send(signal.SIGKILL)
            self._process.wait()

    def stop(self) -> None:
        """In good order."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait()

    def files(self) -> int:
        """How many it has open."""
        return len(list(Path(f"/proc/{self.pid}/fd").iterdir()))

    def memory_mib(self) -> float:
        """What of it is in memory."""
        line = next(each for each in Path(f"/proc/{self.pid}/status").read_text().splitlines() if "VmRSS" in each)
        return int(line.split()[1]) / 1024


def _stats() -> Iterator[str]:
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it has gone
            yield (process / "stat").read_text()
