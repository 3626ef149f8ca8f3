"""A scheduler process to be killed, and the journal that tells afterwards what it did when."""

import json
import os
import signal
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from fakes.runner_parts import Times, make_runner

from sigma_core.clock import utc_now
from sigma_core.database import Database
from sigma_core.runtime.context import RunContext
from sigma_core.runtime.execution import CycleFigures
from sigma_core.runtime.runs import Runs
from sigma_core.runtime.schedule import Schedule
from sigma_core.runtime.service import Service, run_until_told
from sigma_core.runtime.tables import Run

STEPS = ("one", "two", "three")


@dataclass(frozen=True)
class Entry:
    """A step of a run began or ended in a process. `at` is the machine's monotonic clock."""

    event: str
    slot: str
    run_id: int
    step: str
    pid: int
    at: float


class Journal:
    """A file to which many processes append whole lines."""

    def __init__(self, path: Path) -> None:
        self._path = path
        path.touch()

    def note(self, event: str, run: Run, step: str) -> None:
        line = json.dumps([event, run.slot, run.id, step, os.getpid(), time.monotonic()]) + "\n"
        descriptor = os.open(self._path, os.O_WRONLY | os.O_APPEND)
        os.write(descriptor, line.encode())
        os.close(descriptor)

    def entries(self) -> list[Entry]:
        return [Entry(*json.loads(line)) for line in self._path.read_text().splitlines()]

    def done(self, run_id: int | None) -> list[str]:
        """The steps of a run that ended, in order."""
        return [entry.step for entry in self.entries() if entry.run_id == run_id and entry.event == "done"]

    def began(self, run_id: int | None, step: str) -> bool:
        """Whether somebody has begun this step of the run."""
        return any(each.run_id == run_id and each.step == step and each.event == "start" for each in self.entries())

    def overlaps(self, deaths: Mapping[int, float]) -> list[tuple[Entry, Entry]]:
        """Steps of one slot that were under way at the same time. A killed process's steps ended with it."""
        spans: dict[str, list[tuple[float, float, Entry]]] = {}
        open_steps: dict[tuple[int, int, str], Entry] = {}
        for entry in self.entries():
            key = (entry.pid, entry.run_id, entry.step)
            if entry.event == "start":
                open_steps[key] = entry
            else:
                began = open_steps.pop(key)
                spans.setdefault(entry.slot, []).append((began.at, entry.at, began))
        for began in open_steps.values():
            spans.setdefault(began.slot, []).append((began.at, deaths[began.pid], began))
        return [
            (first, second)
            for slot in spans.values()
            for (_, first_end, first), (second_start, _, second) in pairwise(sorted(slot, key=lambda span: span[0]))
            if second_start < first_end
        ]


@dataclass(frozen=True)
class Setup:
    """What a scheduler process is told."""

    url: str
    journal: Path
    step_s: float = 0.1
    lasts_s: Mapping[str, float] = field(default_factory=dict)
    """Of single steps, where it is not `step_s`."""
    grace_s: float = 60
    times: Times = field(default_factory=Times)
    threads: int = 4
    attempts: int = 3
    every_s: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Labour:
    """Three steps. The worker "hang" never ends its first one, the worker "lethal" kills its process."""

    journal: Journal
    step_s: float
    lasts_s: Mapping[str, float] = field(default_factory=dict)

    def __call__(self, run: Run, context: RunContext) -> CycleFigures:
        for name in STEPS:
            context.step(name, lambda name=name: self._step(run, name))
        return CycleFigures(produced=len(STEPS))

    def _step(self, run: Run, name: str) -> str:
        self.journal.note("start", run, name)
        if run.worker == "lethal":
            os.kill(os.getpid(), signal.SIGKILL)
        time.sleep(600 if run.worker == "hang" else self.lasts_s.get(name, self.step_s))
        self.journal.note("done", run, name)
        return name


def serve(setup: Setup) -> None:
    """The whole life of the process."""
    database = Database(setup.url)
    labour = Labour(Journal(setup.journal), setup.step_s, setup.lasts_s)
    runner = make_runner(database, labour, setup.times, threads=setup.threads, attempts=setup.attempts)
    runs = Runs(database, utc_now)
    schedule = Schedule(database, utc_now, runs, setup.every_s)
    sys.exit(run_until_told(Service(schedule, runner, grace_s=setup.grace_s)))
