"""The rules of the queue as conditions on the table of runs."""

from datetime import datetime

from sqlalchemy import ColumnElement, and_
from sqlalchemy.orm import aliased
from sqlmodel import col, select

from sigma_core.runtime.tables import Run
from sigma_core.state_machine import RunState, StateMachine

MACHINE = StateMachine(Run, state="state", holder="owner")
"""The states of cycles. Who executes one is known by its name, and holds it under a lease."""


def slot_of(worker: str, project_id: int | None) -> str:
    """What may run once at a time: ``analysis/3``, or the worker alone if it belongs to no project."""
    return worker if project_id is None else f"{worker}/{project_id}"


def claimable(now: datetime) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """Two conditions: a run's executor fell silent; or the run is queued, due, and its slot is free."""
    other = aliased(Run)
    busy = select(other.id).where(other.slot == Run.slot, other.state == RunState.RUNNING).exists()
    abandoned = and_(col(Run.state) == RunState.RUNNING, col(Run.lease_until) < now)
    waiting = and_(col(Run.state) == RunState.QUEUED, col(Run.due_at) <= now, ~busy)
    return abandoned, waiting
