"""In which conditions a project's tests run: the part of the evidence that all changes of one base share."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from sigma_core.projects.care import Care
from sigma_core.projects.sandbox import Grade
from sigma_core.projects.tables import Project
from sigma_core.proposals.verification.command import TestCommand, default_command, read_command


class Interpreter(Protocol):
    """A project's Python, as far as running its tests needs it."""

    @property
    def python(self) -> Path: ...
    @property
    def readable(self) -> tuple[Path, ...]:
        """Host paths it needs."""
        ...

    @property
    def version(self) -> tuple[int, ...]: ...
    @property
    def digest(self) -> str:
        """Changes with the packages installed for it."""
        ...

    @property
    def has_pytest(self) -> bool: ...


FindInterpreter = Callable[[Project, Care], Interpreter]
"""Raises `Unavailable`, saying how to give one."""


@dataclass(frozen=True)
class Setting:
    """Grade, permission, command and interpreter. Without `interpreter` nothing runs, and `why_not` says why."""

    grade: Grade
    allowed: bool
    """May project code run at this grade?"""
    trusted: bool
    command: TestCommand
    interpreter: Interpreter | None
    why_not: str = ""

    @property
    def runs(self) -> bool:
        """Will project code be run?"""
        return self.allowed and self.interpreter is not None


def command_for(care: Care, interpreter: Interpreter | None, tree: Path) -> TestCommand:
    """What an operator or the project says, else what its files suggest."""
    if care.test_command:
        return read_command(care.test_command)
    folder = next((name for name in ("tests", "test") if (tree / name).is_dir()), None)
    return default_command(has_pytest=interpreter is None or interpreter.has_pytest, tests_folder=folder)
