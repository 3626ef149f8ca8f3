"""In which conditions a project's tests run: the part of the evidence that all changes of one base share."""

from dataclasses import dataclass
from pathlib import Path

from sigma_core.projects.care import Care
from sigma_core.projects.interpreter import Interpreter
from sigma_core.projects.sandbox import Grade
from sigma_core.proposals.verification.command import TestCommand, default_command, read_command

FOLDERS = ("tests", "test")


@dataclass(frozen=True)
class Setting:
    """Grade, permission, command and interpreter. Where `why_not` says something, nothing is run."""

    grade: Grade
    allowed: bool
    """May project code run at this grade?"""
    trusted: bool
    command: TestCommand
    interpreter: Interpreter | None
    advice: str = ""
    """Which imports of the project cannot work, and what to do about it; empty if all can."""
    why_not: str = ""

    @property
    def runs(self) -> bool:
        """Will project code be run?"""
        return self.allowed and not self.why_not


def command_for(care: Care, interpreter: Interpreter | None, tree: Path) -> TestCommand:
    """What an operator or the project says, else what its files suggest."""
    if care.test_command:
        return read_command(care.test_command)
    folder = next((name for name in FOLDERS if (tree / name).is_dir()), None)
    has_pytest = interpreter is None or "pytest" in interpreter.packages
    return default_command(has_pytest=has_pytest, tests_folder=folder)


def version_of(interpreter: Interpreter) -> tuple[int, int]:
    """Its major and minor version."""
    major, minor = interpreter.version.split(".")[:2]
    return int(major), int(minor)
