"""New commits do not wait for the schedule: a project whose HEAD has moved is analysed at once, and so on."""

from pathlib import Path

from sigma_core.errors import SigmaError
from sigma_core.projects.service import Projects
from sigma_core.runtime.runs import SCHEDULE, Runs
from sigma_core.runtime.schedule import Schedule
from sigma_core.runtime.tables import Run

NEXT = {"analysis": "dream", "dream": "think", "think": "learning"}
"""Who has something to do when a worker has produced something."""

NEW_COMMIT = "new commit"
AUTOMATIC = frozenset({SCHEDULE, NEW_COMMIT, *NEXT})
"""Requests that lead to more. A person who asks for one worker gets that one."""


class CommitWatcher:
    """Looks at the projects' HEAD and asks for analysis where it is not the commit last fetched."""

    def __init__(self, projects: Projects, schedule: Schedule, runs: Runs) -> None:
        self._projects, self._schedule, self._runs = projects, schedule, runs

    def look(self) -> list[int]:
        """Ask for analysis of each project that has moved; their ids. A paused job is left alone."""
        if self._is_paused("analysis"):
            return []
        moved = [project for project in self._projects.list() if self._has_moved(project.path, project.head)]
        for project in moved:
            self._runs.enqueue("analysis", project.id, requested_by=NEW_COMMIT)
        return [project.id or 0 for project in moved]

    def after(self, run: Run, produced: int) -> None:
        """A worker has produced something: the next one need not wait either."""
        following = NEXT.get(run.worker)
        if produced and following and run.requested_by in AUTOMATIC and not self._is_paused(following):
            self._runs.enqueue(following, run.project_id, requested_by=run.worker)

    def _has_moved(self, path: str, head: str) -> bool:
        try:
            return self._projects.head_of(Path(path)) != head
        except SigmaError:
            # A repository that cannot be read is told of by its next analysis
            return False

    def _is_paused(self, job: str) -> bool:
        return any(each.paused for each in self._schedule.jobs() if each.name == job)
