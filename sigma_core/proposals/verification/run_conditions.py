"""In which conditions a project's tests run: the part of the evidence that all changes of one base share."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sigma_core.projects.interpreter import Interpreter
from sigma_core.projects.interpreter.venv import environment_in
from sigma_core.projects.project_config import ProjectConfig, declared_config
from sigma_core.projects.sandbox import Grade
from sigma_core.proposals.verification.command import TestCommand, default_command, read_command
from sigma_core.proposals.verification.declared_command import declared_command

FOLDERS = ("tests", "test")


@dataclass(frozen=True)
class RunConditions:
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


def command_for(config: ProjectConfig, interpreter: Interpreter | None, tree: Path) -> TestCommand:
    """What an operator or the project says, else what its other tools and its files suggest."""
    if config.test_command:
        return read_command(config.test_command)
    packages = interpreter.packages if interpreter is not None else None
    has_pytest = packages is None or "pytest" in packages
    declared = declared_command(tree)
    if declared is not None and (has_pytest or declared.runner != "pytest"):
        return declared
    if (tree / "manage.py").is_file() and _has_django_alone(packages or {}, has_pytest=has_pytest):
        return read_command("python manage.py test")
    folder = next((name for name in FOLDERS if (tree / name).is_dir()), None)
    return default_command(has_pytest=has_pytest, tests_folder=folder)


def _has_django_alone(packages: Mapping[str, str], *, has_pytest: bool) -> bool:
    """Whether Django's own runner is the only one that knows its databases."""
    return "django" in packages and not (has_pytest and "pytest-django" in packages)


def settings_in(config: ProjectConfig, tree: Path, checkout: Path, folder: str) -> ProjectConfig:
    """How the project in a folder of the tree wants to be tested: its own settings, its own environment."""
    pyproject = tree / folder / "pyproject.toml"
    own = declared_config(pyproject.read_bytes() if pyproject.is_file() and not pyproject.is_symlink() else None)
    python = own.python or config.python or environment_in(checkout / folder)
    return own.model_copy(update={"python": python})


def version_of(interpreter: Interpreter) -> tuple[int, int]:
    """Its major and minor version."""
    major, minor = interpreter.version.split(".")[:2]
    return int(major), int(minor)
