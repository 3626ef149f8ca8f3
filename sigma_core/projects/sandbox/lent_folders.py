"""Folders that a command of another user may change for the time of its run."""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def lent_folders(folders: Iterable[Path], user: int | None) -> Iterator[None]:
    """They belong to `user` (None: ours already) meanwhile, and with all that is then in them to us afterwards."""
    if user is None:
        yield
        return
    folders = tuple(folders)
    try:
        for folder in folders:
            give(folder, user)
        yield
    finally:
        for folder in folders:
            give(folder, os.geteuid())


def give(folder: Path, user: int) -> None:
    """Make `user`, and the group of that number, the owner of a folder and everything below; links as such."""
    os.chown(folder, user, user, follow_symlinks=False)
    for place, names, files in os.walk(folder):
        for name in (*names, *files):
            os.chown(Path(place, name), user, user, follow_symlinks=False)
