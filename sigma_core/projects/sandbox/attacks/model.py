"""An attack is a program and a judge of what came of it."""

from collections.abc import Callable
from dataclasses import dataclass, field

from sigma_core.projects.sandbox.model import MIB, Execution, ExecutionEnding, Grade, ResourceLimits

SMALL = ResourceLimits(wall_s=60, memory_bytes=96 * MIB, processes=32, disk_bytes=32 * MIB, output_bytes=16 * 1024)
"""Small enough that reaching each of them takes a second or two; the clock is for machines that are slow."""

Judge = Callable[[Execution], str]
"""Empty if the sandbox held, else what happened."""

BREACH = "BREACH"
"""The programs print it, with what they achieved, when they get what they must not get."""
TRIED = "TRIED"
"""And this when they have come to their end, so that a program that never ran cannot count as held."""


def came_to_its_end(execution: Execution) -> str:
    """Held: it could try everything and got nothing."""
    if breach := _breach(execution):
        return breach
    return "" if TRIED in execution.output else _ending(execution)


def was_stopped(*endings: ExecutionEnding) -> Judge:
    """Held: it got nothing, and was refused what it asked for or ended for one of these reasons."""

    def judge(execution: Execution) -> str:
        if execution.ending in endings and not _breach(execution):
            return ""
        return came_to_its_end(execution)

    return judge


@dataclass(frozen=True)
class Attack:
    """`code` is Python for ``-I -S -c``; ``HOST`` there is a dict telling what there is on the machine.

    `must_not` finishes the sentence "project code must not …"; `promised` are the grades that promise so.
    """

    name: str
    must_not: str
    code: str
    judge: Judge = came_to_its_end
    promised: frozenset[Grade] = field(default=frozenset({Grade.FULL}))
    limits: ResourceLimits = SMALL


EVERY_GRADE = frozenset({Grade.FULL, Grade.REDUCED})


@dataclass(frozen=True)
class AttackResult:
    """`held` is what was seen; a grade is broken only where it did not hold what it promises."""

    name: str
    must_not: str
    held: bool
    promised: bool
    detail: str
    ending: ExecutionEnding
    duration_ms: int

    @property
    def broken(self) -> bool:
        """Promised and not held."""
        return self.promised and not self.held


def _breach(execution: Execution) -> str:
    lines = [line for line in execution.output.splitlines() if line.startswith(BREACH)]
    return "; ".join(line.removeprefix(BREACH).strip() for line in lines)


def _ending(execution: Execution) -> str:
    last = (execution.detail or execution.output).strip().splitlines()[-1:]
    return " ".join([f"ended early ({execution.ending}, exit code {execution.exit_code})", *last])
