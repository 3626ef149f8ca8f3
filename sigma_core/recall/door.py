"""The way to a running scheduler's recall: a socket in the home, for its owner alone. Cheap to import.

One line of JSON there, one back. Where nobody answers, whoever asks answers the question himself.
"""

import hashlib
import json
import os
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sigma_core import __version__

FOLDER = "doors"
LONGEST_PATH = 100
"""Bytes of a socket's path: the system allows 107, on macOS 103. A home that lies deeper has no door."""
PATIENCE_S = 10.0
"""How long an answer is waited for; afterwards it is quicker to answer oneself."""
MOST_BYTES = 64 * 1024 * 1024
SETTINGS = ("SIGMA_DATABASE_URL", "SIGMA_EMBEDDER")
"""Variables that the process which asks and the one which answers must have in common."""


def place(home: Path) -> Path | None:
    """Where the socket of a home is; None where its path would be too long."""
    path = home / FOLDER / "recall.sock"
    return path if len(os.fsencode(path)) <= LONGEST_PATH else None


def same_world() -> str:
    """Names the version and the settings of this process."""
    said = [__version__, *(os.environ.get(name, "") for name in SETTINGS)]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()


def ask(home: Path, question: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """What a running scheduler answers; None where there is none, or where it has no answer."""
    path = place(home)
    if path is None:
        return None
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
            line.settimeout(PATIENCE_S)
            line.connect(os.fspath(path))
            line.sendall(json.dumps({"world": same_world(), **question}).encode() + b"\n")
            answer = json.loads(read_line(line, MOST_BYTES))
    except (OSError, ValueError):
        return None
    return answer if isinstance(answer, dict) and "results" in answer else None


def read_line(line: socket.socket, most: int) -> bytes:
    """Up to the end of a line, or of what is sent. Raises `ValueError` where that is too much."""
    found = bytearray()
    while not found.endswith(b"\n") and (some := line.recv(65_536)):
        found += some
        if len(found) > most:
            raise ValueError(f"more than {most} bytes")
    return bytes(found)
