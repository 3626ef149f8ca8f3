"""Schedulers are killed at random, one or two of them, with commands beside them, on both databases."""

import random
import threading
import time
from collections.abc import Callable
from pathlib import Path

from fakes.crash_executor import Journal, Labour
from fakes.patience import PATIENCE_S, until
from fakes.runner_parts import make_runner

from sigma_core.clock import utc_now
from sigma_core.database import Database
from sigma_core.errors import Conflict
from sigma_core.runtime.runs import Runs
from sigma_core.runtime.schedule import Schedule
from sigma_core.runtime.tables import Run
from sigma_core.state_machine import RunState

Ended = Callable[..., Run]

EVERY_S = {"analysis": 1, "exchange": 1}
ROUNDS = 6
ATTEMPTS = 2 * ROUNDS + 1
"""One more than schedulers are killed: on a slow machine the same run is under way at several of the kills."""


def test_a_pause_survives_kill_9_and_restart(crew, runs: Runs, database: Database, journal: Journal) -> None:
    schedule = Schedule(database, utc_now, runs, EVERY_S)
    schedule.pause_all("ann")
    for last in (False, True):
        process = crew.start(every_s=EVERY_S)
        until(lambda process=process: crew.is_up(process))
        time.sleep(2 if last else 0)  # as long as two cycles would take to be asked for
        crew.kill(process)
    assert all(job.paused for job in schedule.jobs())
    assert journal.entries() == []


def test_two_schedulers_ask_once_per_tick(crew, runs: Runs, database: Database) -> None:
    began_at = utc_now()
    for _ in range(2):
        crew.start(every_s={"exchange": 1}, step_s=0.01)
    until(lambda: len(runs.history("exchange")) >= 5)
    last, *before = [run.queued_at for run in runs.history("exchange")]
    assert len(before) <= (last - began_at).total_seconds()


def test_random_kills_of_two_schedulers_beside_commands_lose_nothing_and_run_nothing_twice_at_once(
    crew, runs: Runs, database: Database, journal: Journal, tmp_path: Path
) -> None:
    chance = random.Random(4711)
    as_told = {"every_s": EVERY_S, "step_s": 0.05, "attempts": ATTEMPTS}
    schedulers = [crew.start(**as_told) for _ in range(2)]
    stop = threading.Event()
    outcomes: list[str] = []
    command = threading.Thread(target=run_commands, args=(database, tmp_path / "journal", stop, outcomes))
    command.start()
    accepted = []
    try:
        for _ in range(ROUNDS):
            accepted += [runs.enqueue("dream", project, requested_by="ann", priority=10) for project in (1, 2, 3)]
            time.sleep(chance.uniform(0.1, 1.0))
            victims = chance.choice(([0], [1], [0, 1]))
            for victim in victims:
                crew.kill(schedulers[victim])
                schedulers[victim] = crew.start(**as_told)
    finally:
        stop.set()
        command.join(PATIENCE_S)
    Schedule(database, utc_now, runs, EVERY_S).pause_all("ann")

    def unfinished() -> list[Run]:
        return [run for run in runs.history(limit=1000) if run.finished_at is None]

    until(lambda: not unfinished(), lambda: [(run.id, run.slot, run.state, run.attempt) for run in unfinished()])
    assert {runs.get(run.id).state for run in accepted} == {RunState.SUCCESS}
    assert "success" in outcomes
    assert journal.overlaps(crew.deaths) == []


def run_commands(database: Database, path: Path, stop: threading.Event, outcomes: list[str]) -> None:
    """As `sigma run` does it, again and again, beside the schedulers."""
    with make_runner(database, Labour(Journal(path), 0.05), attempts=ATTEMPTS) as runner:
        while not stop.wait(0.05):
            try:
                outcomes.append(runner.run_here("analysis", 1, requested_by="bob", wait_s=0.5).state)
            except Conflict:
                outcomes.append("held")


def test_after_a_long_pause_of_the_process_one_cycle_per_slot_makes_up(crew, runs: Runs, database: Database) -> None:
    schedule = Schedule(database, utc_now, runs, {"exchange": 1})
    process = crew.start(every_s={"exchange": 1}, step_s=0.01)
    until(lambda: runs.history("exchange", state=RunState.SUCCESS))
    crew.suspend(process, 4)
    woke_at = utc_now()
    asleep = len(runs.history("exchange"))
    until(lambda: len(runs.history("exchange")) >= asleep + 4)
    schedule.pause_all("ann")
    made = [run.queued_at for run in runs.history("exchange")][:-asleep]
    assert len(made) <= (made[0] - woke_at).total_seconds() + 2
