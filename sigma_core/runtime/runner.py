"""Takes runs from the queue and executes them, in threads of this process."""

import logging
import threading
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from sigma_core.errors import Conflict, Unavailable
from sigma_core.jobs import EXPRESS
from sigma_core.process_signals import interruptible
from sigma_core.runtime.claim import Claim
from sigma_core.runtime.context import RunContext, Stop
from sigma_core.runtime.execution import Ending, Execute, execute_to_its_end, record
from sigma_core.runtime.heartbeat import Heartbeat
from sigma_core.runtime.leases import Leases
from sigma_core.runtime.runs import Runs
from sigma_core.runtime.tables import Run
from sigma_core.state_machine import RunState

log = logging.getLogger(__name__)

WITHOUT_DATABASE_S = 2.0
"""How long to wait before asking a database again that did not answer."""

LAST_WORDS_S = 1.0
"""How long a run that was asked to stop may take before the process goes without it."""


@dataclass(frozen=True)
class Limits:
    """`threads` cycles at once, and one more for the `express` workers, which are short and must not wait."""

    threads: int = 2
    express: Collection[str] = EXPRESS
    deadline_s: float = 3600
    poll_s: float = 0.2


class Runner:
    """An executor. ``with runner:`` shows it alive and keeps leases.

    Inside, `start` and `drain` serve the queue in the background; `run_here` does one run in the calling thread.
    """

    def __init__(
        self, runs: Runs, leases: Leases, heartbeat: Heartbeat, execute: Execute, *, owner: str, limits: Limits
    ) -> None:
        self._runs = runs
        self._leases = leases
        self._heartbeat = heartbeat
        self._execute = execute
        self._owner = owner
        self._limits = limits
        self._draining = threading.Event()
        self._look = threading.Event()
        self._thread = threading.Thread(target=self._serve, name="claims", daemon=True)

    def __enter__(self) -> Self:
        self._heartbeat.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._heartbeat.stop()

    def start(self) -> None:
        """Take runs from the queue and execute them, in the background."""
        self._thread.start()

    @property
    def is_alive(self) -> bool:
        """Whether it still takes runs and keeps their leases."""
        return self._thread.is_alive() and self._heartbeat.is_alive

    def drain(self, grace_s: float) -> None:
        """Take nothing new; let running cycles end for `grace_s` seconds, then stop them and give their runs back."""
        self._draining.set()
        self._look.set()
        self._thread.join()
        self._wait_until_idle(grace_s)
        for context in self._heartbeat.watched():
            context.stop(Stop.DRAIN)
        self._wait_until_idle(LAST_WORDS_S)
        for context in self._heartbeat.watched():
            self._record(context, Ending(None))

    def run_here(
        self,
        worker: str,
        project_id: int | None,
        *,
        requested_by: str,
        wait_s: float = 0,
        tell: Callable[[str], None] | None = None,
    ) -> Run:
        """Execute one run now, in the calling thread; returns its record. A failure is final: nothing is retried.

        Raises `Conflict` naming who executes it elsewhere, after waiting `wait_s` seconds for its end.
        """
        claim = self._claim_here(worker, project_id, requested_by, time.monotonic() + wait_s)
        context = self._begin(claim, tell)
        try:
            with interruptible(lambda: context.stop(Stop.INTERRUPTED)):
                ending = self._end_of(context)
        except KeyboardInterrupt:
            self._record(context, Ending(RunState.CANCELLED, "Interrupted."))
            raise
        self._record(context, Ending(RunState.ERROR, ending.error) if ending.retry_after_s else ending)
        if context.reason() == Stop.INTERRUPTED:
            raise KeyboardInterrupt
        return self._runs.get(claim.run_id)

    def _claim_here(self, worker: str, project_id: int | None, requested_by: str, give_up_at: float) -> Claim:
        while True:
            try:
                return self._leases.claim_slot(
                    self._owner, worker, project_id, requested_by=requested_by, take_over=self._heartbeat.is_steady
                )
            except Conflict:
                if time.monotonic() >= give_up_at:
                    raise
                time.sleep(self._limits.poll_s)

    def _serve(self) -> None:
        while not self._draining.is_set():
            try:
                claim = self._next()
            except Unavailable as error:
                log.warning("Nothing can be taken from the queue: %s", error)
                self._draining.wait(WITHOUT_DATABASE_S)
                continue
            if claim is None:
                self._look.wait(self._limits.poll_s)
                self._look.clear()
                continue
            context = self._begin(claim)
            threading.Thread(target=self._work, args=(context,), name=f"run-{claim.run_id}", daemon=True).start()

    def _next(self) -> Claim | None:
        busy = len(self._heartbeat.watched())
        if busy > self._limits.threads:
            return None
        workers = None if busy < self._limits.threads else self._limits.express
        return self._leases.claim(self._owner, workers, take_over=self._heartbeat.is_steady)

    def _begin(self, claim: Claim, tell: Callable[[str], None] | None = None) -> RunContext:
        context = RunContext(claim, self._limits.deadline_s, tell)
        self._heartbeat.watch(context)
        return context

    def _work(self, context: RunContext) -> None:
        self._record(context, self._end_of(context))
        self._look.set()

    def _end_of(self, context: RunContext) -> Ending:
        return execute_to_its_end(self._execute, context, self._leases.attempts)

    def _record(self, context: RunContext, ending: Ending) -> None:
        try:
            record(context.claim, ending)
        finally:
            self._heartbeat.forget(context)

    def _wait_until_idle(self, at_most_s: float) -> None:
        until = time.monotonic() + at_most_s
        while self._heartbeat.watched() and time.monotonic() < until:
            time.sleep(0.05)
