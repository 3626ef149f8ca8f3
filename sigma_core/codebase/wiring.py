"""Facts about the code: what the room `codebase` offers, each part built when it is first used."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from sigma_core.errors import SigmaError

if TYPE_CHECKING:
    from sigma_core.clock import Clock
    from sigma_core.codebase.change_history import ChangeHistory
    from sigma_core.codebase.change_parts import ChangedParts
    from sigma_core.codebase.change_views import ChangeViews
    from sigma_core.codebase.changed_code import ChangedCode
    from sigma_core.codebase.code_snapshot import CodeSnapshots
    from sigma_core.codebase.commit_line import CommitLine
    from sigma_core.codebase.coverage import Coverage
    from sigma_core.codebase.history import History
    from sigma_core.database import Database
    from sigma_core.graph.loader import Origin
    from sigma_core.projects.tables import Project
    from sigma_core.projects.wiring import ProjectServices
    from sigma_core.settings import Settings


class CodebaseServices:
    """What the code of projects has said over their history."""

    def __init__(self, settings: Settings, database: Database, clock: Clock, *, projects: ProjectServices) -> None:
        self._settings, self._database, self._clock, self._projects = settings, database, clock, projects

    @cached_property
    def history(self) -> History:
        from sigma_core.codebase.history import History

        return History(self._database, self._clock, self._projects.service.clone)

    @cached_property
    def snapshots(self) -> CodeSnapshots:
        from sigma_core.codebase.code_snapshot import CodeSnapshots

        return CodeSnapshots(self._database)

    @cached_property
    def commit_line(self) -> CommitLine:
        from sigma_core.codebase.commit_line import CommitLine

        return CommitLine(self._database, self._projects.service.tags)

    @cached_property
    def changed(self) -> ChangedCode:
        from sigma_core.codebase.changed_code import ChangedCode

        return ChangedCode(self._projects.service.clone)

    @cached_property
    def changes(self) -> ChangeHistory:
        from sigma_core.codebase.change_history import ChangeHistory

        return ChangeHistory(self._database, self._clock, self._projects.service.clone)

    @cached_property
    def changed_parts(self) -> ChangedParts:
        from sigma_core.codebase.change_parts import ChangedParts

        return ChangedParts(self._database, self._clock, self._projects.service.clone)

    @cached_property
    def change_views(self) -> ChangeViews:
        from sigma_core.codebase.change_views import ChangeViews

        return ChangeViews(self._database)

    @cached_property
    def coverage(self) -> Coverage:
        from sigma_core.codebase.coverage import Coverage

        return Coverage(self._database, self._clock)

    def endpoints(self, project: Project) -> Mapping[str, str]:
        """Full names of the functions of a project's head that answer a route, with the route."""
        from sigma_core.codebase.endpoints import endpoints

        return endpoints(project, self._projects.service.clone(project), self.changed.modules(project, project.head))

    def read(self, project: Project, tell: Callable[[str], None]) -> Mapping[str, object]:
        """Read a project's newest commits, and older ones for a while; figures for its run where some are left.

        What keeps it from being read is told there, too: issues are looked for all the same.
        """
        ends = time.monotonic() + self._settings.history_s
        try:
            self.history.read(project, budget_s=0, tell=tell)
            changes = self.changes.read(project, ends=ends, tell=tell)
            half = (time.monotonic() + max(ends, time.monotonic())) / 2
            parts_left = self.changed_parts.read(project, ends=half, tell=tell)
            read = self.history.read(project, budget_s=max(0.0, ends - time.monotonic()), tell=tell)
        except SigmaError as error:
            return {"code_unread": str(error)}
        told = {} if read.is_complete else {"commits_read": read.commits, "of_commits": read.of_commits}
        if not changes.is_complete:
            told |= {"changes_read": changes.commits, "of_changes": changes.of_commits}
        return told | ({"changes_without_functions": parts_left} if parts_left else {})

    def graph_origins(self) -> Mapping[str, Origin]:
        """What the graph shows of the code."""
        from sigma_core.codebase import change_history, change_items, coverage, coverage_items, graph_items, history
        from sigma_core.graph.loader import Origin

        return {
            history.COMMIT: Origin(graph_items.commit_items, graph_items.every_commit),
            change_history.FILE_HISTORY: Origin(change_items.file_items, change_items.every_file),
            history.SNAPSHOT: Origin(graph_items.snapshot_items, graph_items.every_snapshot),
            coverage.ORIGIN: Origin(coverage_items.measurement_items, coverage_items.every_measurement),
        }
