"""The `sigma` command on a terminal: what a person's screen is sent."""

import os
import pty
import subprocess
import threading
from pathlib import Path

from fakes.command import Command


def on_a_terminal(sigma: Command, *words: str | Path) -> str:
    """Everything that one call writes to its terminal, until it ends."""
    mine, its = pty.openpty()
    said = bytearray()
    listening = threading.Thread(target=_listen, args=(mine, said))
    listening.start()
    try:
        subprocess.run(
            sigma.line(*words),
            stdin=its,
            stdout=its,
            stderr=its,
            env=sigma.environment(),
            cwd=sigma.home.parent,
            check=False,
        )
    finally:
        os.close(its)
        listening.join()
        os.close(mine)
    return said.decode()


def _listen(terminal: int, said: bytearray) -> None:
    while True:
        try:
            data = os.read(terminal, 65536)
        except OSError:  # nobody holds the other end any more
            return
        said += data
