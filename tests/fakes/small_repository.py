"""Small real git repositories with tests, for verification."""

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from sigma_core.projects.git import Clone
from sigma_core.projects.project_config import ProjectConfig, config_of
from sigma_core.projects.tables import Project
from sigma_core.proposals import diff as diffs
from sigma_core.proposals.verification.patch import Change

QUICK = "PYTEST_DISABLE_PLUGIN_AUTOLOAD=1 pytest"
"""Without the plug-ins that these tests' own environment happens to have."""


def git(repository: Path, *arguments: str) -> str:
    environment = {**os.environ, "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1"}
    identity = ("-c", "user.name=A Person", "-c", "user.email=person@example.org")
    done = subprocess.run(
        ["git", *identity, *arguments], cwd=repository, env=environment, capture_output=True, check=True
    )
    return done.stdout.decode().rstrip("\n")


class SmallRepository:
    """A repository under care, its clone, and a register that knows only it."""

    def __init__(self, folder: Path, files: Mapping[str, str], **settings: object) -> None:
        self.path = folder / "checkout"
        self.path.mkdir(parents=True)
        git(self.path, "init", "-q", "-b", "main")
        for name, text in files.items():
            (self.path / name).parent.mkdir(parents=True, exist_ok=True)
            (self.path / name).write_text(text)
        git(self.path, "add", "-A")
        git(self.path, "commit", "-qm", "first")
        self.home = folder / "home"
        self._clone = Clone(self.home / "clones" / "1.git", self.home / "gitconfig")
        self.head = self._clone.fetch(self.path)
        self.project = Project(
            id=1,
            name="small",
            path=str(self.path),
            head=self.head,
            created_at=datetime(2026, 1, 1, tzinfo=UTC),
            **{"python": sys.executable, "test_command": QUICK, **settings},
        )

    def clone(self, _project: Project) -> Clone:
        return self._clone

    def config(self, project: Project, commit: str) -> ProjectConfig:
        files = self._clone.files(commit)
        return config_of(project, self._clone.read(commit, "pyproject.toml") if "pyproject.toml" in files else None)

    def change(self, number: int, path: str, edit: Callable[[str], str], **target: str) -> Change:
        """A change of one file of the base; `edit` gets '' where there is none yet."""
        exists = path in self._clone.files(self.head)
        before = self._clone.read(self.head, path).decode() if exists else None
        return Change(number, diffs.make(path, before, edit(before or "")), self.head, **target)

    def replacing(self, number: int, path: str, old: str, new: str, **target: str) -> Change:
        """A change that puts `new` where `old` stands."""
        return self.change(number, path, lambda text: _replaced(text, old, new), **target)


def _replaced(text: str, old: str, new: str) -> str:
    assert old in text, f"{old!r} is not in the file"
    return text.replace(old, new, 1)
