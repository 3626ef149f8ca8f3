"""Processes of this machine, read from ``/proc``. One that ends meanwhile counts as nothing."""

import os
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

PROC = Path("/proc")
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
VANISHED = (FileNotFoundError, ProcessLookupError)


def process_ids() -> Iterator[int]:
    """All processes, as far as they are visible."""
    for entry in os.listdir(PROC):  # noqa: PTH208 - several times a second: no Path for each
        if entry.isdigit():
            yield int(entry)


def descendants(pid: int) -> list[int]:
    """`pid`'s children, theirs, and so on, without itself."""
    children = defaultdict(list)
    for process in process_ids():
        if (parent := _parent(process)) is not None:
            children[parent].append(process)
    found = list(children[pid])
    for process in found:
        found += children[process]
    return found


def resident_bytes(pid: int) -> int:
    """Memory mapped and present; pages shared after a fork count for each process."""
    try:
        return int((PROC / str(pid) / "statm").read_text().split()[1]) * PAGE_BYTES
    except VANISHED:
        return 0


def proportional_bytes(pid: int) -> int:
    """Memory present, each shared page divided by the number of its users."""
    try:
        lines = (PROC / str(pid) / "smaps_rollup").read_text().splitlines()
    except VANISHED:
        return 0
    except PermissionError:  # not readable for a moment while a process changes its user
        return resident_bytes(pid)
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))


def anonymous_files(pid: int) -> dict[int, int]:
    """Inode → bytes of the files in memory that have no name and are open in `pid`."""
    found = {}
    try:
        for link in (PROC / str(pid) / "fd").iterdir():
            if str(link.readlink()).startswith("/memfd:"):
                status = link.stat()
                found[status.st_ino] = status.st_blocks * 512
    except (*VANISHED, PermissionError):
        return found
    return found


def _parent(pid: int) -> int | None:
    try:
        status = (PROC / str(pid) / "stat").read_bytes()
    except VANISHED:
        return None
    # the name, in brackets, may hold anything
    return int(status.rpartition(b")")[2].split()[1])
