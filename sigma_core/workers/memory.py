"""A worker's memory: read and replaced inside one transaction, so that two processes never lose each other's."""

from collections.abc import Callable
from typing import Any

from sqlmodel import Session, select

from sigma_core.clock import Clock
from sigma_core.workers.tables import WorkerMemory

Memory = dict[str, Any]
"""Plain JSON."""


def change(session: Session, clock: Clock, worker: str, rule: Callable[[Memory], Memory]) -> Memory:
    """Replace the worker's memory by what `rule` makes of it, in the caller's write transaction."""
    row = session.exec(select(WorkerMemory).where(WorkerMemory.worker == worker).with_for_update()).one_or_none()
    row = row or WorkerMemory(worker=worker, changed_at=clock())
    row.memory = rule(row.memory)
    row.changed_at = clock()
    session.add(row)
    return row.memory


def read(session: Session, worker: str) -> Memory:
    """The worker's memory now; empty before its first message."""
    row = session.get(WorkerMemory, worker)
    return dict(row.memory) if row else {}
