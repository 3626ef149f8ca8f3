"""Which process holds the write lock of a SQLite file, where the system tells (Linux)."""

import os
from pathlib import Path

from sigma_core.text import cut, visible_line

_LOCKS = Path("/proc/locks")
_WRITE_LOCK_BYTE = 120
"""Of the file beside a database in WAL mode, as SQLite's file format has it."""
_LONGEST = 120


def describe_holder(database: Path) -> str:
    """As a clause that ends a sentence on the lock: which process, doing what; nothing where it is not known."""
    holder = _holder(database.with_name(f"{database.name}-shm"))
    if holder is None or holder == os.getpid():
        return ""
    state, command = _status(holder)
    stopped = f", which is stopped; `kill -CONT {holder}` lets it go on" if state == "T" else ""
    return f": process {holder} ({command}) holds it{stopped}"


def _holder(shared: Path) -> int | None:
    try:
        found = shared.stat()
        locks = _LOCKS.read_text().splitlines()
    except OSError:
        return None
    of_file = f"{os.major(found.st_dev):02x}:{os.minor(found.st_dev):02x}:{found.st_ino}"
    for line in locks:
        # 1: POSIX  ADVISORY  WRITE 10293 fe:00:5390499 120 120; one that waits has an arrow before POSIX
        match line.split():
            case [_, "POSIX", _, "WRITE", process, file, first, last] if file == of_file:
                if int(first) <= _WRITE_LOCK_BYTE and (last == "EOF" or int(last) >= _WRITE_LOCK_BYTE):
                    return int(process) if int(process) > 0 else None
    return None


def _status(process: int) -> tuple[str, str]:
    """Its state as a letter, and its command."""
    folder = Path(f"/proc/{process}")
    try:
        state = folder.joinpath("stat").read_text().rpartition(")")[2].split()[0]
        command = folder.joinpath("cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except (OSError, IndexError):
        return "", "ended just now"
    return state, cut(visible_line(" ".join(command.split())), _LONGEST)
