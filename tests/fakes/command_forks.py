"""Forks of a process that has SIGMA's modules loaded: commands start by the hundred, and loading is most of a start.

Each call is a process of its own, with its own arguments, environment, folder and descriptors, and its own end.
"""

import atexit
import gc
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from typing import IO, NoReturn

APART = (
    "sigma_core.__main__",
    "sigma_core.console",
    "sigma_core.projects.sample",
    "sigma_core.proposals.verification.probe",
)
"""Not loaded: nothing of it is part of a command."""


class CommandForks:
    """Asks the loaded process for forks, one or many at once."""

    def __init__(self) -> None:
        self._asking, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen([sys.executable, str(Path(__file__).resolve())], stdin=theirs)
        atexit.register(self._end)

    def run(
        self, arguments: Sequence[str], environment: Mapping[str, str], folder: Path, given: bytes
    ) -> tuple[int, bytes, bytes]:
        """Exit code (negative: the signal that ended it), what it wrote on stdout and on stderr."""
        call = {"arguments": arguments, "environment": dict(environment), "folder": str(folder)}
        answer, answering = os.pipe()
        with (
            _holding(json.dumps(call).encode()) as what,
            _holding(given) as stdin,
            _holding(b"") as out,
            _holding(b"") as err,
            os.fdopen(answer) as ended,
        ):
            socket.send_fds(self._asking, [b"."], [*(each.fileno() for each in (what, stdin, out, err)), answering])
            os.close(answering)
            code = int(ended.read())
            return code, _whole(out), _whole(err)

    def _end(self) -> None:
        self._asking.close()
        self._process.wait()


@cache
def command_forks() -> CommandForks:
    """The one of this process."""
    return CommandForks()


def _holding(text: bytes) -> IO[bytes]:
    held = tempfile.TemporaryFile()  # noqa: SIM115 (closed by who asked for it)
    held.write(text)
    held.seek(0)
    return held


def _whole(written: IO[bytes]) -> bytes:
    written.seek(0)
    return written.read()


def _load() -> None:
    for module in walk_packages(import_module("sigma_core").__path__, "sigma_core."):
        if not module.name.startswith(APART):
            import_module(module.name)
    # As the driver of the graph does before it loads it, which takes longer than all of the rest
    os.environ |= {"GRAPHITI_TELEMETRY_ENABLED": "false", "PYTHON_DOTENV_DISABLED": "1"}
    import_module("graphiti_core.driver.falkordb_driver")
    from sigma_core.cli.entry import tree

    tree()
    gc.freeze()
    assert threading.active_count() == 1


def _serve(asked: socket.socket) -> bool:
    """Until nobody can ask any more; true in each fork, which is then a command like any other."""
    answers: dict[int, int] = {}
    ended, ending = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    signal.set_wakeup_fd(ending)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    while True:
        ready = select.select([asked, ended], [], [])[0]
        if ended in ready:
            os.read(ended, 4096)
            _answer(answers)
        if asked not in ready:
            continue
        more, descriptors, _, _ = socket.recv_fds(asked, 1, 5)
        if not more:
            return False
        *streams, answering = descriptors
        if (command := os.fork()) == 0:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            asked.close()
            for each in (ended, ending, answering, *answers.values()):
                os.close(each)
            _become(*streams)
            return True
        answers[command] = answering
        for each in streams:
            os.close(each)


def _answer(answers: dict[int, int]) -> None:
    """Tell of those that have ended how they did."""
    while answers:
        command, status = os.waitpid(-1, os.WNOHANG)
        if not command:
            return
        answering = answers.pop(command)
        os.write(answering, str(os.waitstatus_to_exitcode(status)).encode())
        os.close(answering)


def _become(what: int, *streams: int) -> None:
    with os.fdopen(what) as told:
        call = json.load(told)
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    os.environ.clear()
    os.environ.update(call["environment"])
    os.chdir(call["folder"])
    sys.argv[1:] = call["arguments"]


def _end(code: int) -> NoReturn:
    """As an interpreter ends, but without taking all that is loaded apart, which would copy it first."""
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os._exit(code)


if __name__ == "__main__":
    _load()
    if _serve(socket.socket(fileno=0)):
        from sigma_core.cli import main

        _end(main())
