"""Processes are killed, paused and told to stop in the midst of runs, on both databases."""

import signal
from collections.abc import Callable

from fakes.crash_executor import STEPS, Journal
from fakes.patience import until
from fakes.runner_parts import Times

from sigma_core.runtime.runs import Runs
from sigma_core.runtime.tables import Run
from sigma_core.state_machine import RunState

Ended = Callable[..., Run]
Underway = Callable[[Run, str], None]

A_MOMENT_S, FOR_EVER_S = 3, 600
"""How long a step lasts that is to be met while it is under way; the longer one is never waited for."""


def test_two_processes_of_four_threads_run_each_of_forty_runs_once_and_no_slot_twice_at_once(
    crew, runs: Runs, journal: Journal
) -> None:
    for _ in range(2):
        crew.start(step_s=0.005)
    wanted = dict.fromkeys(range(1, 11), 4)
    asked: set[int | None] = set()

    def all_asked() -> bool:
        for project in wanted:
            if wanted[project] and (run := runs.enqueue("analysis", project)).id not in asked:
                asked.add(run.id)
                wanted[project] -= 1
        return not any(wanted.values())

    until(all_asked)
    until(lambda: all(run.finished_at for run in runs.history(limit=100)))
    done = runs.history(limit=100)
    assert [(run.state, run.attempt) for run in done] == [(RunState.SUCCESS, 1)] * 40
    assert all(journal.done(run.id) == list(STEPS) for run in done)
    assert journal.overlaps(crew.deaths) == []
    assert len({run.owner for run in done}) == 2


def test_after_kill_9_another_process_goes_on_where_the_dead_one_stood(
    crew, runs: Runs, journal: Journal, ended: Ended, underway: Underway
) -> None:
    run = runs.enqueue("analysis", 1)
    first = crew.start(lasts_s={"two": FOR_EVER_S})
    underway(run, "two")
    crew.start(step_s=0.05)
    crew.kill(first)
    done = ended(run)
    assert (done.state, done.attempt) == (RunState.SUCCESS, 2)
    assert journal.done(run.id) == list(STEPS)
    assert journal.overlaps(crew.deaths) == []


def test_after_kill_9_the_queued_twin_waits_for_the_take_over(
    crew, runs: Runs, journal: Journal, ended: Ended, underway: Underway
) -> None:
    run = runs.enqueue("analysis", 1)
    first = crew.start(lasts_s={"one": FOR_EVER_S})
    underway(run, "one")
    twin = runs.enqueue("analysis", 1, priority=10)
    crew.start(step_s=0.05)
    crew.kill(first)
    assert ended(twin).state == ended(run).state == RunState.SUCCESS
    assert journal.overlaps(crew.deaths) == []
    assert [entry.run_id for entry in journal.entries() if entry.event == "done"] == [run.id] * 3 + [twin.id] * 3


def test_a_process_that_was_paused_beyond_its_lease_finds_its_run_lost(
    crew, runs: Runs, journal: Journal, ended: Ended, underway: Underway
) -> None:
    run = runs.enqueue("analysis", 1)
    paused = crew.start(lasts_s={"two": A_MOMENT_S})
    underway(run, "two")
    crew.signal(paused, signal.SIGSTOP)
    crew.forget(paused)
    successor = crew.start(step_s=0.05)
    done = ended(run)
    assert (done.state, done.attempt) == (RunState.SUCCESS, 2)
    crew.kill(successor)
    crew.signal(paused, signal.SIGCONT)
    # Its step in flight may end, as nobody can call it back; nothing after it begins, and nothing is recorded
    until(lambda: journal.done(run.id).count("two") == 2)
    other = runs.enqueue("analysis", 2)
    assert ended(other).state == RunState.SUCCESS
    assert journal.done(run.id).count("three") == 1
    assert runs.get(run.id) == done
    assert paused.is_alive()


def test_the_next_run_of_a_cancelled_one_waits_for_its_step_to_end(
    crew, runs: Runs, journal: Journal, ended: Ended, underway: Underway
) -> None:
    run = runs.enqueue("analysis", 1)
    for _ in range(2):
        crew.start(lasts_s={"one": A_MOMENT_S})
    underway(run, "one")
    twin = runs.enqueue("analysis", 1)
    runs.cancel(run.id, "ann")
    assert ended(run).state == RunState.CANCELLED
    assert journal.done(run.id) == ["one"]
    assert ended(twin).state == RunState.SUCCESS
    assert journal.overlaps(crew.deaths) == []


def test_a_run_that_kills_its_process_is_given_up_after_three_attempts(
    crew, runs: Runs, ended: Ended, journal: Journal
) -> None:
    run = runs.enqueue("lethal", 1)
    for attempt in (1, 2, 3):
        victim = crew.start()
        assert crew.joins(victim) == -signal.SIGKILL
        crew.forget(victim)
        assert runs.get(run.id).attempt == attempt
    crew.start()
    done = ended(run)
    assert done.state == RunState.ERROR
    assert len(journal.entries()) == 3


def test_a_hung_step_cannot_hold_its_slot_for_ever(crew, runs: Runs, ended: Ended) -> None:
    run = runs.enqueue("hang", 1)
    process = crew.start(times=Times(lease_s=3, deadline_s=0.5))
    assert ended(run).state == RunState.ERROR
    assert runs.holder("hang", 1) is None
    assert process.is_alive()


def test_sigterm_lets_running_steps_end(crew, runs: Runs, ended: Ended, underway: Underway) -> None:
    run = runs.enqueue("analysis", 1)
    process = crew.start(step_s=0.3)
    underway(run, "one")
    crew.signal(process, signal.SIGTERM)
    assert crew.joins(process) == 0
    assert runs.get(run.id).state == RunState.SUCCESS


def test_sigterm_without_grace_gives_the_run_to_a_successor_at_once(
    crew, runs: Runs, journal: Journal, ended: Ended, underway: Underway
) -> None:
    run = runs.enqueue("analysis", 1)
    process = crew.start(lasts_s={"two": FOR_EVER_S}, grace_s=0)
    underway(run, "two")
    crew.signal(process, signal.SIGTERM)
    assert crew.joins(process) == 0
    crew.start(step_s=0.05)
    done = ended(run)
    assert (done.state, done.attempt) == (RunState.SUCCESS, 1)
    assert journal.done(run.id) == list(STEPS)
