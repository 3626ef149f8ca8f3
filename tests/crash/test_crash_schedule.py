"""Schedulers are killed at random, one or two of them, with commands beside them, on both databases."""

import random
import threading
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

from fakes.crash_executor import Journal, Labour
from fakes.runner_parts import make_runner

from sigma_core.clock import utc_now
from sigma_core.database import Database
from sigma_core.errors import Conflict
from sigma_core.runtime.runs import Runs
from sigma_core.runtime.schedule import Schedule
from sigma_core.runtime.tables import Run, RunState

Ended = Callable[..., Run]

EVERY_S = {"analysis": 1, "exchange": 1}


def test_a_pause_survives_kill_9_and_restart(crew, runs: Runs, database: Database, journal: Journal) -> None:
    schedule = Schedule(database, utc_now, runs, EVERY_S)
    schedule.pause_all("ann")
    first = crew.start(every_s=EVERY_S)
    time.sleep(1)
    crew.kill(first)
    crew.start(every_s=EVERY_S)
    time.sleep(2)
    assert all(job.paused for job in schedule.jobs())
    assert journal.entries() == []


def test_two_schedulers_ask_once_per_tick(crew, runs: Runs, database: Database) -> None:
    for _ in range(2):
        crew.start(every_s={"exchange": 1}, step_s=0.01)
    until = time.monotonic() + 60
    while len(asked := [run.queued_at for run in runs.history("exchange")]) < 4:
        assert time.monotonic() < until
        time.sleep(0.1)
    gaps = [(later - earlier).total_seconds() for later, earlier in pairwise(asked)]
    assert min(gaps) > 0.4


def test_random_kills_of_two_schedulers_beside_commands_lose_nothing_and_run_nothing_twice_at_once(
    crew, runs: Runs, database: Database, journal: Journal, tmp_path: Path
) -> None:
    chance = random.Random(4711)
    schedulers = [crew.start(every_s=EVERY_S, step_s=0.05) for _ in range(2)]
    stop = threading.Event()
    outcomes: list[str] = []
    command = threading.Thread(target=run_commands, args=(database, tmp_path / "journal", stop, outcomes))
    command.start()
    accepted = []
    try:
        for _ in range(6):
            accepted += [runs.enqueue("dream", project, requested_by="ann", priority=10) for project in (1, 2, 3)]
            time.sleep(chance.uniform(0.1, 1.0))
            victims = chance.choice(([0], [1], [0, 1]))
            for victim in victims:
                crew.kill(schedulers[victim])
                schedulers[victim] = crew.start(every_s=EVERY_S, step_s=0.05)
    finally:
        stop.set()
        command.join(30)
    Schedule(database, utc_now, runs, EVERY_S).pause_all("ann")
    until = time.monotonic() + 20
    while unfinished := [run for run in runs.history(limit=1000) if run.finished_at is None]:
        assert time.monotonic() < until, f"stuck: {[(run.id, run.slot, run.state, run.attempt) for run in unfinished]}"
        time.sleep(0.1)
    assert {runs.get(run.id).state for run in accepted} == {RunState.SUCCESS}
    assert "success" in outcomes
    assert journal.overlaps(crew.deaths) == []


def run_commands(database: Database, path: Path, stop: threading.Event, outcomes: list[str]) -> None:
    """As `sigma run` does it, again and again, beside the schedulers."""
    with make_runner(database, Labour(Journal(path), 0.05)) as runner:
        while not stop.wait(0.05):
            try:
                outcomes.append(runner.run_here("analysis", 1, requested_by="bob", wait_s=0.5).state)
            except Conflict:
                outcomes.append("held")


def test_after_a_long_pause_of_the_process_one_cycle_per_slot_makes_up(crew, runs: Runs, database: Database) -> None:
    schedule = Schedule(database, utc_now, runs, {"exchange": 1})
    process = crew.start(every_s={"exchange": 1}, step_s=0.01)
    until = time.monotonic() + 10
    while not runs.history("exchange", state=RunState.SUCCESS):
        assert time.monotonic() < until
        time.sleep(0.02)
    crew.suspend(process, 4)
    asleep = len(runs.history("exchange"))
    time.sleep(0.7)
    schedule.pause_all("ann")
    assert 1 <= len(runs.history("exchange")) - asleep <= 2
