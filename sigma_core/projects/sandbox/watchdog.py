"""Memory of a tree of processes, watched by polling: for machines whose groups we cannot use."""

import os
from pathlib import Path

from sigma_core.projects.sandbox.model import ExecutionEnding, ResourceLimits
from sigma_core.projects.sandbox.processes import (
    PROC,
    VANISHED,
    anonymous_files,
    descendants,
    proportional_bytes,
    resident_bytes,
)
from sigma_core.projects.sandbox.view import SOURCE

INODE_BYTES = 1024
"""What the kernel keeps for each file of a folder in memory, empty or not."""


class Watchdog:
    """Adds up what the processes hold and what lies in their folders in memory.

    `folders` are paths as the processes see them. Memory shared by System V means is not seen.
    """

    def __init__(self, limits: ResourceLimits, folders: tuple[Path, ...] = ()) -> None:
        self._limits = limits
        self._folders = folders
        self._peak = 0

    @property
    def peak_bytes(self) -> int | None:
        """Largest sum seen; None if the run was too short to be looked at."""
        return self._peak or None

    def exceeded(self, pid: int) -> ExecutionEnding | None:
        """MEMORY when processes hold more than the memory allowed, or all together more than memory and disk."""
        processes = descendants(pid)
        held = self._held(processes)
        total = held + self._in_folders(processes)
        self._peak = max(self._peak, total)
        memory = self._limits.memory_bytes
        return ExecutionEnding.MEMORY if held > memory or total > memory + self._limits.disk_bytes else None

    def _held(self, processes: list[int]) -> int:
        unnamed: dict[int, int] = {}
        for process in processes:
            unnamed |= anonymous_files(process)
        files = sum(unnamed.values())
        resident = sum(map(resident_bytes, processes))
        if resident + files > self._limits.memory_bytes:
            # pages shared after a fork were counted for each process: look closer
            resident = sum(map(proportional_bytes, processes))
        return resident + files

    def _in_folders(self, processes: list[int]) -> int:
        """All processes see the same folders, so the last one's view is enough."""
        if not processes:
            return 0
        root = PROC / str(processes[-1]) / "root"
        return sum(_folder_bytes(root, folder) for folder in self._folders)


def _folder_bytes(root: Path, folder: Path) -> int:
    try:
        # while the sandbox is set up the process still sees the machine's folders
        if not (root / SOURCE.relative_to("/")).exists():
            return 0
        status = os.statvfs(root / folder.relative_to("/"))
    except (*VANISHED, PermissionError):
        return 0
    blocks = (status.f_blocks - status.f_bfree) * status.f_frsize
    return blocks + (status.f_files - status.f_ffree) * INODE_BYTES
