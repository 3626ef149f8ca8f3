"""The code under care: what the room `projects` offers, each part built when it is first used."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlmodel import Session

    from sigma_core.clock import Clock
    from sigma_core.database import Database
    from sigma_core.projects.git import Clone
    from sigma_core.projects.sandbox import Sandbox
    from sigma_core.projects.service import Projects
    from sigma_core.projects.tables import Project
    from sigma_core.settings import Settings


class ProjectServices:
    """The register of projects, and the sandbox in which their code runs."""

    def __init__(self, settings: Settings, database: Database, clock: Clock) -> None:
        self._settings, self._database, self._clock = settings, database, clock

    @cached_property
    def service(self) -> Projects:
        from sigma_core.projects.service import Projects

        return Projects(self._database, self._clock, self._settings.home, self._install)

    @cached_property
    def sandbox(self) -> Sandbox:
        from sigma_core.projects.sandbox.select import SelectedSandbox

        return SelectedSandbox(self._settings)

    def open_to_models(self, session: Session) -> set[int]:
        """Ids of the projects whose text may be sent to a model server."""
        from sigma_core.projects.service import open_to_models

        return open_to_models(session)

    def _install(self, project: Project, clone: Clone) -> str:
        from sigma_core.projects.environment import EnvironmentBuilder

        return EnvironmentBuilder(self.sandbox, self._settings.home).install(project, clone)
