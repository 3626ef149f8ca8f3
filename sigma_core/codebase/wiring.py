"""Facts about the code: what the room `codebase` offers, each part built when it is first used."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from sigma_core.errors import SigmaError

if TYPE_CHECKING:
    from sigma_core.clock import Clock
    from sigma_core.codebase.changed_code import ChangedCode
    from sigma_core.codebase.code_snapshot import CodeSnapshots
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
    def changed(self) -> ChangedCode:
        from sigma_core.codebase.changed_code import ChangedCode

        return ChangedCode(self._projects.service.clone)

    def read(self, project: Project, tell: Callable[[str], None]) -> Mapping[str, object]:
        """Read a project's newest commits, and older ones for a while; figures for its run where some are left.

        What keeps it from being read is told there, too: issues are looked for all the same.
        """
        try:
            read = self.history.read(project, budget_s=self._settings.history_s, tell=tell)
        except SigmaError as error:
            return {"code_unread": str(error)}
        return {} if read.is_complete else {"commits_read": read.commits, "of_commits": read.of_commits}

    def graph_origins(self) -> Mapping[str, Origin]:
        """What the graph shows of the code."""
        from sigma_core.codebase import graph_items, history
        from sigma_core.graph.loader import Origin

        return {
            history.COMMIT: Origin(graph_items.commit_items, graph_items.every_commit),
            history.SNAPSHOT: Origin(graph_items.snapshot_items, graph_items.every_snapshot),
        }
