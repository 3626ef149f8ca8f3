"""Which folder is SIGMA's home."""

import os
import sys
from pathlib import Path


def find_home(given: str | None) -> Path:
    """`given`, else `$SIGMA_HOME`, else an existing ``./.sigma``, else the user's data folder."""
    if chosen := given or os.environ.get("SIGMA_HOME"):
        return Path(chosen).expanduser().absolute()
    local = Path.cwd() / ".sigma"
    return local if local.is_dir() else _user_data() / "sigma"


def _user_data() -> Path:
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support"
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData" / "Local"))
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
