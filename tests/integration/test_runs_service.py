"""The service with its real timer and threads: changes from another process's view show at once."""

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pytest
from fakes.patience import PATIENCE_S, until
from fakes.runner_parts import USUAL, add_projects, make_runner

from sigma_core.clock import utc_now
from sigma_core.database import Database
from sigma_core.runtime.context import RunContext
from sigma_core.runtime.execution import CycleFigures
from sigma_core.runtime.runner import Runner
from sigma_core.runtime.runs import Runs
from sigma_core.runtime.schedule import Schedule
from sigma_core.runtime.service import Service
from sigma_core.runtime.tables import Job, Run


class Cycles:
    """Notes when each cycle began."""

    def __init__(self) -> None:
        self.began: list[tuple[str, float]] = []

    def __call__(self, run: Run, context: RunContext) -> CycleFigures:
        context.check()
        self.began.append((run.slot, time.monotonic()))
        return CycleFigures()

    def count(self, slot: str) -> int:
        return sum(name == slot for name, _ in self.began)


@pytest.fixture
def cycles() -> Cycles:
    return Cycles()


@pytest.fixture
def schedule(database: Database) -> Schedule:
    """As another process has it, with the scheduler's database in common."""
    add_projects(database, (1,))
    return make_schedule(database)


def make_schedule(database: Database) -> Schedule:
    return Schedule(database, utc_now, Runs(database, utc_now), {"analysis": 3600, "exchange": 1})


@contextmanager
def service(database: Database, cycles: Cycles) -> Iterator[None]:
    with running(make_schedule(database), make_runner(database, cycles, USUAL)):
        yield


@contextmanager
def running(schedule: Schedule, runner: Runner) -> Iterator[None]:
    stop = threading.Event()
    codes: list[int] = []
    # A thread that hangs must not keep the tests from ending
    thread = threading.Thread(target=lambda: codes.append(Service(schedule, runner, grace_s=60).run(stop)), daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(PATIENCE_S)
    assert codes == [0]


def test_each_job_runs_at_once_and_then_at_its_own_interval(
    database: Database, schedule: Schedule, cycles: Cycles
) -> None:
    began = time.monotonic()
    with service(database, cycles):
        until(lambda: cycles.count("exchange") >= 4)
    moments = [moment for slot, moment in cycles.began if slot == "exchange"]
    assert moments[3] - began >= 3
    assert cycles.count("analysis/1") == 1


def test_run_now_does_not_wait_for_the_jobs_own_time(database: Database, schedule: Schedule, cycles: Cycles) -> None:
    with service(database, cycles):
        until(lambda: cycles.count("analysis/1") == 1)
        schedule.run_now("analysis", "ann")
        until(lambda: cycles.count("analysis/1") == 2)


def test_pause_resume_and_a_new_interval_are_followed(database: Database, schedule: Schedule, cycles: Cycles) -> None:
    with service(database, cycles):
        until(lambda: cycles.count("exchange") >= 1)
        schedule.pause("exchange", "ann")
        until(lambda: none_under_way(database))
        before = cycles.count("exchange")
        time.sleep(2)  # as long as two cycles would take to be asked for
        assert cycles.count("exchange") == before
        schedule.resume("exchange", "ann")
        until(lambda: cycles.count("exchange") > before)
        schedule.set_every("exchange", 3600, "ann")
        until(lambda: none_under_way(database))
        before = cycles.count("exchange")
        schedule.set_every("analysis", 1, "ann")
        until(lambda: cycles.count("analysis/1") >= 3)
        assert cycles.count("exchange") == before
        with database.transaction() as session:
            job = session.get_one(Job, "exchange")
            job.cron, job.next_at = "0 0 1 1 *", utc_now()
        until(lambda: cycles.count("exchange") == before + 1)
        until(lambda: schedule.job("exchange").next_at > utc_now())
        assert cycles.count("exchange") == before + 1


def test_two_schedulers_on_one_database_run_each_tick_once(
    database: Database, schedule: Schedule, cycles: Cycles
) -> None:
    began = time.monotonic()
    with service(database, cycles), service(database, cycles):
        until(lambda: cycles.count("exchange") >= 5)
        ran, took = cycles.count("exchange"), time.monotonic() - began
    assert ran <= took + 2
    assert cycles.count("analysis/1") == 1


def none_under_way(database: Database) -> bool:
    """What was asked for before the schedule was changed has ended."""
    return all(run.finished_at for run in Runs(database, utc_now).history("exchange"))


class SlowToAnswer(Schedule):
    """Its job table takes a moment to read, as on a busy machine; `asked` tells that it is being read."""

    asked = threading.Event()

    def jobs(self) -> Sequence[Job]:
        jobs = super().jobs()
        self.asked.set()
        time.sleep(0.3)
        return jobs


def test_it_stops_while_the_job_table_is_being_read(database: Database, cycles: Cycles) -> None:
    add_projects(database, (1,))
    schedule = SlowToAnswer(database, utc_now, Runs(database, utc_now), {"exchange": 1})
    with running(schedule, make_runner(database, cycles, USUAL)):
        until(lambda: cycles.count("exchange") >= 1)
        schedule.asked.clear()
        assert schedule.asked.wait(PATIENCE_S)
