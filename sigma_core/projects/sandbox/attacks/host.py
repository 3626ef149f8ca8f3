"""What the attacks aim at: things of this machine, set up for them, and what they left behind."""

import os
import socket
import sys
import tempfile
import uuid
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from sigma_core.errors import Unavailable
from sigma_core.projects.sandbox import seccomp
from sigma_core.projects.sandbox.model import Grade, Request, ResourceLimits, Sandbox
from sigma_core.projects.sandbox.processes import PROC, VANISHED, process_ids
from sigma_core.projects.sandbox.view import ENVIRONMENT

OWN_BASE = Path(sys.base_prefix)
SECRET = "a key\n"  # noqa: S105 - of nothing


@dataclass(frozen=True)
class Host:
    """`python` runs the attacks; `mark` names everything of this round."""

    folder: Path
    python: Path
    mark: str
    port: int

    def request(self, code: str, limits: ResourceLimits, grade: Grade) -> Request:
        """The attack as a command of a project whose checkout lies beside a secret."""
        machine = seccomp.this_machine()
        facts: Mapping[str, object] = {
            "mark": self.mark,
            "port": self.port,
            "pid": os.getpid(),
            "home": str(Path.home()),
            "secret": str(self.folder / "secret"),
            "visible": [str(self.folder / "checkout"), str(OWN_BASE)],
            "processes": limits.processes,
            "calls": machine.closed if machine else {},
            "clone": machine.calls["clone"] if machine else None,
            "scratch": [".", "/tmp", "/dev/shm"] if grade is Grade.FULL else ["."],  # noqa: S108
            "variables": [*ENVIRONMENT, "PWD", "OLDPWD", "SHLVL", "_"],
        }
        return Request(
            argv=(str(self.python), "-I", "-S", "-c", f"HOST = {facts!r}\n{code}"),
            source=self.folder / "source",
            checkout=self.folder / "checkout",
            readable=(OWN_BASE,) if self.python.is_relative_to(OWN_BASE) else (),
            limits=limits,
        )

    def harm(self) -> list[str]:
        """What happened to the machine's files, and processes and folders that should be gone."""
        rooms = Path(tempfile.gettempdir()).glob(f"sigma-run-{os.getpid()}-*")
        processes = [f"process {pid}" for pid in process_ids() if self.mark in _command_line(pid)]
        written = ["a file beside the checkout"] if (self.folder / "x").exists() else []
        if (self.folder / "secret").read_text() != SECRET:
            written.append("a changed secret")
        return [*written, *processes, *map(str, rooms), *map(str, self._marked_files())]

    def tidy(self) -> None:
        """Undo what an attack could do, so that the next one is not blamed for it."""
        for path in [*self._marked_files(), self.folder / "x"]:
            path.unlink(missing_ok=True)
        (self.folder / "secret").write_text(SECRET)

    def _marked_files(self) -> list[Path]:
        places = (tempfile.gettempdir(), "/tmp", "/var/tmp", "/dev/shm")  # noqa: S108 - looked into, not written
        return [path for path in dict.fromkeys(Path(place, self.mark) for place in places) if path.exists()]


@contextmanager
def attacked_host(sandbox: Sandbox) -> Iterator[Host]:
    """A folder with a secret beside a checkout, a server and an abstract socket."""
    mark = f"sigma-attack-{uuid.uuid4().hex}"
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="sigma-attacks-")))
        folder.chmod(0o755)
        for name in ("source", "checkout"):
            (folder / name).mkdir(mode=0o755)
        server = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        hidden = stack.enter_context(socket.socket(socket.AF_UNIX))
        hidden.bind(f"\0{mark}")
        hidden.listen()
        host = Host(folder, Path(sys.executable), mark, server.getsockname()[1])
        host.tidy()
        yield replace(host, python=_reachable_python(sandbox, host))


def _reachable_python(sandbox: Sandbox, host: Host) -> Path:
    """At the reduced grade an interpreter in root's home, say, is out of reach."""
    own = OWN_BASE / "bin" / f"python{sys.version_info.major}.{sys.version_info.minor}"
    for python in (own, Path("/usr/bin/python3")):
        trial = replace(host, python=python)
        if sandbox.run(trial.request("", ResourceLimits(wall_s=60), sandbox.grade)).exit_code == 0:
            return python
    raise Unavailable("No Python is in reach of the sandbox's user: install one for all users, e.g. in /usr.")


def _command_line(pid: int) -> str:
    try:
        return (PROC / str(pid) / "cmdline").read_text(errors="replace")
    except (*VANISHED, PermissionError):
        return ""
