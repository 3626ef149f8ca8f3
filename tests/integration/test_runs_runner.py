"""A real runner with its threads on both databases: figures, errors, retries, cancelling, deadlines, draining."""

import logging
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from fakes.patience import PATIENCE_S, until
from fakes.runner_parts import USUAL, Times, add_projects, make_runner

from sigma_core.clock import utc_now
from sigma_core.database import Database
from sigma_core.errors import Conflict, Retryable, Unavailable
from sigma_core.runtime.context import RunContext
from sigma_core.runtime.execution import CycleFigures, Execute
from sigma_core.runtime.executors import Executors
from sigma_core.runtime.runner import Runner
from sigma_core.runtime.runs import Runs
from sigma_core.runtime.tables import Run
from sigma_core.state_machine import RunState

DONE = CycleFigures()


def at_once(run: Run, context: RunContext) -> CycleFigures:
    return DONE


@pytest.fixture(autouse=True)
def nobody_left_behind(database: Database) -> Iterator[None]:
    """The database is let go of once the threads of a test have ended: they would connect anew."""
    before = set(threading.enumerate())
    yield
    until(lambda: not any(thread.is_alive() for thread in set(threading.enumerate()) - before), threading.enumerate)


@pytest.fixture
def runs(database: Database) -> Runs:
    add_projects(database, (1, 2, 3))
    return Runs(database, utc_now)


@contextmanager
def serving(database: Database, execute: Execute, times: Times = USUAL, *, grace_s: float = 5) -> Iterator[Runner]:
    with make_runner(database, execute, times) as runner:
        runner.start()
        try:
            yield runner
        finally:
            runner.drain(grace_s)


def ended(runs: Runs, run: Run) -> Run:
    return reaching(runs, run, lambda now: now.finished_at is not None)


def reaching(runs: Runs, run: Run, wanted: Callable[[Run], bool]) -> Run:
    until(lambda: wanted(runs.get(run.id)), lambda: runs.get(run.id))
    return runs.get(run.id)


def obedient(started: threading.Event) -> Execute:
    """A cycle that goes on until it is asked to stop."""

    def execute(run: Run, context: RunContext) -> CycleFigures:
        started.set()
        while True:
            context.check()
            time.sleep(0.01)

    return execute


def test_a_run_keeps_its_figures_and_duration(database: Database, runs: Runs) -> None:
    def execute(run: Run, context: RunContext) -> CycleFigures:
        time.sleep(0.15)
        return CycleFigures(produced=4, published=2, received=1, figures={"files": 30, "odd": "a\0b"})

    with serving(database, execute):
        done = ended(runs, runs.enqueue("analysis", 1))
    assert (done.state, done.produced, done.published, done.received) == (RunState.SUCCESS, 4, 2, 1)
    assert done.figures == {"files": 30, "odd": "a\ufffdb"}
    assert done.duration_ms >= 150
    assert done.owner


def test_every_kind_of_failure_ends_in_words(database: Database, runs: Runs) -> None:
    def execute(run: Run, context: RunContext) -> CycleFigures:
        if run.worker == "analysis":
            raise Unavailable("The model server does not answer.")
        if run.worker == "dream":
            return CycleFigures(produced=1, error="2 of 3 projects failed")
        if run.worker == "think":
            return CycleFigures(figures={"when": utc_now()})
        raise KeyError("missing\0")

    with serving(database, execute):
        known, partly, odd, bug = (
            ended(runs, runs.enqueue(name, 1)) for name in ("analysis", "dream", "think", "recall")
        )
    assert {run.state for run in (known, partly, odd, bug)} == {RunState.ERROR}
    assert known.error == "The model server does not answer."
    assert (partly.produced, partly.error) == (1, "2 of 3 projects failed")
    assert odd.error.startswith("TypeError")
    assert bug.error.startswith("KeyError")
    assert "Traceback" in bug.error


def test_what_may_work_later_is_tried_again_and_fails_at_the_last_attempt(database: Database, runs: Runs) -> None:
    attempts: list[int] = []

    def execute(run: Run, context: RunContext) -> CycleFigures:
        attempts.append(run.attempt)
        context.step("once", lambda: len(attempts))
        raise Retryable("The model is busy.", after_s=1)

    with serving(database, execute):
        run = runs.enqueue("analysis", 1)
        waiting = reaching(runs, run, lambda now: now.error is not None)
        assert (waiting.state, waiting.error) == (RunState.QUEUED, "The model is busy.")
        assert ended(runs, run).error == "The model is busy. (attempt 3, the last)"
    assert attempts == [1, 2, 3]


def test_a_running_cycle_learns_of_its_cancelling(database: Database, runs: Runs) -> None:
    started = threading.Event()
    with serving(database, obedient(started)):
        run = runs.enqueue("analysis", 1)
        assert started.wait(PATIENCE_S)
        runs.cancel(run.id, "ann")
        assert ended(runs, run).state == RunState.CANCELLED


def test_progress_shows_in_the_run_before_the_next_heartbeat(database: Database, runs: Runs) -> None:
    leave = threading.Event()

    def execute(run: Run, context: RunContext) -> CycleFigures:
        context.progress("reading 3 of 9 files")
        leave.wait(PATIENCE_S)
        return DONE

    with serving(database, execute, Times(lease_s=3600, heartbeat_s=1200)):
        run = runs.enqueue("analysis", 1)
        reaching(runs, run, lambda now: now.progress == "reading 3 of 9 files")
        leave.set()


def test_a_cycle_that_heeds_its_deadline_fails_with_that_reason(database: Database, runs: Runs) -> None:
    with serving(database, obedient(threading.Event()), Times(deadline_s=0.3)):
        run = ended(runs, runs.enqueue("analysis", 1))
    assert (run.state, run.attempt) == (RunState.ERROR, 1)
    assert "longer than a run may" in run.error


def test_a_hung_step_is_given_up_and_its_place_and_slot_are_free_again(database: Database, runs: Runs) -> None:
    leave, over = threading.Event(), threading.Event()
    results: list[str] = []

    def execute(run: Run, context: RunContext) -> CycleFigures:
        if not results:
            results.append("hangs")
            leave.wait(PATIENCE_S)
            results.append("woke up")
            try:
                context.step("too late", lambda: results.append("recorded"))
            finally:
                over.set()
        return DONE

    with serving(database, execute, Times(deadline_s=1, lease_s=2, heartbeat_s=0.1)):
        hung = ended(runs, runs.enqueue("analysis", 1))
        assert hung.state == RunState.ERROR
        assert "Given up" in hung.error
        # the next one has no more time than that: on a busy machine it may be another one that ends well
        until(lambda: ended(runs, runs.enqueue("analysis", 1)).state == RunState.SUCCESS)
        leave.set()
    assert over.wait(PATIENCE_S)
    assert results == ["hangs", "woke up"]
    assert runs.get(hung.id).error == hung.error


def test_the_exchange_runs_although_all_places_are_taken(database: Database, runs: Runs) -> None:
    leave = threading.Event()

    def execute(run: Run, context: RunContext) -> CycleFigures:
        if run.worker != "exchange":
            leave.wait(PATIENCE_S)
        return DONE

    with serving(database, execute):
        long = [runs.enqueue("analysis", project) for project in (1, 2, 3)]
        reaching(runs, long[1], lambda now: now.state == RunState.RUNNING)
        assert ended(runs, runs.enqueue("exchange")).state == RunState.SUCCESS
        assert runs.get(long[2].id).state == RunState.QUEUED
        leave.set()


def test_draining_lets_short_cycles_end_and_gives_long_ones_back(database: Database, runs: Runs) -> None:
    started = threading.Event()

    def execute(run: Run, context: RunContext) -> CycleFigures:
        if run.worker == "dream":
            time.sleep(0.5)
            return DONE
        return obedient(started)(run, context)

    with serving(database, execute, Times(lease_s=3600), grace_s=3):
        long, short = runs.enqueue("analysis", 1), runs.enqueue("dream", 1)
        assert started.wait(PATIENCE_S)
        reaching(runs, short, lambda now: now.state != RunState.QUEUED)
    assert Executors(database).alive(60) == []
    assert runs.get(short.id).state == RunState.SUCCESS
    with serving(database, at_once, Times(lease_s=3600)):
        done = ended(runs, long)
    assert (done.state, done.attempt) == (RunState.SUCCESS, 1)


def test_a_cycle_that_does_not_heed_draining_is_left_behind(database: Database, runs: Runs) -> None:
    leave, started, over = threading.Event(), threading.Event(), threading.Event()

    def execute(run: Run, context: RunContext) -> CycleFigures:
        started.set()
        leave.wait(PATIENCE_S)
        over.set()
        return DONE

    with serving(database, execute, Times(lease_s=60), grace_s=0):
        run = runs.enqueue("analysis", 1)
        assert started.wait(PATIENCE_S)
    assert runs.holder("analysis", 1) is None
    leave.set()
    assert over.wait(PATIENCE_S)
    assert runs.get(run.id).finished_at is None


def test_a_command_runs_here_and_now_and_hears_the_progress(database: Database, runs: Runs) -> None:
    def execute(run: Run, context: RunContext) -> CycleFigures:
        context.progress("half")
        return CycleFigures(produced=1)

    heard: list[str] = []
    with make_runner(database, execute) as runner:
        done = runner.run_here("analysis", 1, requested_by="ann", tell=heard.append)
    assert (done.state, done.produced, done.requested_by) == (RunState.SUCCESS, 1, "ann")
    assert heard == ["half"]


def test_a_command_is_not_tried_again_later(database: Database, runs: Runs) -> None:
    def execute(run: Run, context: RunContext) -> CycleFigures:
        raise Retryable("The model is busy.")

    with make_runner(database, execute) as runner:
        done = runner.run_here("analysis", 1, requested_by="ann")
    assert (done.state, done.error) == (RunState.ERROR, "The model is busy.")


def test_a_command_waits_for_the_cycle_that_is_under_way_or_says_who_has_it(database: Database, runs: Runs) -> None:
    leave = threading.Event()

    def execute(run: Run, context: RunContext) -> CycleFigures:
        leave.wait(PATIENCE_S)
        return DONE

    with serving(database, execute), make_runner(database, at_once) as command:
        first = runs.enqueue("analysis", 1)
        reaching(runs, first, lambda now: now.state == RunState.RUNNING)
        with pytest.raises(Conflict, match=f"run {first.id}"):
            command.run_here("analysis", 1, requested_by="ann", wait_s=0.3)
        threading.Timer(0.3, leave.set).start()
        assert command.run_here("analysis", 1, requested_by="ann", wait_s=PATIENCE_S).state == RunState.SUCCESS


def test_an_interrupted_command_frees_its_slot_at_once(database: Database, runs: Runs) -> None:
    def execute(run: Run, context: RunContext) -> CycleFigures:
        raise KeyboardInterrupt

    with make_runner(database, execute) as runner, pytest.raises(KeyboardInterrupt):
        runner.run_here("analysis", 1, requested_by="ann")
    assert runs.history()[0].state == RunState.CANCELLED
    assert runs.holder("analysis", 1) is None


STOPPING = pytest.mark.parametrize("order", [signal.SIGINT, signal.SIGTERM])


@STOPPING
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_ctrl_c_stops_a_command_even_where_python_swallows_it(
    database: Database, runs: Runs, order: signal.Signals
) -> None:
    class Finalized:
        def __del__(self) -> None:
            signal.raise_signal(order)

    def execute(run: Run, context: RunContext) -> CycleFigures:
        del run
        Finalized()
        context.check()
        return DONE

    before = signal.getsignal(order)
    with make_runner(database, execute) as runner, pytest.raises(KeyboardInterrupt):
        runner.run_here("analysis", 1, requested_by="ann")
    ended = runs.history()[0]
    assert (ended.state, ended.error) == (RunState.CANCELLED, "Interrupted.")
    assert signal.getsignal(order) is before


@STOPPING
def test_what_ctrl_c_breaks_is_no_failure_of_the_cycle(
    database: Database, runs: Runs, order: signal.Signals, caplog: pytest.LogCaptureFixture
) -> None:
    def execute(run: Run, context: RunContext) -> CycleFigures:
        del run, context
        try:
            signal.raise_signal(order)
        except KeyboardInterrupt as broken:
            raise RuntimeError("the connection is in the middle of an answer") from broken
        return DONE

    caplog.set_level(logging.INFO)
    with make_runner(database, execute) as runner, pytest.raises(KeyboardInterrupt):
        runner.run_here("analysis", 1, requested_by="ann")
    ended = runs.history()[0]
    assert (ended.state, ended.error) == (RunState.CANCELLED, "Interrupted.")
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []
    assert "in the middle of an answer" in caplog.text
