"""The scheduler process: asks for cycles when they are due, executes them, and stops in good order."""

import logging
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, TypeVar

from apscheduler.executors.pool import ThreadPoolExecutor  # type: ignore[import-untyped]
from apscheduler.schedulers.background import BackgroundScheduler  # type: ignore[import-untyped]
from apscheduler.triggers.interval import IntervalTrigger  # type: ignore[import-untyped]

from sigma_core import logs
from sigma_core.errors import Locked
from sigma_core.runtime import cron
from sigma_core.runtime.moments import ClockWatch, set_right
from sigma_core.runtime.recall_door import recall_door
from sigma_core.runtime.runner import Runner
from sigma_core.runtime.schedule import Schedule, told_timing
from sigma_core.runtime.tables import Job

if TYPE_CHECKING:
    from sigma_core.runtime.system import System

log = logging.getLogger(__name__)
Result = TypeVar("Result")

FOLLOW_S = 0.5
"""How soon a change of the job table is taken up."""

FOLLOW = "follow the job table"
STRATEGIES_S = 5
"""How soon a strategy is run, or a prompt evolved, whose execution went wrong."""
MOMENTS_S = 60
"""How often it is looked for what a clock that ran ahead has left behind; also as soon as the clock is put back."""
WATCH_S = 10
"""How soon a new commit is seen."""
GRAPH_S = 1
"""How often it is looked whether enough waits to be written to the graph, or long enough."""
WHOLE_S = 120
"""How often it is looked whether the graph has lost what it was told."""
VECTORS_S = 5
"""How often it is looked whether anything has changed that can be recalled, and vectors are made."""

NOTICES_S = 5
"""How soon people are told of what happened."""
TEXTS_S = 10
"""How often it is looked whether a text waits for a model to find its facts."""


@dataclass(frozen=True)
class Chore:
    """Something the scheduler does as it starts and by the way, beside the schedule that people see."""

    name: str
    every_s: int
    do: Callable[[], object]


class Service:
    """Joins schedule and runner. APScheduler only tells the time: what is due stands in our tables."""

    def __init__(
        self,
        schedule: Schedule,
        runner: Runner,
        *,
        chores: Sequence[Chore] = (),
        grace_s: float,
        put_back: Callable[[], bool] | None = None,
    ) -> None:
        """`grace_s`: how long running cycles may go on after the order to stop; `put_back`: was the clock, just now?"""
        self._put_back = put_back or ClockWatch().was_put_back
        self._chores = chores
        self._schedule = schedule
        self._runner = runner
        self._grace_s = grace_s
        self._threads = {"default": ThreadPoolExecutor(1), "chores": ThreadPoolExecutor(3)}
        self._timer = BackgroundScheduler(
            timezone=UTC,
            executors=self._threads,
            # However late (a busy machine, a laptop that slept): once, and not once for each interval missed
            job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1},
        )

    def run(self, stop: threading.Event) -> int:
        """Work until `stop` is set; the exit code: 1 if a part of it died, so that whoever started it may know."""
        patiently(self._schedule.prepare, stop)
        with self._runner:
            self._runner.start()
            self._timer.start()
            self._timer.add_job(self._follow, IntervalTrigger(seconds=FOLLOW_S), id=FOLLOW)
            for chore in self._chores:
                self._timer.add_job(
                    chore.do,
                    IntervalTrigger(seconds=chore.every_s),
                    id=chore.name,
                    executor="chores",
                    next_run_time=datetime.now(UTC),
                )
            self._follow()
            log.info("Ready: cycles start as scheduled, and on request.")
            while self._runner.is_alive and not stop.wait(FOLLOW_S):
                if self._put_back():
                    self._start_over()
            died = not self._runner.is_alive
            self._stop_timer()
            log.info("Stopping; running cycles have %g s to end.", self._grace_s)
            self._runner.drain(self._grace_s)
        return 1 if died else 0

    def _start_over(self) -> None:
        """The timer waits by the clock: what it is to do next is a moment that is far off again."""
        log.warning("The clock was put back: what waited for a moment ahead is looked at now.")
        for timed in self._timer.get_jobs():
            timed.modify(next_run_time=datetime.now(UTC))

    def _stop_timer(self) -> None:
        # Told to wait, APScheduler holds its lock while it does, and a job that asks the timer something waits for ever
        self._timer.shutdown(wait=False)
        for threads in self._threads.values():
            threads.shutdown(wait=True)

    def _follow(self) -> None:
        """Make the timer agree with the job table."""
        for job in self._schedule.jobs():
            timed = self._timer.get_job(job.name)
            if job.paused:
                if timed:
                    timed.remove()
            elif timed is None or (timed.next_run_time, timed.name) != (job.next_at, told_timing(job)):
                self._set_timer(job)

    def _set_timer(self, job: Job) -> None:
        self._timer.add_job(
            self._schedule.enqueue_due,
            cron.read(job.cron) if job.cron else IntervalTrigger(seconds=job.every_s, start_date=job.next_at),
            args=[job.name],
            id=job.name,
            name=told_timing(job),
            next_run_time=job.next_at,
            replace_existing=True,
        )


def patiently(begin: Callable[[], Result], stop: threading.Event) -> Result:
    """Do it as soon as no other process writes to the database any more. Raises `Locked` where `stop` comes first."""
    while True:
        try:
            return begin()
        except Locked as error:
            log.warning("Not started yet: %s", error)
            if stop.is_set():
                raise


def run_until_told(service: Service) -> int:
    """Run it until SIGTERM or SIGINT; the exit code of the process."""
    stop = threading.Event()

    def ask_to_stop(_signal: int, _frame: FrameType | None) -> None:
        stop.set()

    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, ask_to_stop)
    return service.run(stop)


SWITCH_S = 0.0005
"""How long a thread keeps the interpreter from others, a tenth of what is usual."""


def serve(home: Path) -> int:
    """Run the scheduler on this home until SIGTERM or SIGINT; the exit code of the process."""
    # Who holds SQLite's write lock waits for the interpreter at each statement beside a thread that reckons
    sys.setswitchinterval(SWITCH_S)
    from sigma_core.runtime.build import build
    from sigma_core.runtime.temp_folders import own_folder, sweep
    from sigma_core.settings import load_settings

    settings = load_settings(home)
    logs.configure(settings, "scheduler")
    logging.getLogger("apscheduler").setLevel(logging.WARNING)
    # A moment that finds the one before still at work is left out, as it is meant to be
    logging.getLogger("apscheduler.scheduler").addFilter(lambda record: "number of running" not in str(record.msg))
    own = own_folder()
    never = threading.Event()
    system = patiently(partial(build, settings, process="scheduler"), never)
    if swept := sweep(own.parent):
        log.info("Removed the temporary files of %d processes that were killed.", swept)
    if ahead := patiently(partial(set_right, system.database, settings.run_lease_s), never):
        log.warning("%d moments were set by a clock that ran ahead, and are brought back.", ahead)
    # Choosing it also removes what killed processes left of theirs
    log.info("Sandbox: %s.", system.projects.sandbox.grade)
    try:
        with recall_door(system):
            return run_until_told(
                Service(
                    system.runtime.schedule,
                    system.runtime.new_runner(),
                    chores=chores(system),
                    grace_s=settings.drain_s,
                )
            )
    finally:
        system.graph.adapter.close()


def chores(system: "System") -> Sequence[Chore]:
    """What is looked at by the way. Whatever ends or forgets anything is a job, so that people can pause it."""
    settings = system.settings
    return (
        Chore("set moments right", MOMENTS_S, partial(set_right, system.database, settings.run_lease_s)),
        Chore("look for new commits", WATCH_S, system.runtime.commit_watcher.look),
        Chore("write to the graph", GRAPH_S, system.graph.updater.tick),
        Chore("see whether the graph is whole", WHOLE_S, system.graph.loader.make_up_for_loss),
        Chore("make vectors of texts", VECTORS_S, system.recall.maintenance.tick),
        Chore("look for strategies to run", STRATEGIES_S, system.experiments.strategy_runs.look),
        Chore("look for prompts to evolve", STRATEGIES_S, system.prompts.evolutions.look),
        *([Chore("tell people", NOTICES_S, system.runtime.notices.tick)] if system.runtime.notices.channels else []),
        *(
            [Chore("find facts in texts", TEXTS_S, system.graph.text_extraction.tick)]
            if system.graph.text_extraction
            else []
        ),
    )
