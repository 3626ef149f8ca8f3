"""Disk kept within bounds where no size-bounded folder can be mounted."""

import os
import time
from pathlib import Path

from sigma_core.projects.sandbox.model import ExecutionEnding
from sigma_core.projects.sandbox.supervise import ResourceWatch

LOOK_EVERY_S = 0.5
FILE_BYTES = 4096
"""What an empty file costs."""


class FolderQuota:
    """Adds up the files of `folder` now and then; everything else it asks of `inner`."""

    def __init__(self, inner: ResourceWatch, folder: Path, limit_bytes: int) -> None:
        self._inner, self._folder, self._limit = inner, folder, limit_bytes
        self._look_again = 0.0

    @property
    def peak_bytes(self) -> int | None:
        """Largest memory seen."""
        return self._inner.peak_bytes

    def exceeded(self, pid: int) -> ExecutionEnding | None:
        """DISK when the folder holds more than allowed."""
        if over := self._inner.exceeded(pid):
            return over
        if time.monotonic() < self._look_again:
            return None
        over = ExecutionEnding.DISK if self._is_over() else None
        self._look_again = time.monotonic() + LOOK_EVERY_S
        return over

    def _is_over(self) -> bool:
        total = 0
        folders = [self._folder]
        while folders and total <= self._limit:
            try:
                with os.scandir(folders.pop()) as entries:
                    for entry in entries:
                        total += FILE_BYTES + entry.stat(follow_symlinks=False).st_blocks * 512
                        if entry.is_dir(follow_symlinks=False):
                            folders.append(Path(entry))
            except (FileNotFoundError, PermissionError):  # gone meanwhile, or locked by the code
                continue
        return total > self._limit
