"""The project that ships with SIGMA: a small shop with a history, tests, and flaws of every kind.

`history/` holds its commits as git writes them for mail, one file each. Built from them, the repository has the same
commit ids on every machine.
"""

import shutil
import tempfile
from pathlib import Path

from sigma_core.errors import Conflict
from sigma_core.projects.git import run

HISTORY = Path(__file__).with_name("history")
HEAD = "6b6c2190a4538958ba0ce7a3299812b110c07f1c"
"""Its last commit: the name of everything in it and before it, whoever holds a copy and wherever."""
_RELEASE = "Release "


def create(destination: Path) -> Path:
    """A git repository with the sample project at `destination`, which is returned; one made before is kept.

    Raises `Conflict` if something else is there.
    """
    if (destination / ".git").is_dir():
        return destination
    if destination.exists():
        message = f"{destination} exists and is not a git repository; the sample project needs a place of its own."
        raise Conflict(message)
    destination.parent.mkdir(parents=True, exist_ok=True)
    # made aside and renamed, so that a crash leaves no half repository
    fresh = Path(tempfile.mkdtemp(dir=destination.parent, prefix=".sample-"))
    try:
        _build(fresh)
        fresh.chmod(0o755)
        fresh.rename(destination)
    except BaseException:
        shutil.rmtree(fresh)
        raise
    return destination


def is_ours(commit: str) -> bool:
    """Whether what is under care is the sample as it ships, whose code needs no keeping from the machine."""
    return commit == HEAD


def _build(place: Path) -> None:
    run("init", "-q", "--template=", "--initial-branch=main", directory=place)
    patches = [str(patch) for patch in sorted(HISTORY.glob("*.patch"))]
    run("am", "-q", "--keep", "--whitespace=nowarn", "--committer-date-is-author-date", *patches, directory=place)
    for line in run("log", "--format=%H %s", directory=place).decode().splitlines():
        commit, _, subject = line.partition(" ")
        if subject.startswith(_RELEASE):
            run("tag", f"v{subject.removeprefix(_RELEASE)}", commit, directory=place)
