"""A second process that holds the write lock of a SQLite file for as long as a test wants."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

HOLD = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=60)
connection.execute("BEGIN IMMEDIATE")
print("held", flush=True)
sys.stdin.read()
connection.execute("ROLLBACK")
"""


class Holder:
    """That process."""

    def __init__(self, file: Path) -> None:
        command = [sys.executable, "-c", HOLD, str(file)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == "held\n"
        self.pid = self._process.pid

    def suspend(self) -> None:
        """Stop it amid its transaction, as Ctrl-Z does."""
        os.kill(self.pid, signal.SIGSTOP)

    def release(self) -> None:
        """Let it go on and end."""
        os.kill(self.pid, signal.SIGCONT)
        self._process.communicate()


@contextmanager
def held(file: Path) -> Iterator[Holder]:
    """Held until it is released, at the latest with the block."""
    holder = Holder(file)
    try:
        yield holder
    finally:
        if holder._process.poll() is None:
            holder.release()
