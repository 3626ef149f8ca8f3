"""The heartbeat of an executor: keeps its leases, brings it cancellations, and gives up what hangs."""

import logging
import threading
import time
from contextlib import ExitStack

from sigma_core.errors import Locked, Unavailable
from sigma_core.runtime.claim import LeaseLost
from sigma_core.runtime.context import RunContext, Stop
from sigma_core.runtime.executors import Executors
from sigma_core.runtime.leases import Leases
from sigma_core.state_machine import RunState

log = logging.getLogger(__name__)

LOOK_S = 0.5
"""How often it looks for cancellations and writes progress, so that both show within a second."""


class Heartbeat:
    """One thread that beats for all runs of this process and for the process itself."""

    def __init__(
        self, leases: Leases, executors: Executors, *, owner: str, kind: str, heartbeat_s: float, patience_s: float
    ) -> None:
        """`patience_s`: how long after its deadline a run may take to stop before it is given up."""
        self._leases = leases
        self._executors = executors
        self._owner = owner
        self._kind = kind
        self._heartbeat_s = heartbeat_s
        self._patience_s = patience_s
        self._watched: dict[RunContext, float] = {}
        self._beaten_at = self._steady_since = time.monotonic()
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._beat_until_stopped, name="heartbeat", daemon=True)

    def start(self) -> None:
        """Show this process as alive, and keep it so."""
        try:
            self._beat()
        except Locked as error:
            log.warning("No heartbeat: %s", error)
        self._thread.start()

    def stop(self) -> None:
        """Stop beating and take this process off the list."""
        self._stopped.set()
        self._thread.join()
        try:
            self._executors.retire(self._owner)
        except Unavailable as error:
            log.warning("%s stays on the list of executors for a while: %s", self._owner, error)

    @property
    def is_alive(self) -> bool:
        """Whether somebody still keeps the leases."""
        return self._thread.is_alive()

    @property
    def is_steady(self) -> bool:
        """Whether this process itself has beaten as it should for a while.

        Where nobody could write for longer than a lease, everybody's have run out: who lives gets time to say so before
        anybody else takes over what is his.
        """
        now = time.monotonic()
        return now - self._beaten_at < self._longest_pause_s and now - self._steady_since >= self._heartbeat_s

    @property
    def _longest_pause_s(self) -> float:
        """Between two beats: a lease outlives it."""
        return max(self._leases.lease_s - self._heartbeat_s, self._heartbeat_s)

    def watch(self, context: RunContext) -> None:
        """Keep this run's lease from now on."""
        with self._lock:
            self._watched[context] = time.monotonic() + self._heartbeat_s

    def forget(self, context: RunContext) -> None:
        """The run has ended, or is given up."""
        with self._lock:
            self._watched.pop(context, None)

    def watched(self) -> list[RunContext]:
        """The runs under way in this process; one that was given up is none of them."""
        with self._lock:
            return list(self._watched)

    def _beat_until_stopped(self) -> None:
        pause_s = min(LOOK_S, self._heartbeat_s)
        while not self._stopped.wait(pause_s):
            pause_s = min(LOOK_S, self._heartbeat_s)
            try:
                self._look_after(self.watched())
                if time.monotonic() >= self._beaten_at + self._heartbeat_s:
                    self._beat()
            except Locked as error:
                # At once again: it has been waited for already, and who waits comes next
                pause_s = 0
                log.warning("No heartbeat: %s", error)
            except Unavailable as error:
                # Without a database the leases run out, and the runs notice by themselves
                log.warning("No heartbeat: %s", error)

    def _beat(self) -> None:
        self._executors.seen(self._owner, self._kind)
        now = time.monotonic()
        if now - self._beaten_at > self._longest_pause_s:
            self._steady_since = now
        self._beaten_at = now

    def _look_after(self, contexts: list[RunContext]) -> None:
        if not contexts:
            return
        asked = self._leases.asked_to_stop([context.run_id for context in contexts])
        with ExitStack() as all_of_them:
            for context in contexts:
                if context.run_id in asked:
                    context.stop(Stop.REQUESTED)
                # One after the other may have to wait for the database
                all_of_them.enter_context(context.claim.asking())
            for context in contexts:
                try:
                    self._keep(context)
                except LeaseLost:
                    context.stop(Stop.LOST)

    def _keep(self, context: RunContext) -> None:
        if context.overdue_s() > self._patience_s:
            self.forget(context)
            log.error("Run %d hangs beyond its deadline and is given up; its thread goes on.", context.run_id)
            context.claim.finish(RunState.ERROR, error=f"Given up: {Stop.DEADLINE}, and it did not stop when asked.")
            return
        news = context.take_news()
        with self._lock:
            beat_at = self._watched.get(context)
        if beat_at is None or (news is None and time.monotonic() < beat_at):
            return
        context.claim.beat(news)
        with self._lock:
            if context in self._watched:
                self._watched[context] = time.monotonic() + self._heartbeat_s
