"""Memory of a whole tree of processes, kept by the kernel.

The groups are made below the group this process is in (version 1) or beside it (version 2 allows no processes in a
group that has such children): limits set on us from outside keep holding.
"""

import os
import subprocess
import time
import uuid
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from sigma_core.errors import Unavailable
from sigma_core.projects.sandbox.model import MIB, ExecutionEnding

MOUNT = Path("/sys/fs/cgroup")
OWN_GROUPS = Path("/proc/self/cgroup")
JOIN = 'echo $$ > "$0" && exec "$@"'
REMOVE_S = 2.0


@dataclass(frozen=True)
class Dialect:
    """The names of one version's files."""

    limit: str
    swap_limit: str
    swap_is_total: bool
    peak: str
    events: str


VERSION_1 = Dialect(
    "memory.limit_in_bytes", "memory.memsw.limit_in_bytes", True, "memory.max_usage_in_bytes", "memory.oom_control"
)
VERSION_2 = Dialect("memory.max", "memory.swap.max", False, "memory.peak", "memory.events")


@dataclass(frozen=True)
class MemoryGroup:
    """One group, to be removed after use. A `Watch` for the supervisor."""

    path: Path
    dialect: Dialect

    @property
    def members(self) -> Path:
        """A process joins by writing its id (0 is itself) here."""
        return self.path / "cgroup.procs"

    def joining(self, argv: Sequence[str]) -> list[str]:
        """`argv`, started as a member of the group."""
        return ["/bin/sh", "-c", JOIN, str(self.members), *argv]

    @property
    def peak_bytes(self) -> int | None:
        """Largest memory the group had, pages of its folders in memory included."""
        file = self.path / self.dialect.peak
        return int(file.read_text()) if file.exists() else None

    def exceeded(self, pid: int) -> ExecutionEnding | None:  # noqa: ARG002 - the kernel knows the members
        """MEMORY once the kernel had to kill a member."""
        events = dict(line.split() for line in (self.path / self.dialect.events).read_text().splitlines())
        return ExecutionEnding.MEMORY if int(events["oom_kill"]) else None

    def remove(self) -> None:
        """Members that were just killed keep it busy for some milliseconds."""
        patience = time.monotonic() + REMOVE_S
        while True:
            try:
                self.path.rmdir()
            except OSError:
                if time.monotonic() > patience:
                    raise
                time.sleep(0.005)
            else:
                return


@dataclass(frozen=True)
class MemoryGroups:
    """Makes groups under `parent`."""

    parent: Path
    dialect: Dialect

    def create(self, limit_bytes: int) -> MemoryGroup:
        """A new, empty group. Raises `Unavailable` where the system does not let us (any more)."""
        path = self.parent / f"sigma-{os.getpid()}-{uuid.uuid4().hex[:8]}"
        try:
            path.mkdir()
            (path / self.dialect.limit).write_text(str(limit_bytes))
            swap = path / self.dialect.swap_limit
            if swap.exists():
                swap.write_text(str(limit_bytes if self.dialect.swap_is_total else 0))
        except OSError as error:
            raise Unavailable(f"No group to bound the sandbox's memory can be made: {error}.") from None
        return MemoryGroup(path, self.dialect)

    def sweep(self) -> None:
        """Remove what processes that are no more have left."""
        for path in self.parent.glob("sigma-*-*"):
            if not Path("/proc", path.name.split("-")[1]).exists():
                with suppress(OSError):  # still has members: a process of another pid namespace owns it
                    path.rmdir()


def find_memory_groups(mount: Path = MOUNT, own: Path = OWN_GROUPS) -> MemoryGroups | None:
    """Where groups can be made and joined, found by doing it once; None where they cannot."""
    if not own.exists():
        return None
    for groups in _candidates(mount, own.read_text().splitlines()):
        with suppress(OSError, Unavailable, subprocess.SubprocessError):
            groups.sweep()
            _try(groups)
            return groups
    return None


def _candidates(mount: Path, own: Sequence[str]) -> list[MemoryGroups]:
    found = []
    for line in own:
        _, controllers, name = line.split(":", 2)
        if "memory" in controllers.split(","):
            found.append(MemoryGroups(mount / "memory" / name.lstrip("/"), VERSION_1))
        elif not controllers:
            group = mount / name.lstrip("/")
            found.append(MemoryGroups(group.parent if group != mount else group, VERSION_2))
    return found


def _try(groups: MemoryGroups) -> None:
    group = groups.create(64 * MIB)
    try:
        subprocess.run(group.joining(["true"]), check=True, capture_output=True, env={}, cwd="/", timeout=10)
    finally:
        group.remove()
