"""Which folder is SIGMA's home."""

import os
import stat
import sys
from contextlib import suppress
from pathlib import Path

OURS = frozenset(
    {
        "sigma.db",
        "sigma.db-wal",
        "sigma.db-shm",
        "baselines",
        "clones",
        "demo.json",
        "repositories",
        "doors",
        "graph",
        "logs",
        "prompts",
        "spool",
        "gitconfig",
        "cookie.key",
        "up.lock",
    }
)
"""What a home holds, for nobody else to read."""
SHOWN = frozenset({"environments", "sample"})
"""What the users that sandboxed code runs as are shown."""


def find_home(given: str | None) -> Path:
    """`given`, else `$SIGMA_HOME`, else an existing ``./.sigma``, else the user's data folder."""
    if chosen := given or os.environ.get("SIGMA_HOME"):
        return Path(chosen).expanduser().absolute()
    local = Path.cwd() / ".sigma"
    return local if local.is_dir() else _user_data() / "sigma"


def tighten(home: Path) -> None:
    """Take from others what they may do with a home of ours, whoever made it and however.

    A folder in which other things lie too keeps its rights: only what is ours in it is closed.
    """
    entries = list(os.scandir(home))
    if all(entry.name in {*OURS, *SHOWN, ".gitignore"} for entry in entries):
        _close(home)
    for entry in entries:
        if entry.name in OURS:
            _close(Path(entry.path))


def _close(path: Path) -> None:
    with suppress(FileNotFoundError):  # SQLite takes its files away when the last one leaves
        found = path.lstat()
        others = stat.S_IRWXG | stat.S_IRWXO
        if found.st_uid == os.geteuid() and not stat.S_ISLNK(found.st_mode) and found.st_mode & others:
            path.chmod(stat.S_IMODE(found.st_mode) & ~others)


def _user_data() -> Path:
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support"
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData" / "Local"))
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
