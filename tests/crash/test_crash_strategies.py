"""A strategy that runs in place ends with its process."""

import multiprocessing
from datetime import timedelta
from pathlib import Path

from fakes.patience import until
from fakes.steered_database import SteeredDatabase
from fakes.strategy_catalog import FakeCatalog
from fakes.strategy_in_place import hang, strategy_runs

from sigma_core.experiments.run_lease import LEASE
from sigma_core.state_machine import RunState

PROCESSES = multiprocessing.get_context("forkserver")


class Nobody:
    """Does not listen."""

    def progress(self, text: str) -> None: ...


def test_a_run_in_place_whose_process_was_killed_has_failed_one_lease_later(sqlite_copy: str, tmp_path: Path) -> None:
    begun = tmp_path / "begun"
    process = PROCESSES.Process(target=hang, args=(sqlite_copy, begun))
    process.start()
    until(begun.exists)
    process.kill()
    process.join()
    database = SteeredDatabase(sqlite_copy)
    runs = strategy_runs(database, FakeCatalog())
    assert runs.work_off(7, Nobody()) == 0
    assert runs.record.get(1).status == RunState.RUNNING
    database.forward((LEASE + timedelta(seconds=1)).total_seconds())
    assert runs.work_off(7, Nobody()) == 0
    assert (runs.record.get(1).status, runs.record.get(1).error) == (
        RunState.ERROR,
        "Its process ended before it did.",
    )
    database.dispose()
