"""Which homes are a demonstration's: never a real one, and known as such wherever they are shown."""

import json
from datetime import datetime
from pathlib import Path

from sigma_core.errors import Conflict

NAME = "demo.json"
_BEGUN, _DONE = "begun", "done"


def is_demo(home: Path) -> bool:
    """Whether a home holds a demonstration, whole or not."""
    return (home / NAME).is_file()


def is_whole(home: Path) -> bool:
    """Whether all of its history has been made."""
    return is_demo(home) and json.loads((home / NAME).read_text())["state"] == _DONE


def begin(home: Path, now: datetime) -> None:
    """Take a folder for a demonstration.

    Raises `Conflict` for one that holds anything: it may be somebody's, or a demonstration broken off.
    """
    if is_demo(home):
        raise Conflict(f"The demo in {home} was broken off while it was made; remove that folder, then try again.")
    if home.is_dir() and any(home.iterdir()):
        raise Conflict(f"{home} is not empty and holds no demo; give another folder with --home.")
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    _write(home, _BEGUN, now)


def finish(home: Path, now: datetime) -> None:
    """Its history is whole."""
    _write(home, _DONE, now)


def _write(home: Path, state: str, now: datetime) -> None:
    (home / NAME).write_text(json.dumps({"state": state, "at": now.isoformat()}) + "\n")
