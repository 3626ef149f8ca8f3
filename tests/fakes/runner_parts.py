"""An executor's parts put together for a test, with short times."""

from collections.abc import Collection
from dataclasses import dataclass

from sigma_core.clock import utc_now
from sigma_core.database import Database
from sigma_core.projects.tables import Project
from sigma_core.runtime.execution import Execute
from sigma_core.runtime.executors import Executors, executor_name
from sigma_core.runtime.heartbeat import Heartbeat
from sigma_core.runtime.leases import Leases
from sigma_core.runtime.runner import Limits, Runner
from sigma_core.runtime.runs import Runs


@dataclass(frozen=True)
class Times:
    """All in seconds."""

    lease_s: float = 60
    heartbeat_s: float = 0.3
    deadline_s: float = 60
    poll_s: float = 0.1


USUAL = Times()


def add_projects(database: Database, ids: Collection[int]) -> None:
    """Rows that runs may refer to."""
    with database.transaction() as session:
        for number in ids:
            session.add(Project(id=number, name=f"p{number}", path=f"/p{number}", head="0" * 40, created_at=utc_now()))


def make_runner(
    database: Database, execute: Execute, times: Times = USUAL, *, threads: int = 2, attempts: int = 3
) -> Runner:
    """A runner with a name of its own."""
    runs = Runs(database, utc_now)
    owner = executor_name()
    leases = Leases(database, runs, lease_s=times.lease_s, attempts=attempts)
    pulse = Heartbeat(
        leases,
        Executors(database),
        owner=owner,
        kind="scheduler",
        heartbeat_s=times.heartbeat_s,
        patience_s=times.lease_s,
    )
    limits = Limits(threads=threads, deadline_s=times.deadline_s, poll_s=times.poll_s)
    return Runner(runs, leases, pulse, execute, owner=owner, limits=limits)
