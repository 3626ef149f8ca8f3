"""One folder for all temporary files of a process, so that what a killed process left can be told and removed."""

import atexit
import fcntl
import os
import shutil
import tempfile
from contextlib import suppress
from functools import cache
from pathlib import Path

PREFIX = "sigma-scratch-"


@cache
def own_folder() -> Path:
    """From now on this process's temporary files lie in this folder, which is removed when the process ends."""
    folder = _create()
    # Others must get through to what is shown to the users that sandboxed code runs as, but not list it
    folder.chmod(0o711)
    tempfile.tempdir = str(folder)
    atexit.register(_remove, folder, os.getpid())
    return folder


def sweep(shared: Path) -> int:
    """Remove from this folder what dead processes of our user have left; how many folders that were."""
    removed = 0
    for folder in shared.glob(f"{PREFIX}*"):
        with suppress(OSError):  # another user's, or swept by another process in this moment
            if folder.lstat().st_uid == os.geteuid() and (lock := _lock(folder)) is not None:
                try:
                    shutil.rmtree(folder)
                finally:
                    os.close(lock)
                removed += 1
    return removed


def _create() -> Path:
    while True:
        folder = Path(tempfile.mkdtemp(prefix=PREFIX))
        # A sweep that came between looks like an owner: leave the folder to it
        if _lock(folder) is not None:
            return folder


def _lock(folder: Path) -> int | None:
    """The lock by which a folder is its owner's; None if another has it. The system frees it when a process dies."""
    with suppress(FileNotFoundError):
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        with suppress(BlockingIOError):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if folder.exists():
                return descriptor
        os.close(descriptor)
    return None


def _remove(folder: Path, owner: int) -> None:
    # A forked child that ends is not the owner
    if os.getpid() == owner:
        shutil.rmtree(folder, ignore_errors=True)
