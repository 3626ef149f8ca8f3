"""The one composition root: SIGMA as a whole, on its settings."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

import sigma_core.runtime.all_tables  # noqa: F401 (foreign keys cross rooms: no table can be used before all are known)
from sigma_core import schema
from sigma_core.errors import Conflict, NotFound, Unavailable
from sigma_core.home import tighten
from sigma_core.jobs import WORKERS
from sigma_core.projects.tables import Project
from sigma_core.runtime.parts.running import RunningParts
from sigma_core.runtime.tables import Run
from sigma_core.settings import Settings

if TYPE_CHECKING:
    from sigma_core.proposals.review import Reviewed
    from sigma_core.runtime.runner import Runner

CycleNow = Callable[[str, Project, str, Callable[[str], None]], Run]
"""Runs one cycle: (worker, project, requested_by, progress). Raises `NotFound` for an unknown worker."""

WAIT_FOR_SCHEDULER_S = 600.0
"""How long `sigma run` waits for a cycle that a scheduler has in hand."""


def build(settings: Settings, *, process: str = "command") -> System:
    """SIGMA on these settings, its database migrated. `process`: scheduler, command or console.

    Raises `Unavailable` where the home cannot be used.
    """
    try:
        settings.home.mkdir(parents=True, exist_ok=True, mode=0o700)
        tempfile.TemporaryFile(dir=settings.home).close()
    except OSError as error:
        elsewhere = "choose another folder with --home or SIGMA_HOME"
        raise Unavailable(f"Nothing can be written to {settings.home} ({error.strerror}); {elsewhere}.") from None
    system = System(settings, process)
    schema.migrate(system.database)
    tighten(settings.home)
    system.load_built_in_prompts()
    return system


class System(RunningParts):
    """SIGMA as a whole: services by name, and what takes several of them."""

    def close(self) -> None:
        """Let go of what is shared with other processes: the graph, the database."""
        if (graph := vars(self).get("graph")) is not None:
            graph.close()
        if (database := vars(self).get("database")) is not None:
            database.dispose()

    def load_built_in_prompts(self) -> int:
        """Bring the built-in files into the store; how many became versions."""
        from sigma_core.prompts import builtin_changes

        with self.database.reading() as session:
            if not builtin_changes.changed(session, self.builtins.names(), self.builtins.digest):
                return 0
        from sigma_core.prompts.loading import BuiltInLoader

        return BuiltInLoader(self.database, self.clock, self.builtins, self.library).load()

    @contextmanager
    def cycles(self) -> Iterator[CycleNow]:
        """Run cycles in this process: each waits for whoever has it in hand."""
        with self.new_runner() as runner:
            yield partial(self._cycle_now, runner)

    def _cycle_now(
        self, runner: Runner, worker: str, project: Project, requested_by: str, progress: Callable[[str], None]
    ) -> Run:
        if worker not in WORKERS:
            raise NotFound("worker", f"{worker} (known: {', '.join(WORKERS)})")
        return runner.run_here(
            worker, project.id, requested_by=requested_by, wait_s=WAIT_FOR_SCHEDULER_S, tell=progress
        )

    def remove_project(self, key: int | str, *, actor: str) -> Project:
        """Stop looking after a project, and call off the runs asked for it."""
        with self.database.transaction() as session:
            project = self.projects.remove(key, actor=actor, session=session)
            self.runs.cancel_project(project.id or 0, why=f"{actor} removed the project.", session=session)
        return project

    def verify(self, key: int | str, *, actor: str, progress: Callable[[str], None]) -> Reviewed:
        """Verify one proposal on the project's newest commit and decide it, now."""
        from sigma_core.proposals.review import Occasion

        proposal = self.proposals.get(key)
        project = self.projects.refresh(self.projects.get(proposal.project_id))
        moved = self.rebasing.onto_head(project, proposal)
        if moved is None:
            raise Conflict(f"The same change as proposal {proposal.id} is proposed on {project.head[:8]} already.")
        (reviewed,) = self.review.review(project, [moved], Occasion(actor), progress=progress)
        return reviewed
