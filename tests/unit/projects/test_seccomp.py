"""The filter over system calls, run here as the kernel would run it, for both architectures."""

import errno
import struct

import pytest

from sigma_core.projects.sandbox import seccomp
from sigma_core.projects.sandbox.seccomp import MACHINES, NEWEST, Machine, assemble

pytestmark = pytest.mark.parametrize("machine", MACHINES.values(), ids=list(MACHINES))
THREAD = 0x3D0F00
"""The flags with which threads are made."""
TESTS = {
    seccomp.EQUAL: lambda value, wanted: value == wanted,
    seccomp.GREATER: lambda value, wanted: value > wanted,
    seccomp.ANY_OF: lambda value, wanted: bool(value & wanted),
}


def answer(machine: Machine, number: int, *arguments: int, mark: int | None = None) -> int:
    """0 if the call is allowed, else the error it meets."""
    data = struct.pack("=IIQ6Q", number, machine.mark if mark is None else mark, 0, *(*arguments, *[0] * 6)[:6])
    instructions = list(struct.iter_unpack("=HBBI", assemble(machine)))
    place = value = 0
    while True:
        code, then, otherwise, operand = instructions[place]
        place += 1
        if code == seccomp.RETURN:
            assert operand == seccomp.ALLOW or operand & 0xFFFF0000 == seccomp.REFUSE
            return 0 if operand == seccomp.ALLOW else operand & 0xFFFF
        if code == seccomp.LOAD:
            (value,) = struct.unpack_from("=I", data, operand)
        else:
            place += then if TESTS[code](value, operand) else otherwise


def test_closed_calls_are_refused_and_the_rest_is_allowed(machine: Machine) -> None:
    for name, number in machine.closed.items():
        assert answer(machine, number) == (errno.ENOSYS if name in seccomp.ABSENT else errno.EPERM), name
    known = set(machine.calls.values())
    assert {answer(machine, number) for number in range(NEWEST + 1) if number not in known} == {0}


def test_sockets_are_of_the_own_network_only(machine: Machine) -> None:
    for call in seccomp.SOCKETS:
        number = machine.calls[call]
        allowed = [family for family in range(64) if answer(machine, number, family) == 0]
        assert allowed == [1, 2, 10, 16]
        assert answer(machine, number, 40) == errno.EAFNOSUPPORT
        assert answer(machine, number, 16, 3, 16) == errno.EPROTONOSUPPORT


def test_processes_and_threads_are_made_but_no_namespaces(machine: Machine) -> None:
    for call in seccomp.NAMESPACES:
        number = machine.calls[call]
        assert answer(machine, number, THREAD) == answer(machine, number, 17) == 0
        for flag in (0x80, 0x20000, *(1 << bit for bit in range(25, 31))):
            assert answer(machine, number, flag | 17) == errno.EPERM


@pytest.mark.parametrize("number", [NEWEST + 1, 0x40000000, 0xFFFFFFFF])
def test_calls_that_are_younger_or_of_another_abi_do_not_exist(machine: Machine, number: int) -> None:
    assert answer(machine, number) == errno.ENOSYS


def test_another_architecture_has_no_calls_at_all(machine: Machine) -> None:
    assert answer(machine, machine.calls["clone"], mark=0x40000003) == errno.ENOSYS
