"""The ground: settings, time, the database, and the code under care."""

from __future__ import annotations

from collections import Counter
from functools import cached_property
from typing import TYPE_CHECKING

from sigma_core.clock import Clock, utc_now
from sigma_core.database import Database
from sigma_core.settings import Settings

if TYPE_CHECKING:
    from sigma_core.issues.rule_preferences import RulePreferences
    from sigma_core.issues.service import Issues
    from sigma_core.projects.git import Clone
    from sigma_core.projects.sandbox import Sandbox
    from sigma_core.projects.service import Projects
    from sigma_core.projects.tables import Project


class Ground:
    """What everything else stands on."""

    def __init__(self, settings: Settings, process: str, clock: Clock = utc_now) -> None:
        self.settings, self.clock, self._process = settings, clock, process

    @cached_property
    def database(self) -> Database:
        return Database(self.settings.database_location)

    @cached_property
    def sandbox(self) -> Sandbox:
        from sigma_core.projects.sandbox.select import SelectedSandbox

        return SelectedSandbox(self.settings)

    @cached_property
    def projects(self) -> Projects:
        from sigma_core.projects.service import Projects

        return Projects(self.database, self.clock, self.settings.home, self._install)

    @cached_property
    def issues(self) -> Issues:
        from sigma_core.issues.service import Issues

        return Issues(self.database, self.clock)

    @cached_property
    def rule_preferences(self) -> RulePreferences:
        from sigma_core.issues.rule_preferences import RulePreferences

        return RulePreferences(self.database, self.clock)

    def _install(self, project: Project, clone: Clone) -> str:
        from sigma_core.projects.environment import EnvironmentBuilder

        return EnvironmentBuilder(self.sandbox, self.settings.home).install(project, clone)

    def withheld(self, project_id: int) -> Counter[str]:
        """Why fixes of a project's open issues are not offered, with how many each reason keeps back."""
        return self.issues.withheld(project_id, self.rule_preferences.policy(project_id))
