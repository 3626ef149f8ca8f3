"""Another process holds the write lock for longer than anybody waits: nobody loses a run by it, and nobody dies."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fakes.patience import PATIENCE_S, until
from fakes.runner_parts import Times, add_projects, make_runner
from fakes.write_lock import held

from sigma_core.clock import utc_now
from sigma_core.database import Database
from sigma_core.errors import Locked
from sigma_core.runtime.context import RunContext
from sigma_core.runtime.execution import CycleFigures
from sigma_core.runtime.executors import Executors
from sigma_core.runtime.runs import Runs
from sigma_core.runtime.tables import Run
from sigma_core.state_machine import RunState

SHORT = Times(lease_s=2, heartbeat_s=0.4)
SCHEDULER = Path(__file__).resolve().parents[2] / "scheduler.py"


@pytest.fixture
def file(sqlite_copy: str) -> Path:
    return Path(sqlite_copy.removeprefix("sqlite:///"))


@pytest.fixture
def opened(sqlite_copy: str) -> Iterator[Callable[[], Database]]:
    """Opens it as a process of its own would, but with little patience."""
    made = []

    def opened() -> Database:
        made.append(Database(sqlite_copy, busy_s=0.3))
        return made[-1]

    yield opened
    for each in made:
        each.dispose()


class Work:
    """A cycle that goes on until it is told to end, or to stop."""

    def __init__(self) -> None:
        self.begun, self.end = threading.Event(), threading.Event()

    def __call__(self, _run: Run, context: RunContext) -> CycleFigures:
        self.begun.set()
        while not self.end.wait(0.02):
            context.check()
        return CycleFigures(produced=1)


def outlive_the_lease() -> None:
    """Until every lease of that moment has run out."""
    ends = time.monotonic() + 2 * SHORT.lease_s
    while time.monotonic() < ends:
        time.sleep(0.05)


def test_whoever_is_refused_is_told_who_holds_the_lock(file: Path, opened: Callable[[], Database]) -> None:
    database = opened()
    with held(file) as holder:
        with pytest.raises(Locked, match=rf"process {holder.pid} \(.*python.*\) holds it\.$"), database.connection():
            pass
        holder.suspend()
        with pytest.raises(Locked, match=rf"stopped; `kill -CONT {holder.pid}`"), database.connection():
            pass


def test_a_run_stays_with_its_executor_while_nobody_can_write_and_afterwards(
    file: Path, opened: Callable[[], Database]
) -> None:
    database, work, other_work = opened(), Work(), Work()
    add_projects(database, [1])
    runs = Runs(database, utc_now)
    asked = runs.enqueue("analysis", 1, requested_by="ada")
    with make_runner(database, work, SHORT) as first, make_runner(opened(), other_work, SHORT) as second:
        first.start()
        assert work.begun.wait(PATIENCE_S)
        second.start()
        with held(file):
            outlive_the_lease()
        beaten = runs.get(asked.id or 0).lease_until
        until(lambda: runs.get(asked.id or 0).lease_until != beaten)
        work.end.set()
        until(lambda: runs.get(asked.id or 0).state == RunState.SUCCESS)
        for each in (first, second):
            assert each.is_alive
            each.drain(0)
    assert runs.get(asked.id or 0).attempt == 1
    assert not other_work.begun.is_set()


def test_what_a_run_has_done_is_recorded_when_it_can_be(file: Path, opened: Callable[[], Database]) -> None:
    database, work = opened(), Work()
    add_projects(database, [1])
    runs = Runs(database, utc_now)
    asked = runs.enqueue("analysis", 1, requested_by="ada")
    with make_runner(database, work, SHORT) as runner:
        runner.start()
        assert work.begun.wait(PATIENCE_S)
        with held(file):
            work.end.set()
            outlive_the_lease()
        until(lambda: runs.get(asked.id or 0).state == RunState.SUCCESS)
        runner.drain(0)
    assert runs.get(asked.id or 0).attempt == 1


def test_a_scheduler_that_starts_waits_and_says_for_whom(home: Path) -> None:
    with held(home / "sigma.db") as holder:
        holder.suspend()
        command = [sys.executable, str(SCHEDULER), "--home", str(home)]
        log = home / "logs" / "scheduler.jsonl"
        scheduler = subprocess.Popen(command, env={**os.environ, "PYTHONUNBUFFERED": "1"})
        try:
            until(lambda: log.exists() and f"process {holder.pid} " in log.read_text())
            assert scheduler.poll() is None
            holder.release()
            database = Database(f"sqlite:///{home / 'sigma.db'}")
            until(lambda: [each.pid for each in Executors(database).alive(60)] == [scheduler.pid])
            database.dispose()
        finally:
            scheduler.terminate()
            scheduler.wait(PATIENCE_S)
    assert scheduler.returncode == 0
