"""Strategies that were asked for are worked off by executors: live, cancelled, and taken over where a process dies."""

import multiprocessing
import os
import signal
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from fakes.patience import until
from fakes.strategy_catalog import FakeCatalog, Found
from pydantic import SecretStr

from sigma_core.experiments.protocols import Watch
from sigma_core.experiments.tables import StrategyRun
from sigma_core.jobs import STRATEGY
from sigma_core.runtime.build import build
from sigma_core.runtime.system import System
from sigma_core.settings import Settings


def think(folder: Path) -> Callable[[Mapping[str, Any], Watch], Found]:
    """Notes each start and end; `slow` goes on until its folder says so, telling what it does."""

    def slowly(parameters: Mapping[str, Any], watch: Watch) -> Found:
        name = str(parameters["query"])
        note(folder, f"start {name}")
        while name == "slow" and not (folder / "go").exists():
            watch.progress("still thinking")
            time.sleep(0.05)
        note(folder, f"end {name}")
        return Found(f"thought of {name}")

    return slowly


def note(folder: Path, text: str) -> None:
    with (folder / "journal").open("a") as journal:
        journal.write(f"{text}\n")


def journal(folder: Path) -> list[str]:
    path = folder / "journal"
    return path.read_text().splitlines() if path.exists() else []


def opened(settings: Settings, folder: Path) -> System:
    system = build(settings, process="scheduler")
    vars(system.experiments)["strategy_catalog"] = FakeCatalog({"think": think(folder)})
    return system


def execute(settings: Settings, folder: Path) -> None:
    """An executor, until it is killed."""
    system = opened(settings, folder)
    with system.runtime.new_runner() as runner:
        runner.start()
        time.sleep(600)


@pytest.fixture(params=["sqlite", "postgresql"])
def settings(request: pytest.FixtureRequest, home: Path) -> Settings:
    url = None if request.param == "sqlite" else SecretStr(request.getfixturevalue("postgresql_home_url"))
    return Settings(home=home, database_url=url, sandbox="none", run_lease_s=2, heartbeat_s=0.5)


def status(system: System, run: StrategyRun) -> str:
    return system.experiments.strategy_runs.record.get(run.id or 0).status


def test_what_is_asked_runs_in_an_executor_with_live_progress_and_is_cancelled(
    settings: Settings, tmp_path: Path
) -> None:
    # Nobody dies here: no lease may run out because the machine is slow
    system = opened(settings.model_copy(update={"run_lease_s": 600}), tmp_path)
    runs = system.experiments.strategy_runs
    slow = runs.ask("think", "dream", {"query": "slow"}, actor="ada")
    quick = runs.ask("think", "dream", {"query": "quick"}, actor="ada")
    assert runs.ask("think", "dream", {"query": "slow"}, actor="ben").id == slow.id
    assert [run.slot for run in system.runtime.runs.history(STRATEGY)] == ["strategy"]
    with system.runtime.new_runner() as runner:
        runner.start()
        until(lambda: runs.record.get(slow.id or 0).progress == "still thinking")
        assert status(system, quick) == "queued"
        runs.cancel(slow.id or 0, actor="ada")
        until(lambda: status(system, quick) == "success")
        until(lambda: system.runtime.runs.history(STRATEGY)[0].state == "success")
        runner.drain(1)
    assert status(system, slow) == "cancelled"
    assert journal(tmp_path) == ["start slow", "start quick", "end quick"]
    assert [run.state for run in system.runtime.runs.history(STRATEGY)] == ["success"]
    system.close()


def test_an_executor_that_is_killed_is_succeeded_and_nothing_that_ended_is_done_again(
    settings: Settings, tmp_path: Path
) -> None:
    system = opened(settings, tmp_path)
    runs = system.experiments.strategy_runs
    asked = [runs.ask("think", "dream", {"query": name}, actor="ada") for name in ("quick", "slow", "last")]
    first = multiprocessing.get_context("spawn").Process(target=execute, args=(settings, tmp_path))
    first.start()
    until(lambda: "start slow" in journal(tmp_path))
    os.kill(first.pid or 0, signal.SIGKILL)
    first.join()
    assert [status(system, run) for run in asked] == ["success", "running", "queued"]
    (tmp_path / "go").touch()
    with system.runtime.new_runner() as runner:
        runner.start()
        until(lambda: status(system, asked[2]) == "success")
        runner.drain(5)
    assert [status(system, run) for run in asked] == ["success"] * 3
    assert runs.record.get(asked[1].id or 0).attempt == 2
    assert journal(tmp_path) == [
        "start quick",
        "end quick",
        "start slow",
        "start slow",
        "end slow",
        "start last",
        "end last",
    ]
    assert len(system.runtime.runs.history(STRATEGY)) == 1
    system.close()
