from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sigma_core.console.health import graph_line, health, scheduler_line
from sigma_core.graph.updater import UpdaterFigures
from sigma_core.jobs import WORKERS
from sigma_core.runtime.status import SystemStatus, WorkerState, WorkerStatus, worker_state
from sigma_core.runtime.tables import Executor, Job, Run

NOW = datetime(2026, 11, 22, 13, 30, tzinfo=UTC)


def status(
    *, alive: bool = True, backlog: int = 0, paused: bool = False, failed: str = "", projects: int = 1
) -> SystemStatus:
    seen = NOW - timedelta(seconds=2 if alive else 600)
    last = Run(slot="x", worker=failed, state="error", due_at=NOW, queued_at=NOW)
    workers = tuple(
        WorkerStatus(
            name,
            WorkerState.IDLE,
            Job(name=name, every_s=600, next_at=NOW, paused=paused),
            None,
            last if name == failed else None,
            (),
        )
        for name in WORKERS
    )
    return SystemStatus(
        now=NOW,
        workers=workers,
        scheduler_alive=alive,
        backlog=backlog,
        projects=projects,
        oldest_due_at=NOW - timedelta(minutes=3) if backlog else None,
        scheduler=Executor(name="s", kind="scheduler", host="h", pid=1, started_at=NOW, seen_at=seen),
    )


@pytest.mark.parametrize(
    ("found", "lead"),
    [
        (status(), "Working normally."),
        (status(alive=False, backlog=2), "Stalled."),
        (status(alive=False), "Off."),
        (status(paused=True), "Schedule paused."),
        (status(failed="dream"), "Working, with failures."),
        (status(projects=0, alive=False), "No project yet."),
    ],
)
def test_the_worst_is_said_first(found: SystemStatus, lead: str):
    assert health(found).lead == lead


def test_stalled_and_off_come_with_the_command_that_starts_it():
    assert health(status(alive=False, backlog=2)).command == "sigma up"
    assert health(status(alive=False)).command == "sigma up"
    assert health(status()).command is None


def test_the_sidebar_says_stalled_only_with_a_backlog():
    assert scheduler_line(status(alive=False, backlog=1)) == ("bad", "silent 10 min")
    assert scheduler_line(status(alive=False)) == ("off", "off, 10 min")
    assert scheduler_line(status()) == ("ok", "2 s ago")


@pytest.mark.parametrize(
    ("running", "due", "alive", "state"),
    [
        (True, True, False, "running"),
        (False, True, True, "waiting"),
        (False, True, False, "stalled"),
        (False, False, True, "idle"),
        (False, False, False, "off"),
    ],
)
def test_a_worker_has_one_state(running: bool, due: bool, alive: bool, state: str):
    assert worker_state(running=running, due=due, alive=alive) == state


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({}, ("off", "empty")),
        ({"last_written_at": NOW}, ("ok", "up to date")),
        ({"pending": 3, "lag_s": 4.0}, ("ok", "3 waiting, 4 s")),
        ({"pending": 3, "lag_s": 600.0}, ("warn", "3 waiting, 10 min")),
        ({"pending": 3, "failures": 2}, ("bad", "away, 3 waiting")),
        ({"set_aside": 1, "last_written_at": NOW}, ("warn", "1 refused")),
        ({"pending": 3, "lag_s": 4.0, "rewriting": 3}, ("warn", "written anew, 3 waiting")),
        ({"pending": 3, "failures": 2, "rewriting": 3}, ("bad", "away, 3 waiting")),
    ],
)
def test_the_sidebar_says_how_far_the_graph_is_behind(changed: dict[str, Any], said: tuple[str, str]) -> None:
    blank = UpdaterFigures(
        pending=0,
        leased=0,
        set_aside=0,
        lag_s=None,
        written=0,
        failures=0,
        paused_until=None,
        last_written_at=None,
        last_error=None,
        rewriting=0,
    )
    assert graph_line(replace(blank, **changed), is_gone=False) == said
    assert graph_line(blank, is_gone=True) == ("off", "empty")
    assert graph_line(replace(blank, last_written_at=NOW), is_gone=True) == ("bad", "lost")
