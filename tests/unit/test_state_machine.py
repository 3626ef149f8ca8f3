"""Runs of both kinds go through the same states, each transition once."""

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlmodel import Session

from sigma_core.database import Database
from sigma_core.experiments import run_state
from sigma_core.experiments.tables import StrategyRun
from sigma_core.runtime import queue
from sigma_core.runtime.tables import Run
from sigma_core.state_machine import RunState, StateMachine

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def cycle() -> Run:
    return Run(slot="think/1", worker="think", state=RunState.QUEUED, due_at=NOW, queued_at=NOW)


def strategy() -> StrategyRun:
    return StrategyRun(
        strategy="echo", worker="think", digest="d", status=RunState.QUEUED, requested_by="ada", queued_at=NOW
    )


KINDS = [(queue.MACHINE, cycle, ("one", "two")), (run_state.MACHINE, strategy, (7, 8))]


@pytest.fixture(params=KINDS, ids=["cycle", "strategy"])
def kind(request: pytest.FixtureRequest, sqlite_database: Database) -> tuple[StateMachine[Any], Database, Any, Any]:
    machine, row, holders = request.param
    with sqlite_database.transaction() as session:
        session.add(row())
    return machine, sqlite_database, *holders


def start(machine: StateMachine[Any], session: Session, where: RunState, holder: object) -> Any:
    return machine.start(session, machine.is_in(where), holder, NOW, order=(machine.table.id,))


def test_a_run_is_started_by_one_and_taken_over_with_a_fence(
    kind: tuple[StateMachine[Any], Database, Any, Any],
) -> None:
    machine, database, one, two = kind
    with database.transaction() as session:
        first = machine.fence(start(machine, session, RunState.QUEUED, one))
        assert start(machine, session, RunState.QUEUED, two) is None
        second = start(machine, session, RunState.RUNNING, two)
        assert second.attempt == 2
        assert machine.end(session, first, RunState.SUCCESS, NOW) == []
        (ended,) = machine.end(session, machine.fence(second), RunState.SUCCESS, NOW)
        assert (getattr(ended, machine.state), ended.finished_at) == (RunState.SUCCESS, NOW)
        assert machine.end(session, machine.is_in(RunState.RUNNING), RunState.ERROR, NOW) == []


def test_what_waits_is_cancelled_at_once_and_what_runs_is_asked(
    kind: tuple[StateMachine[Any], Database, Any, Any],
) -> None:
    machine, database, one, _ = kind
    with database.transaction() as session:
        run = start(machine, session, RunState.QUEUED, one)
        asked = machine.cancel(session, run.id, machine.is_in(RunState.QUEUED), NOW, actor="ada")
        assert (getattr(asked, machine.state), asked.cancel_requested) == (RunState.RUNNING, True)
        machine.end_abandoned(session, machine.is_in(RunState.RUNNING), NOW, attempts=9, ending="it fell silent")
        session.refresh(run)
        assert getattr(run, machine.state) == RunState.CANCELLED
        assert machine.cancel(session, run.id, machine.is_in(RunState.QUEUED), NOW, actor="ada") is None


def test_what_was_started_too_often_has_failed(kind: tuple[StateMachine[Any], Database, Any, Any]) -> None:
    machine, database, one, two = kind
    with database.transaction() as session:
        run = start(machine, session, RunState.QUEUED, one)
        machine.end_abandoned(session, machine.is_in(RunState.RUNNING), NOW, attempts=2, ending="it fell silent")
        start(machine, session, RunState.RUNNING, two)
        machine.end_abandoned(session, machine.is_in(RunState.RUNNING), NOW, attempts=2, ending="it fell silent")
        session.refresh(run)
        assert (getattr(run, machine.state), run.error) == (
            RunState.ERROR,
            "Started 2 times, and each time it fell silent.",
        )
