"""Runs as people look through them: counted, filtered and sorted by the database."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, or_, select
from sqlmodel import Session, col

from sigma_core.errors import Invalid
from sigma_core.jobs import EXCHANGE
from sigma_core.listing import Listing, identifier
from sigma_core.projects.tables import Project
from sigma_core.runtime.runs import of_project
from sigma_core.runtime.tables import Run
from sigma_core.state_machine import RunState

_SHOWN = (
    "id",
    "worker",
    "project_id",
    "state",
    "requested_by",
    "queued_at",
    "started_at",
    "finished_at",
    "duration_ms",
    "attempt",
    "produced",
    "published",
    "received",
    "progress",
    "error",
)
_NAME = select(col(Project.name)).where(col(Project.id) == Run.project_id).correlate(Run).scalar_subquery()
LIST = Listing(
    key=identifier(Run),
    columns={
        **{name: getattr(Run, name) for name in _SHOWN},
        "project": _NAME,
        "began_at": func.coalesce(Run.started_at, Run.queued_at),
    },
    order="-id",
    unsorted=frozenset({"progress", "error"}),
)


@dataclass(frozen=True)
class WantedRuns:
    """Which runs are listed. Those of the exchange are many and alike, and are left out unless asked for.

    A project's are also those for no project.
    """

    project_id: int | None = None
    worker: str | None = None
    state: str | None = None
    text: str = ""
    """Words that who asked, or the error, holds."""
    with_exchange: bool = False

    def __post_init__(self) -> None:
        """Raises `Invalid` for a state there is not."""
        if self.state is not None and self.state not in list(RunState):
            raise Invalid({"state": f"{self.state} is not one of {', '.join(RunState)}"})

    def conditions(self, session: Session) -> Sequence[ColumnElement[bool]]:
        """What is asked of a row for it to be among those wanted."""
        del session
        found = [of_project(self.project_id)]
        if self.worker is not None:
            found.append(col(Run.worker) == self.worker)
        elif not self.with_exchange:
            # One that failed is news all the same
            found.append(or_(col(Run.worker) != EXCHANGE, col(Run.state) == RunState.ERROR))
        if self.state is not None:
            found.append(col(Run.state) == self.state)
        held = func.lower(func.coalesce(Run.error, "") + " " + Run.requested_by)
        return [*found, *(held.contains(word, autoescape=True) for word in self.text.lower().split())]
