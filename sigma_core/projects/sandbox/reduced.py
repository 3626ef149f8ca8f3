"""The reduced grade: a user of its own where possible, limits, a copy of the tree. The network is reachable."""

import json
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from signal import SIGTERM

from sigma_core.projects.sandbox import guard, seccomp
from sigma_core.projects.sandbox.cgroup import MemoryGroup, MemoryGroups
from sigma_core.projects.sandbox.channel import Channel
from sigma_core.projects.sandbox.lent_folders import give, lent_folders
from sigma_core.projects.sandbox.model import Execution, ExecutionEnding, Grade, Request
from sigma_core.projects.sandbox.quota import FolderQuota
from sigma_core.projects.sandbox.supervise import Launch, ResourceWatch, supervise
from sigma_core.projects.sandbox.users import unprivileged_uids
from sigma_core.projects.sandbox.view import ENVIRONMENT
from sigma_core.projects.sandbox.watchdog import Watchdog

OPEN_FILES = 1024


class ReducedSandbox:
    """Without bubblewrap nothing can be hidden or mounted: the code runs in a copy, not at the checkout's path.

    As root it runs as a user that nobody else has; as an ordinary user it runs as that user.
    """

    grade = Grade.REDUCED

    def __init__(self, groups: MemoryGroups | None) -> None:
        self._groups = groups
        self._uids = unprivileged_uids() if os.geteuid() == 0 else None

    def run(self, request: Request, cancelled: Callable[[], bool] = lambda: False) -> Execution:
        """Run it in a copy of the tree, which is removed afterwards."""
        user = next(self._uids) if self._uids else None
        with ExitStack() as stack:
            channel = stack.enter_context(Channel(request))
            room = stack.enter_context(_room(user))
            stack.enter_context(lent_folders(request.writable, user))
            try:
                tools = _furnish(room, request, user)
            except OSError as error:
                return Execution(
                    self.grade, ExecutionEnding.REFUSED, None, 0, "", detail=f"The tree cannot be copied: {error}"
                )
            group = self._groups.create(request.limits.memory_bytes) if self._groups else None
            if group:
                stack.callback(group.remove)
            launch = Launch(
                self.grade,
                [*_guarded(request, user, group), *channel.argv(request, tools)],
                request.limits,
                environment=_environment(room, request),
                cwd=room / "tree",
                stop=SIGTERM,
            )
            watch: ResourceWatch = group or Watchdog(request.limits)
            for folder in (room, *request.writable):
                watch = FolderQuota(watch, folder, request.limits.disk_bytes)
            return supervise(launch, channel, watch, cancelled)


def _guarded(request: Request, user: int | None, group: MemoryGroup | None) -> list[str]:
    order = guard.Order(
        user=user,
        group=str(group.members) if group else None,
        parent=os.getpid(),
        processes=request.limits.processes,
        file_bytes=request.limits.disk_bytes,
        open_files=OPEN_FILES,
        refusals=seccomp.refusals().hex(),
    )
    return [sys.executable, "-I", "-S", guard.__file__, json.dumps(order)]


def _environment(room: Path, request: Request) -> dict[str, str]:
    own = {"HOME": str(room / "home"), "TMPDIR": str(room / "home"), "PWD": str(room / "tree")}
    return {**ENVIRONMENT, **own, **request.environment}


@contextmanager
def _room(user: int | None) -> Iterator[Path]:
    """A folder for one run; afterwards it is gone, and so is what a user of its own left in shared folders."""
    room = Path(tempfile.mkdtemp(prefix=f"sigma-run-{os.getpid()}-"))
    try:
        yield room
    finally:
        _unlock(room)
        shutil.rmtree(room)
        if user is not None:
            _remove_all_of(user)


def _furnish(room: Path, request: Request, user: int | None) -> dict[str, str]:
    """Copy the tree (and, for another user, who may not reach them, the tools). Returns the tools' places."""
    shutil.copytree(request.source, room / "tree", symlinks=True)
    (room / "home").mkdir()
    if user is None:
        return {name: str(path) for name, path in request.tools.items()}
    places = {}
    for name, path in request.tools.items():
        place = room / "tools" / name
        place.parent.mkdir(exist_ok=True)
        shutil.copytree(path, place) if path.is_dir() else shutil.copy(path, place)
        places[name] = str(place)
    give(room, user)
    return places


def _unlock(room: Path) -> None:
    """Code may have taken the rights to its folders away from its own user, who is ours too."""
    for folder, names, _ in os.walk(room):
        for path in (Path(folder, name) for name in names):
            if not path.is_symlink():
                path.chmod(0o700)


def _remove_all_of(user: int) -> None:
    for shared in ("/tmp", "/var/tmp", "/dev/shm"):  # noqa: S108 - looked into, not written
        for path in Path(shared).iterdir() if Path(shared).is_dir() else ():
            # Others come and go there meanwhile
            with suppress(FileNotFoundError):
                if path.lstat().st_uid == user:
                    shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
