"""Real processes, started fast (forked from a server that has imported everything), killed for real."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest
from fakes.crash_executor import Journal, Setup, serve
from fakes.fork_server import PROCESSES, start_fork_server
from fakes.patience import PATIENCE_S, until
from fakes.runner_parts import add_projects
from sqlalchemy import update
from sqlmodel import col

from sigma_core.clock import utc_now
from sigma_core.database import Database
from sigma_core.runtime.executors import Executors
from sigma_core.runtime.runs import Runs
from sigma_core.runtime.tables import Run


class Crew:
    """The scheduler processes of a test. Their leases are long; they end when a process is killed or silenced."""

    def __init__(self, setup: Setup, database: Database) -> None:
        self.setup = setup
        self._database = database
        self.deaths: dict[int, float] = {}
        self._processes: list[BaseProcess] = []

    def start(self, **changes: object) -> BaseProcess:
        process = PROCESSES.Process(target=serve, args=(replace(self.setup, **changes),))
        process.start()
        self._processes.append(process)
        return process

    def kill(self, process: BaseProcess) -> None:
        process.kill()
        process.join()
        self.deaths[process.pid] = time.monotonic()
        self.forget(process)

    def forget(self, process: BaseProcess) -> None:
        """As if it had been silent for longer than its leases."""
        with self._database.transaction() as session:
            its = col(Run.owner).contains(f"/{process.pid}/"), col(Run.lease_until).is_not(None)
            long_ago = self._database.now(session) - timedelta(days=1)
            session.execute(update(Run).where(*its).values(lease_until=long_ago))

    def joins(self, process: BaseProcess) -> int:
        """Its exit code, once it has ended."""
        process.join(PATIENCE_S)
        assert process.exitcode is not None, f"process {process.pid} does not end"
        return process.exitcode

    def is_up(self, process: BaseProcess) -> bool:
        """Whether it has told that it is there."""
        return any(executor.pid == process.pid for executor in Executors(self._database).alive(600))

    def signal(self, process: BaseProcess, number: signal.Signals) -> None:
        os.kill(process.pid, number)

    def suspend(self, process: BaseProcess, for_s: float) -> None:
        self.signal(process, signal.SIGSTOP)
        time.sleep(for_s)
        self.signal(process, signal.SIGCONT)

    def end(self) -> None:
        for process in self._processes:
            if process.is_alive():
                self.kill(process)


@pytest.fixture(scope="session", autouse=True)
def _preloaded() -> None:
    start_fork_server()


@pytest.fixture
def runs(database: Database) -> Runs:
    add_projects(database, range(1, 11))
    return Runs(database, utc_now)


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path / "journal")


@pytest.fixture
def crew(database: Database, runs: Runs, journal: Journal, tmp_path: Path) -> Iterator[Crew]:
    url = database.engine.url.render_as_string(hide_password=False)
    crew = Crew(Setup(url, tmp_path / "journal"), database)
    yield crew
    crew.end()


Until = Callable[..., Run]


@pytest.fixture
def ended(runs: Runs) -> Until:
    """Waits for the end of a run."""

    def wait(run: Run) -> Run:
        until(lambda: runs.get(run.id).finished_at is not None, lambda: runs.get(run.id))
        return runs.get(run.id)

    return wait


@pytest.fixture
def underway(journal: Journal) -> Callable[..., None]:
    """Waits until a step of a run has begun."""

    def wait(run: Run, step: str) -> None:
        until(lambda: journal.began(run.id, step), lambda: f"step {step} of run {run.id} did not begin")

    return wait
