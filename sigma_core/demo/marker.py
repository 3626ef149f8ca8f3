"""Which homes are a demonstration's: never a real one, and known as such wherever they are shown."""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from sigma_core.errors import Conflict
from sigma_core.graph import locking

NAME = "demo.json"
_BEGUN, _DONE = "begun", "done"


def is_demo(home: Path) -> bool:
    """Whether a home holds a demonstration, whole or not."""
    return (home / NAME).is_file()


def is_whole(home: Path) -> bool:
    """Whether all of its history has been made."""
    said = (home / NAME).read_text() if is_demo(home) else ""
    return bool(said) and json.loads(said)["state"] == _DONE


@contextmanager
def taken(home: Path) -> Iterator[None]:
    """A folder in which no other process makes a demonstration meanwhile.

    Raises `Conflict` where one does, and for a folder that holds anything else: it may be somebody's.
    """
    if not is_demo(home) and home.is_dir() and any(home.iterdir()):
        raise Conflict(f"{home} is not empty and holds no demo; give another folder with --home.")
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    lock = locking.take(home / NAME)
    if lock is None:
        raise Conflict(f"The demo in {home} is being made by another process at this moment.")
    with lock:
        yield


def begin(home: Path, now: datetime) -> None:
    """Make room in a folder that is taken: what was left when the making was broken off goes."""
    for place in home.iterdir():
        if place.is_dir() and not place.is_symlink():
            shutil.rmtree(place)
        elif place.name != NAME:
            place.unlink()
    _write(home, _BEGUN, now)


def finish(home: Path, now: datetime) -> None:
    """Its history is whole."""
    _write(home, _DONE, now)


def _write(home: Path, state: str, now: datetime) -> None:
    (home / NAME).write_text(json.dumps({"state": state, "at": now.isoformat()}) + "\n")
