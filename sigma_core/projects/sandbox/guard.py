"""Stands between SIGMA and a command at the reduced grade: ``python -I -S guard.py ORDER WORD…``.

A program of its own, with the standard library only. It adopts whatever the command leaves behind (a subreaper, in
Linux' words), so that nothing outlives it, and it changes user and sets limits where there is no thread to disturb.
ORDER is JSON with the fields of `Order`.
"""

import ctypes
import json
import os
import resource
import shutil
import signal
import sys
import time
from pathlib import Path
from typing import NoReturn, TypedDict

PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER, PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP = 1, 36, 38, 22
SECCOMP_MODE_FILTER = 2
INSTRUCTION_BYTES = 8
START = 'echo started >&0 && exec "$@" </dev/null'
GIVE_UP_S = 8.0
CANNOT_START = 125


class Order(TypedDict):
    """`user` None: stay who you are. `group` is the memory group's list of members. Sizes in bytes.

    `parent` is the process to die with. `refusals` is the filter over system calls, in hexadecimal digits.
    """

    user: int | None
    group: str | None
    parent: int
    processes: int
    file_bytes: int
    open_files: int
    refusals: str


class _Filter(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p))


def main(order: Order, words: list[str]) -> int:
    """Run it, end everything that came of it, and return its status, 128 + signal as a shell does."""
    libc = ctypes.CDLL(None)
    libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    signal.signal(signal.SIGTERM, lambda *_: _leave(order["user"]))
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    if os.getppid() != order["parent"]:
        return CANNOT_START
    child = os.fork()
    if child == 0:
        _become(order, words)
    status = _wait_for(child)
    end_all(order["user"])
    return status if status >= 0 else 128 - status


def end_all(user: int | None) -> None:
    """Kill every descendant, also those born meanwhile. Orphans become our children, so no child means none left."""
    patience = time.monotonic() + GIVE_UP_S
    while _have_children() and time.monotonic() < patience:
        if user is not None:
            _kill_all_of(user)
        else:
            _kill_descendants()
        time.sleep(0.002)


def _leave(user: int | None) -> NoReturn:
    end_all(user)
    os._exit(128 + signal.SIGTERM)


def _become(order: Order, words: list[str]) -> NoReturn:
    """In the child: give up rights, then become the command."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    if order["group"]:
        # the command only: a guard killed for the command's memory could not end the rest
        Path(order["group"]).write_text("0")
    user = order["user"]
    processes = order["processes"] if user is not None else order["processes"] + _tasks_of(os.getuid())
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (order["file_bytes"],) * 2)
    resource.setrlimit(resource.RLIMIT_NOFILE, (order["open_files"],) * 2)
    _, most = resource.getrlimit(resource.RLIMIT_NPROC)
    processes = processes if most == resource.RLIM_INFINITY else min(processes, most)
    resource.setrlimit(resource.RLIMIT_NPROC, (processes,) * 2)
    if user is not None:
        os.setgroups([])
        os.setresgid(user, user, user)
        os.setresuid(user, user, user)
    if not shutil.which(words[0]):
        sys.stderr.write(f"{words[0]} {_what_is_wrong_with(Path(words[0]))}\n")
        sys.stderr.flush()
        os._exit(CANNOT_START)
    _refuse(bytes.fromhex(order["refusals"]))
    os.execv("/bin/sh", ["sh", "-c", START, "sh", *words])  # noqa: S606 - the words are passed as they are


def _refuse(refusals: bytes) -> None:
    """A kernel without filters runs the command all the same: this grade hides nothing that they would keep."""
    wanted = _Filter(len(refusals) // INSTRUCTION_BYTES, refusals)
    ctypes.CDLL(None).prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(wanted), 0, 0)


def _what_is_wrong_with(program: Path) -> str:
    places = (*reversed(program.parents), *reversed(program.resolve().parents))
    closed = next((place for place in places if os.access(place, os.F_OK) and not os.access(place, os.X_OK)), None)
    if closed is None:
        return "does not exist or is out of reach for the user the sandbox runs as."
    return (
        f"is out of reach for the user the sandbox runs as: {closed} is closed to others. "
        f"`chmod o+x {closed}` opens the way, or put SIGMA and its Python where every user can read them."
    )


def _wait_for(child: int) -> int:
    while True:
        pid, status = os.wait()
        if pid == child:
            return os.waitstatus_to_exitcode(status)


def _have_children() -> bool:
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        return False
    return True


def _kill_all_of(user: int) -> None:
    """As that user "everybody" is its own processes only, and they are signalled at once: no race with forks."""
    killer = os.fork()
    if killer == 0:
        os.setresgid(user, user, user)
        os.setresuid(user, user, user)
        os.kill(-1, signal.SIGKILL)
        os._exit(0)
    _wait_for(killer)


def _kill_descendants() -> None:
    found = _descendants()
    for number in (signal.SIGSTOP, signal.SIGKILL):
        for pid in found:
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                continue


def _descendants() -> list[int]:
    parents = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parents[int(entry.name)] = int((entry / "stat").read_bytes().rpartition(b")")[2].split()[1])
            except (FileNotFoundError, ProcessLookupError):
                continue
    found = [os.getpid()]
    for pid in found:
        found += [child for child, parent in parents.items() if parent == pid]
    return found[1:]


def _tasks_of(user: int) -> int:
    """The limit on processes counts all threads the user has anywhere."""
    count = 0
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and entry.stat().st_uid == user:
                count += len(os.listdir(entry / "task"))  # noqa: PTH208 - only the number is wanted
        except (FileNotFoundError, ProcessLookupError):
            continue
    return count


if __name__ == "__main__":
    sys.exit(main(json.loads(sys.argv[1]), sys.argv[2:]))
