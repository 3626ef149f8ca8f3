"""The configuration of one project: its own `[tool.sigma]`, under what an operator set."""

import tomllib
from pathlib import Path, PurePosixPath
from typing import Any

import pydantic
from pydantic import BaseModel, ConfigDict, Field

from sigma_core.projects.interpreter.venv import environment_in
from sigma_core.projects.tables import Project

_LARGEST = 1024 * 1024


class ProjectConfig(BaseModel):
    """Settings of one project at one commit."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, populate_by_name=True)

    test_command: str | None = Field(None, alias="test-command", max_length=2000)
    python: str | None = Field(None, max_length=4096)
    leave_alone: list[str] = Field(default_factory=list, alias="leave-alone", max_length=200)
    """Globs of paths in which SIGMA reports and changes nothing."""
    noticed_share: float | None = Field(None, alias="noticed-share", ge=0, le=1)
    """Of the mutants of each changed statement, the share that tests must notice, where it is more than elsewhere."""
    problem: str | None = Field(None, exclude=True)
    """Why the project's own settings could not be read; they then count as unset."""


def config_of(project: Project, pyproject: bytes | None, repository: bytes | None = None) -> ProjectConfig:
    """The project's `[tool.sigma]` with what an operator set on top.

    `repository` is the pyproject.toml of the whole, where the project is a folder of it: what that leaves alone is left
    alone there, too.
    """
    own, whole = declared_config(pyproject), declared_config(repository)
    below = [str(PurePosixPath(project.folder) / glob) for glob in own.leave_alone]
    return own.model_copy(
        update={
            "test_command": project.test_command or own.test_command,
            "python": project.python or own.python or _environment(project),
            "leave_alone": [*whole.leave_alone, *below],
        }
    )


def _environment(project: Project) -> str | None:
    """The environment in the folder of a project that is a part of a repository."""
    return environment_in(Path(project.place)) if project.folder else None


def declared_config(pyproject: bytes | None) -> ProjectConfig:
    """What a pyproject.toml says by itself."""
    if not pyproject:
        return ProjectConfig()
    if len(pyproject) > _LARGEST:
        return ProjectConfig(problem="pyproject.toml is larger than 1 MiB.")
    try:
        parsed: dict[str, Any] = tomllib.loads(pyproject.decode())
    except (ValueError, RecursionError) as error:
        return ProjectConfig(problem=f"pyproject.toml cannot be read: {error}")
    table = parsed.get("tool", {})
    table = table.get("sigma", {}) if isinstance(table, dict) else {}
    try:
        return ProjectConfig.model_validate(table)
    except pydantic.ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        return ProjectConfig(problem=f"[tool.sigma] in pyproject.toml: {wrong}")
