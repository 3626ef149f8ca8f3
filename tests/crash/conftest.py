"""Real processes, started fast (forked from a server that has imported everything), killed for real."""

import multiprocessing
import os
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest
from fakes.crash_executor import Journal, Setup, serve
from fakes.runner_parts import add_projects

from sigma_core.clock import utc_now
from sigma_core.database import Database
from sigma_core.runtime.runs import Runs
from sigma_core.runtime.tables import Run

PROCESSES = multiprocessing.get_context("forkserver")


class Crew:
    """The scheduler processes of a test."""

    def __init__(self, setup: Setup) -> None:
        self.setup = setup
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
    PROCESSES.set_forkserver_preload(["fakes.crash_executor", "fakes.exchange_actor"])


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
    crew = Crew(Setup(url, tmp_path / "journal"))
    yield crew
    crew.end()


Until = Callable[..., Run]


@pytest.fixture
def ended(runs: Runs) -> Until:
    """Waits for the end of a run."""

    def wait(run: Run, within_s: float = 20) -> Run:
        until = time.monotonic() + within_s
        while (now := runs.get(run.id)).finished_at is None:
            assert time.monotonic() < until, f"run {run.id} is still {now.state}, attempt {now.attempt}"
            time.sleep(0.02)
        return now

    return wait


@pytest.fixture
def underway(journal: Journal) -> Callable[..., None]:
    """Waits until a step of a run has begun."""

    def wait(run: Run, step: str, within_s: float = 20) -> None:
        until = time.monotonic() + within_s
        while not any(e.run_id == run.id and e.step == step and e.event == "start" for e in journal.entries()):
            assert time.monotonic() < until, f"step {step} of run {run.id} did not begin"
            time.sleep(0.01)

    return wait
