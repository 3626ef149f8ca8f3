"""What a command inside bubblewrap sees of the machine: as little as it needs, nearly all read-only."""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from sigma_core.errors import Invalid
from sigma_core.projects.sandbox.model import Request

SOURCE = Path("/sigma/src")
SYSTEM_FOLDERS = ("/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
HIDDEN_FOLDERS = ("/usr/etc", "/usr/src", "/usr/local/etc", "/usr/local/src", "/usr/local/var")
"""Below ``/usr`` too there are the machine's configuration, data and sources, which no test needs."""
SYSTEM_FILES = (
    "/etc/ld.so.cache",
    "/etc/ld.so.conf",
    "/etc/ld.so.conf.d",
    "/etc/alternatives",
    "/etc/localtime",
    "/etc/mime.types",
    "/etc/ssl/openssl.cnf",
    "/etc/ssl/certs",
    "/etc/pki/tls/certs",
    "/etc/pki/ca-trust/extracted",
)
OUR_FILES: Mapping[str, str] = {
    "/etc/passwd": "root:x:0:0::/nonexistent:/bin/false\nsandbox:x:1000:1000::/tmp:/bin/sh\n"
    "nobody:x:65534:65534::/nonexistent:/bin/false\n",
    "/etc/group": "root:x:0:\nsandbox:x:1000:\nnogroup:x:65534:\n",
    "/etc/hosts": "127.0.0.1 localhost sandbox\n::1 localhost\n",
    "/etc/nsswitch.conf": "passwd: files\ngroup: files\nhosts: files dns\n",
}
ENVIRONMENT: Mapping[str, str] = {
    "PATH": "/usr/local/bin:/usr/bin:/bin",
    "HOME": "/tmp",  # noqa: S108 - the sandbox's own
    "TMPDIR": "/tmp",  # noqa: S108
    "LANG": "C.UTF-8",
    "TZ": "UTC",
    "USER": "sandbox",
    "LOGNAME": "sandbox",
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONHASHSEED": "0",
}


@dataclass(frozen=True)
class _Mount:
    target: Path
    options: tuple[str, ...]
    read_only: bool = False
    """Made unwritable at the end, when what lies below it is mounted."""


def scratch_places(request: Request) -> tuple[Path, ...]:
    """The size-bounded folders in memory that the command can write."""
    return (request.checkout, Path("/tmp"), Path("/dev/shm"))  # noqa: S108 - the sandbox's own


def tool_places(request: Request) -> dict[str, str]:
    """Where each tool lies inside."""
    return {name: f"/sigma/{name}" for name in request.tools}


def view_options(request: Request, files: Mapping[str, int], programs: Mapping[Path, Path]) -> list[str]:
    """Options of ``bwrap`` for mounts and environment.

    `files` maps each of `OUR_FILES` to a descriptor with its text, `programs` places inside to further files of ours.

    Raises `Invalid` for a checkout or readable path that would cover the whole machine.
    """
    ours = [_bind(str(file), place) for place, file in programs.items()]
    mounts = sorted(
        [*_hidden(), *_read_only(request), *_scratch(request), *_writable(request), *ours],
        key=lambda mount: len(mount.target.parts),
    )
    options = ["--clearenv", *_system(), "--proc", "/proc", "--dev", "/dev"]
    for target, fd in files.items():
        options += ["--perms", "0644", "--ro-bind-data", str(fd), target]
    made: set[Path] = set()
    for mount in mounts:
        options += _parents(mount.target, request.checkout, made)
        options += [*mount.options, str(mount.target)]
    for mount in mounts:
        options += ["--remount-ro", str(mount.target)] if mount.read_only else []
    for name, value in {**ENVIRONMENT, **request.environment}.items():
        options += ["--setenv", name, value]
    return [*options, "--chdir", str(request.checkout)]


def _system() -> Iterable[str]:
    options = ["--ro-bind", "/usr", "/usr"]
    for folder in SYSTEM_FOLDERS:
        path = Path(folder)
        if path.is_symlink():
            options += ["--symlink", str(path.readlink()), folder]
        elif path.is_dir():
            options += ["--ro-bind", folder, folder]
    return [*options, "--perms", "0755", "--dir", "/etc"]


def _hidden() -> Iterable[_Mount]:
    for folder in map(Path, HIDDEN_FOLDERS):
        if folder.is_dir() and folder.resolve().is_relative_to("/usr"):
            yield _Mount(folder.resolve(), ("--perms", "0755", "--size", "4096", "--tmpfs"), read_only=True)


def _is_hidden(path: Path) -> bool:
    return any(path.is_relative_to(folder) for folder in HIDDEN_FOLDERS)


def _read_only(request: Request) -> Iterable[_Mount]:
    network = ("/etc/resolv.conf",) if request.network else ()
    for file in (*SYSTEM_FILES, *network):
        if Path(file).exists():
            yield _bind(file, Path(file))
    for path in dict.fromkeys(request.readable):
        if os.access(path, os.F_OK) and (not path.is_relative_to("/usr") or _is_hidden(path)):
            yield _bind(str(path), _below_root(path, "readable"))
    for name, place in tool_places(request).items():
        yield _bind(str(request.tools[name]), Path(place))
    yield _bind(str(request.source), SOURCE)


def _writable(request: Request) -> Iterable[_Mount]:
    for path in request.writable:
        yield _Mount(_below_root(path, "writable"), ("--bind", str(path)))


def _scratch(request: Request) -> Iterable[_Mount]:
    disk = request.limits.disk_bytes
    checkout, temporary, shared = scratch_places(request)
    yield _memory_folder(_below_root(checkout, "checkout"), "0777", disk)
    yield _memory_folder(temporary, "1777", disk)
    yield _memory_folder(shared, "1777", max(disk // 4, 1))


def _bind(source: str, target: Path) -> _Mount:
    return _Mount(target, ("--ro-bind", source))


def _memory_folder(target: Path, mode: str, size_bytes: int) -> _Mount:
    return _Mount(target, ("--perms", mode, "--size", str(size_bytes), "--tmpfs"))


def _below_root(path: Path, field: str) -> Path:
    if not path.is_absolute() or len(path.parts) < 2 or ".." in path.parts:
        raise Invalid({field: f"{os.fspath(path)!r} cannot be mounted in the sandbox"})
    return path


def _parents(target: Path, checkout: Path, made: set[Path]) -> Iterable[str]:
    """bubblewrap makes missing parents for root alone: the code, of another user, could not pass them."""
    options: list[str] = []
    for parent in reversed(target.parents[:-1]):
        if parent not in made:
            made.add(parent)
            mode = "0777" if parent.is_relative_to(checkout) else "0755"
            options += ["--perms", mode, "--dir", str(parent)]
    return options
