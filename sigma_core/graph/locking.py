"""Locks on files of the home: the system gives them back when their holder dies, however it dies."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from sigma_core.errors import Unavailable
from sigma_core.formatting import interval

LOOK_S = 0.05


def take(path: Path) -> IO[str] | None:
    """The lock, held until the file is closed; None while others hold it."""
    file = path.open("a+")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        return None
    return file


def join(path: Path) -> IO[str]:
    """A share of the lock, held until the file is closed; whoever has all of it has it for a moment only."""
    file = path.open("a+")
    fcntl.flock(file, fcntl.LOCK_SH)
    return file


def wait(path: Path, within_s: float) -> IO[str]:
    """The lock, once it is free. Raises `Unavailable` after so many seconds."""
    ends = time.monotonic() + within_s
    while (file := take(path)) is None:
        if time.monotonic() > ends:
            raise Unavailable(f"{path} was held by another process for {interval(within_s)}.")
        time.sleep(LOOK_S)
    return file


@contextmanager
def held(path: Path, within_s: float) -> Iterator[None]:
    """Hold the lock. Raises `Unavailable` if it is not free within so many seconds."""
    with wait(path, within_s):
        yield


def holder(path: Path) -> int | None:
    """The process that holds the lock and wrote its id there; None if nobody does."""
    file = take(path)
    if file is not None:
        file.close()
        return None
    written = path.read_text().strip()
    return int(written) if written.isdecimal() else None


def is_current(file: IO[str], path: Path) -> bool:
    """Whether the path still leads to this file: its folder may have been removed."""
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    except FileNotFoundError:
        return False


def sign(file: IO[str], process: int) -> None:
    """Write a process's id into the file whose lock it holds."""
    file.truncate(0)
    file.write(str(process))
    file.flush()
