"""Disk kept within bounds where no size-bounded folder can be mounted."""

import os
import time
from pathlib import Path

from sigma_core.projects.sandbox.model import Ending
from sigma_core.projects.sandbox.supervise import Watch

LOOK_EVERY_S = 0.5
FILE_BYTES = 4096
"""What an empty file costs."""


class FolderQuota:
    """Adds up the files of `folder` now and then; everything else it asks of `inner`."""

    def __init__(self, inner: Watch, folder: Path, limit_bytes: int) -> None:
        self._inner, self._folder, self._limit = inner, folder, limit_bytes
        self._look_again = 0.0

    @property
    def peak_bytes(self) -> int | None:
        """Largest memory seen."""
        return self._inner.peak_bytes

    def exceeded(self, pid: int) -> Ending | None:
        """DISK when the folder holds more than allowed."""
        if over := self._inner.exceeded(pid):
            return over
        if time.monotonic() < self._look_again:
            return None
        over = Ending.DISK if self._is_over() else None
        self._look_again = time.monotonic() + LOOK_EVERY_S
        return over

    def _is_over(self) -> bool:
        total = 0
        for folder, names, files in os.walk(self._folder):
            for name in (*names, *files):
                try:
                    total += FILE_BYTES + Path(folder, name).lstat().st_blocks * 512
                except FileNotFoundError:
                    continue
            if total > self._limit:
                return True
        return False
