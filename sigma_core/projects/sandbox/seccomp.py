"""Which doors of the kernel stay closed to project code: a filter over system calls, assembled here.

All that an ordinary program asks for is allowed. Refused is what reaches past the sandbox, what looks into other
processes, and what is rarely used and often broken. A refusal is an error that programs know, never a signal.
"""

import errno
import platform
import struct
from collections.abc import Mapping
from dataclasses import dataclass

LOAD, EQUAL, GREATER, ANY_OF, RETURN = 0x20, 0x15, 0x25, 0x45, 0x06
"""Instructions of the kernel's packet filter."""
ALLOW, REFUSE = 0x7FFF0000, 0x00050000
NUMBER, ARCHITECTURE, FIRST, THIRD = 0, 4, 16, 32
"""Offsets of what is looked at: the call's number, the architecture, the lower halves of two arguments."""

NEWEST = 469
"""The last call known here; younger ones do not exist for project code, as on an older kernel."""
UNIX, IPV4, IPV6, NETLINK = 1, 2, 10, 16
ROUTES = 0
"""What of NETLINK is allowed: it tells a program the addresses of its own network."""
NEW_NAMESPACES = 0x7E020080
"""Every flag that makes a namespace."""

SOCKETS, NAMESPACES = ("socket", "socketpair"), ("clone", "unshare")
"""Refused for some arguments only."""
ABSENT = ("clone3", "io_uring_setup", "io_uring_enter", "io_uring_register")
"""Answered as if the kernel had none: programs then take the older way, whose arguments can be looked at."""


@dataclass(frozen=True)
class Machine:
    """One architecture: the kernel's mark for it, and the numbers of the calls that the filter knows, by name."""

    mark: int
    calls: Mapping[str, int]

    @property
    def closed(self) -> dict[str, int]:
        """Those that are refused whatever their arguments say."""
        return {name: number for name, number in self.calls.items() if name not in (*SOCKETS, *NAMESPACES)}


_COMMON = {
    "io_uring_setup": 425,
    "io_uring_enter": 426,
    "io_uring_register": 427,
    "open_tree": 428,
    "move_mount": 429,
    "fsopen": 430,
    "fsconfig": 431,
    "fsmount": 432,
    "fspick": 433,
    "clone3": 435,
    "pidfd_getfd": 438,
    "mount_setattr": 442,
    "quotactl_fd": 443,
    "open_tree_attr": 467,
}
MACHINES: Mapping[str, Machine] = {
    "x86_64": Machine(
        0xC000003E,
        _COMMON
        | {
            "socket": 41,
            "socketpair": 53,
            "clone": 56,
            "unshare": 272,
            "setns": 308,
            "ptrace": 101,
            "kcmp": 312,
            "process_vm_readv": 310,
            "process_vm_writev": 311,
            "modify_ldt": 154,
            "iopl": 172,
            "ioperm": 173,
            "perf_event_open": 298,
            "bpf": 321,
            "userfaultfd": 323,
            "add_key": 248,
            "request_key": 249,
            "keyctl": 250,
            "mount": 165,
            "umount2": 166,
            "pivot_root": 155,
            "chroot": 161,
            "open_by_handle_at": 304,
            "kexec_load": 246,
            "kexec_file_load": 320,
            "init_module": 175,
            "finit_module": 313,
            "delete_module": 176,
            "reboot": 169,
            "swapon": 167,
            "swapoff": 168,
            "syslog": 103,
            "acct": 163,
            "quotactl": 179,
            "settimeofday": 164,
            "clock_settime": 227,
            "vhangup": 153,
            "lookup_dcookie": 212,
            "fanotify_init": 300,
        },
    ),
    "aarch64": Machine(
        0xC00000B7,
        _COMMON
        | {
            "socket": 198,
            "socketpair": 199,
            "clone": 220,
            "unshare": 97,
            "setns": 268,
            "ptrace": 117,
            "kcmp": 272,
            "process_vm_readv": 270,
            "process_vm_writev": 271,
            "perf_event_open": 241,
            "bpf": 280,
            "userfaultfd": 282,
            "add_key": 217,
            "request_key": 218,
            "keyctl": 219,
            "mount": 40,
            "umount2": 39,
            "pivot_root": 41,
            "chroot": 51,
            "open_by_handle_at": 265,
            "kexec_load": 104,
            "kexec_file_load": 294,
            "init_module": 105,
            "finit_module": 273,
            "delete_module": 106,
            "reboot": 142,
            "swapon": 224,
            "swapoff": 225,
            "syslog": 116,
            "acct": 89,
            "quotactl": 60,
            "settimeofday": 170,
            "clock_settime": 112,
            "vhangup": 58,
            "lookup_dcookie": 18,
            "fanotify_init": 262,
        },
    ),
}


def refusals() -> bytes:
    """The filter for this machine; empty where its calls are not known here."""
    machine = this_machine()
    return assemble(machine) if machine else b""


def this_machine() -> Machine | None:
    """The one SIGMA runs on; None where its calls are not known here."""
    return MACHINES.get(platform.machine())


def assemble(machine: Machine) -> bytes:
    """The filter as the kernel takes it."""
    rules = [
        # above the newest lie the calls of x32, another ABI of the same machine, too
        _when(GREATER, NEWEST, _refuse(errno.ENOSYS)),
        *(_when(EQUAL, number, _answer(name)) for name, number in machine.calls.items()),
        _allow(),
    ]
    native = _instruction(LOAD, NUMBER) + b"".join(rules)
    foreign = _refuse(errno.ENOSYS)
    # a jump reaches over 255 instructions at most: it goes over the refusal, not over the rules
    ours = _instruction(EQUAL, machine.mark, then=_length(foreign))
    return _instruction(LOAD, ARCHITECTURE) + ours + foreign + native


def _answer(name: str) -> bytes:
    if name in SOCKETS:
        return _of_sockets()
    if name in NAMESPACES:
        return _of_namespaces()
    return _refuse(errno.ENOSYS if name in ABSENT else errno.EPERM)


def _of_sockets() -> bytes:
    allowed = b"".join(_when(EQUAL, family, _allow()) for family in (UNIX, IPV4, IPV6))
    routes = _instruction(LOAD, THIRD) + _when(EQUAL, ROUTES, _allow()) + _refuse(errno.EPROTONOSUPPORT)
    return _instruction(LOAD, FIRST) + allowed + _when(EQUAL, NETLINK, routes) + _refuse(errno.EAFNOSUPPORT)


def _of_namespaces() -> bytes:
    return _instruction(LOAD, FIRST) + _when(ANY_OF, NEW_NAMESPACES, _refuse(errno.EPERM)) + _allow()


def _when(test: int, value: int, block: bytes) -> bytes:
    """`block`, which ends by an answer, where the test holds; else what follows."""
    return _instruction(test, value, otherwise=_length(block)) + block


def _allow() -> bytes:
    return _instruction(RETURN, ALLOW)


def _refuse(error: int) -> bytes:
    return _instruction(RETURN, REFUSE | error)


def _length(block: bytes) -> int:
    return len(block) // len(_allow())


def _instruction(code: int, value: int, *, then: int = 0, otherwise: int = 0) -> bytes:
    return struct.pack("=HBBI", code, then, otherwise, value)
