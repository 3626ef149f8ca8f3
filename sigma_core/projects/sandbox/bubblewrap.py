"""The full grade: bubblewrap."""

import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from sigma_core.inherited import program_folders
from sigma_core.projects.sandbox.cgroup import MemoryGroups
from sigma_core.projects.sandbox.channel import Channel
from sigma_core.projects.sandbox.lending import lent
from sigma_core.projects.sandbox.model import Execution, Grade, Request
from sigma_core.projects.sandbox.quota import FolderQuota
from sigma_core.projects.sandbox.supervise import Launch, Watch, supervise
from sigma_core.projects.sandbox.users import unprivileged_uids
from sigma_core.projects.sandbox.view import OUR_FILES, scratch_places, tool_places, view_options
from sigma_core.projects.sandbox.watchdog import Watchdog

START = 'cp -RP /sigma/src/. . && echo started >&0 && exec "$@" </dev/null'
"""Copies the tree, tells us that project code comes next, and becomes the command."""
INNER_USER = ("--unshare-user", "--disable-userns", "--uid", "1000", "--gid", "1000")
OPEN_FILES = 1024
NEEDED = ("bwrap", "setpriv", "prlimit")


class BubblewrapSandbox:
    """Own pids, network, ipc and mounts; an unprivileged user; bounded memory, processes, disk and output.

    As root there are two nested sandboxes, because limits on processes do not bind root and because a user namespace
    that allows no further ones can only be made by an ordinary user. `groups` None: memory is watched by polling.
    """

    grade = Grade.FULL

    def __init__(self, groups: MemoryGroups | None, *, as_root: bool | None = None) -> None:
        self._groups = groups
        self._as_root = os.geteuid() == 0 if as_root is None else as_root
        self._uids = unprivileged_uids()
        self._programs = {name: shutil.which(name, path=program_folders()) or name for name in NEEDED}

    def run(self, request: Request, cancelled: Callable[[], bool] = lambda: False) -> Execution:
        """Run it. Raises `Invalid` where the request names paths that cannot be mounted."""
        user = next(self._uids) if self._as_root else None
        with ExitStack() as stack:
            channel = stack.enter_context(Channel(request))
            files = stack.enter_context(_our_files())
            stack.enter_context(lent(request.writable, user))
            argv = self._argv(request, files, user, channel.argv(request, tool_places(request)))
            watch: Watch = Watchdog(request.limits, scratch_places(request))
            if self._groups is not None:
                group = self._groups.create(request.limits.memory_bytes + request.limits.disk_bytes)
                stack.callback(group.remove)
                argv, watch = group.joining(argv), group
            for folder in request.writable:
                watch = FolderQuota(watch, folder, request.limits.disk_bytes)
            launch = Launch(self.grade, argv, request.limits, fds=tuple(files.values()))
            return supervise(launch, channel, watch, cancelled)

    def _argv(self, request: Request, files: Mapping[str, int], user: int | None, command: Sequence[str]) -> list[str]:
        bwrap = self._programs["bwrap"]
        limited = [
            *(self._programs["prlimit"], f"--nproc={request.limits.processes}", "--core=0"),
            *(f"--nofile={OPEN_FILES}", "--", "/bin/sh", "-c", START, "sh", *command),
        ]
        outer = [bwrap, *_namespaces(request), *view_options(request, files)]
        if user is None:
            return [*outer, *INNER_USER, "--remount-ro", "/dev", "--remount-ro", "/", "--", *limited]
        drop = [self._programs["setpriv"], f"--reuid={user}", f"--regid={user}", "--clear-groups", "--inh-caps=-all"]
        # a plain --bind would take the devices away: even /dev/null could not be opened
        inner = [bwrap, *INNER_USER, "--dev-bind", "/", "/", "--die-with-parent", "--remount-ro", "/", "--"]
        return [*outer, "--", *drop, *inner, *limited]


def _namespaces(request: Request) -> list[str]:
    apart = ["--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try"]
    if not request.network:
        apart.append("--unshare-net")
    return [*apart, "--hostname", "sandbox", "--die-with-parent", "--new-session"]


@contextmanager
def _our_files() -> Iterator[dict[str, int]]:
    """Descriptors to read our /etc files from, one for each."""
    files: dict[str, int] = {}
    try:
        for target, text in OUR_FILES.items():
            files[target] = os.memfd_create(Path(target).name)
            os.write(files[target], text.encode())
            os.lseek(files[target], 0, os.SEEK_SET)
        yield files
    finally:
        for fd in files.values():
            os.close(fd)
