"""The full grade: bubblewrap."""

import os
import resource
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager

from sigma_core.projects.sandbox import seccomp
from sigma_core.projects.sandbox.cgroup import MemoryGroups
from sigma_core.projects.sandbox.channel import Channel
from sigma_core.projects.sandbox.lent_folders import lent_folders
from sigma_core.projects.sandbox.model import Execution, Grade, Request
from sigma_core.projects.sandbox.programs import Bubblewrap
from sigma_core.projects.sandbox.quota import FolderQuota
from sigma_core.projects.sandbox.supervise import Launch, ResourceWatch, supervise
from sigma_core.projects.sandbox.users import unprivileged_uids
from sigma_core.projects.sandbox.view import OUR_FILES, scratch_places, tool_places, view_options
from sigma_core.projects.sandbox.watchdog import Watchdog

START = (
    'ulimit -c 0 && ulimit -n "$1" && { ulimit -u "$2" 2>/dev/null || ulimit -p "$2"; } && shift 2 && '
    'cp -RP /sigma/src/. . && echo started >&0 && exec "$@" </dev/null'
)
"""Sets limits (of processes by -u in some shells, by -p in others), copies the tree, tells us that project code comes
next, and becomes the command."""
INNER_USER = ("--unshare-user", "--disable-userns", "--uid", "1000", "--gid", "1000")
OPEN_FILES = 1024
SYSTEM_PROGRAMS = "/usr/sbin:/usr/bin:/sbin:/bin"


class BubblewrapSandbox:
    """Own pids, network, ipc and mounts; an unprivileged user; bounded memory, processes, disk and output.

    As root there are two nested sandboxes, because limits on processes do not bind root and because a user namespace
    that allows no further ones can only be made by an ordinary user. `groups` None: memory is watched by polling.
    """

    grade = Grade.FULL

    def __init__(self, program: Bubblewrap, groups: MemoryGroups | None) -> None:
        self.program = program
        self._groups = groups
        self._as_root = os.geteuid() == 0
        self._uids = unprivileged_uids()
        self._filter = seccomp.refusals()

    def run(self, request: Request, cancelled: Callable[[], bool] = lambda: False) -> Execution:
        """Run it. Raises `Invalid` where the request names paths that cannot be mounted."""
        user = next(self._uids) if self._as_root else None
        with ExitStack() as stack:
            channel = stack.enter_context(Channel(request))
            files = {target: stack.enter_context(_readable(text.encode())) for target, text in OUR_FILES.items()}
            refusals = stack.enter_context(_readable(self._filter)) if self._filter else None
            stack.enter_context(lent_folders(request.writable, user))
            command = channel.argv(request, tool_places(request))
            argv = self._argv(request, files, user, [*_filtered(refusals), "--", *_limited(request, command)])
            watch: ResourceWatch = Watchdog(request.limits, scratch_places(request))
            if self._groups is not None:
                group = self._groups.create(request.limits.memory_bytes + request.limits.disk_bytes)
                stack.callback(group.remove)
                argv, watch = group.joining(argv), group
            for folder in request.writable:
                watch = FolderQuota(watch, folder, request.limits.disk_bytes)
            fds = (*files.values(), *([] if refusals is None else [refusals]))
            launch = Launch(self.grade, argv, request.limits, fds=fds)
            return supervise(launch, channel, watch, cancelled)

    def _argv(self, request: Request, files: Mapping[str, int], user: int | None, rest: Sequence[str]) -> list[str]:
        shown = self.program.shown if user is not None else {}
        outer = [str(self.program.path), *_namespaces(request), *view_options(request, files, shown)]
        if user is None:
            return [*outer, *INNER_USER, "--remount-ro", "/dev", "--remount-ro", "/", *rest]
        # chroot to where it is already: the program of coreutils that changes user and drops groups; it goes to /
        drop = [_system_program("chroot"), f"--userspec={user}:{user}", "--groups=", "/"]
        # a plain --bind would take the devices away: even /dev/null could not be opened
        mounts = ["--dev-bind", "/", "/", "--remount-ro", "/"]
        inner = [str(self.program.inside), *INNER_USER, *mounts, "--die-with-parent", "--chdir", str(request.checkout)]
        return [*outer, "--", *drop, *inner, *rest]


def _filtered(refusals: int | None) -> list[str]:
    return [] if refusals is None else ["--seccomp", str(refusals)]


def _limited(request: Request, command: Sequence[str]) -> list[str]:
    files = _at_most(resource.RLIMIT_NOFILE, OPEN_FILES)
    processes = _at_most(resource.RLIMIT_NPROC, request.limits.processes)
    return ["/bin/sh", "-c", START, "sh", str(files), str(processes), *command]


def _at_most(kind: int, wanted: int) -> int:
    """A limit can be lowered only."""
    _, most = resource.getrlimit(kind)
    return wanted if most == resource.RLIM_INFINITY else min(wanted, most)


def _system_program(name: str) -> str:
    return shutil.which(name, path=SYSTEM_PROGRAMS) or name


def _namespaces(request: Request) -> list[str]:
    apart = ["--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try"]
    if not request.network:
        apart.append("--unshare-net")
    return [*apart, "--hostname", "sandbox", "--die-with-parent", "--new-session"]


@contextmanager
def _readable(content: bytes) -> Iterator[int]:
    """A descriptor to read it from."""
    fd = os.memfd_create("sandbox")
    try:
        os.write(fd, content)
        os.lseek(fd, 0, os.SEEK_SET)
        yield fd
    finally:
        os.close(fd)
