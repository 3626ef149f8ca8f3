"""What a running cycle sees of the runtime: say what it does, keep steps, learn that it should stop."""

import logging
import time
from collections.abc import Callable
from enum import StrEnum
from typing import TypeVar

from sigma_core.errors import Cancelled
from sigma_core.runtime.claim import Claim

log = logging.getLogger(__name__)

Result = TypeVar("Result")


class Stop(StrEnum):
    """Why a run should stop."""

    REQUESTED = "somebody asked for it"
    DEADLINE = "it took longer than a run may"
    DRAIN = "this process is stopping"
    INTERRUPTED = "Ctrl-C was pressed"
    LOST = "another process has taken it over"


class RunContext:
    """Handed to the cycle that is executed. Safe to use from the cycle's own threads."""

    def __init__(self, claim: Claim, deadline_s: float, tell: Callable[[str], None] | None = None) -> None:
        """`tell` hears the progress in this process at once, besides everybody who reads the run's row."""
        self.claim = claim
        self.run_id = claim.run_id
        self._deadline = time.monotonic() + deadline_s
        self._tell = tell
        self._stop: Stop | None = None
        self._news: str | None = None

    def progress(self, text: str) -> None:
        """Say what is being done, for people; it shows in the run's row within a second. Raises `Cancelled`."""
        self.check()
        self._news = text
        log.info("%s", text)
        if self._tell:
            self._tell(text)

    def step(self, name: str, function: Callable[[], Result]) -> Result:
        """Do a step once in the life of the run, whoever executes it: a successor gets the stored result.

        The result must be plain JSON values. Raises `Cancelled` before the step if the run should stop, and `Lost`
        after it if another executor has taken over meanwhile.
        """
        self.check()
        return self.claim.step(name, function)

    def cancelled(self) -> bool:
        """Whether the run should stop, for whatever reason: the cycle raises `Cancelled` when it can."""
        return self.reason() is not None

    def check(self) -> None:
        """Raises `Cancelled` if the run should stop."""
        if reason := self.reason():
            raise Cancelled(f"The run was stopped: {reason}.")

    def reason(self) -> Stop | None:
        """Why it should stop; None to go on."""
        if self._stop is None and self.overdue_s() > 0:
            self._stop = Stop.DEADLINE
        # A process that was suspended finds its lease gone before anybody can tell it
        return self._stop or (None if self.claim.is_held() else Stop.LOST)

    def stop(self, reason: Stop) -> None:
        """Ask it to stop; the first reason stands, unless the run is lost."""
        if self._stop is None or reason == Stop.LOST:
            self._stop = reason

    def overdue_s(self) -> float:
        """Seconds since the deadline; negative before it."""
        return time.monotonic() - self._deadline

    def take_news(self) -> str | None:
        """The progress said since the last call."""
        news, self._news = self._news, None
        return news
