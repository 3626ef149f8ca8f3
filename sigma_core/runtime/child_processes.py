"""A process that another one starts, watches, and takes with it when it ends."""

import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from sigma_core.inherited import ROOT, own_environment
from sigma_core.process_signals import die_with_parent

LONGEST_PAUSE_S = 30.0
SETTLED_S = 60.0
"""One that lived this long is started again without delay."""


class ChildProcess:
    """One process of ours, started again when it dies."""

    def __init__(self, name: str, command: list[str], environment: Mapping[str, str], log: Path) -> None:
        self.name, self.log = name, log
        self._command, self._environment = command, dict(environment)
        self._process: subprocess.Popen[bytes] | None = None
        self._started = 0.0
        self._pause_s = 0.0

    def start(self) -> None:
        """Start it, in the thread that will live longest; what it prints goes to its log."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command,
                env={**own_environment(), **self._environment},
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=die_with_parent(),  # noqa: PLW1509 (no other thread runs when children are started)
            )
        self._started = time.monotonic()

    @property
    def exit_code(self) -> int | None:
        """The exit code; None while it runs."""
        return self._process.poll() if self._process else None

    def tend(self, say: Callable[[str], None]) -> None:
        """Start it again if it has died: at once the first time, ever later if it keeps dying."""
        if self.exit_code is None:
            return
        lived_s = time.monotonic() - self._started
        if lived_s > SETTLED_S:
            self._pause_s = 0.0
        if lived_s >= self._pause_s:
            say(f"The {self.name} ended with code {self.exit_code} and is started again; its log: {self.log}")
            self._pause_s = min(max(1.0, self._pause_s * 2), LONGEST_PAUSE_S)
            self.start()

    def last_words(self) -> str:
        """The last line of its log."""
        lines = self.log.read_text(errors="replace").split("\n") if self.log.exists() else []
        return next((line.strip() for line in reversed(lines) if line.strip()), "it said nothing")

    def ask_to_end(self) -> None:
        """Send SIGTERM, if it runs."""
        if self._process is not None and self.exit_code is None:
            self._process.terminate()

    def see_end(self, within_s: float) -> None:
        """Wait for its end; after so many seconds, kill it."""
        if self._process is None:
            return
        try:
            self._process.wait(within_s)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
