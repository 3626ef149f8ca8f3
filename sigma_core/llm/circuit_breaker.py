"""Leaves a model server alone that keeps failing, and tries it again after a while."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from sigma_core.formatting import duration
from sigma_core.llm.errors import CallFailed, ModelBusy, ModelUnavailable
from sigma_core.llm.model import Model, ModelAnswer, ModelRequest

FAILURES = 5
"""Calls in a row that fail before the server is left alone."""
FIRST_REST_S = 15.0
LONGEST_REST_S = 300.0


@dataclass(frozen=True)
class CircuitChange:
    """A change: the server is left alone for `rest_s` after `failures` failed calls, or (0) it answers again."""

    model: str
    failures: int
    rest_s: float
    error: str = ""


class CircuitListener(Protocol):
    """Where changes are told."""

    def changed(self, turn: CircuitChange) -> None: ...


class GuardedModel:
    """A model that is not asked while its server rests. After the rest one call tries it; all others wait for that.

    Only what tells of the server counts: out of reach, too slow, overloaded. A refused request does not.
    """

    def __init__(self, model: Model, watch: CircuitListener, *, now_s: Callable[[], float] = time.monotonic) -> None:
        self._model = model
        self._watch = watch
        self._now_s = now_s
        self._lock = threading.Lock()
        self._failures = 0
        self._rest_s = 0.0
        self._resting_until = 0.0
        self._answers = False

    @property
    def name(self) -> str:
        """The model's name as usage rows show it."""
        return self._model.name

    @property
    def remote(self) -> bool:
        """As the model itself."""
        return self._model.remote

    def complete(self, request: ModelRequest) -> ModelAnswer:
        """The model's answer. Raises `ModelUnavailable` without asking while the server rests, else as the model."""
        self._admit(request.deadline_s)
        try:
            answer = self._model.complete(request)
        except (ModelUnavailable, ModelBusy) as error:
            if error.attempts:
                self._failed(error)
            raise
        except CallFailed:
            self._answered()
            raise
        self._answered()
        return answer

    def _admit(self, trial_s: float) -> None:
        with self._lock:
            rest_s = self._resting_until - self._now_s()
            if self._failures < FAILURES:
                return
            if rest_s > 0:
                raise ModelUnavailable(
                    f"The server of {self.name} failed {self._failures} times in a row and is left alone for another "
                    f"{duration(rest_s * 1000)}.",
                    attempts=0,
                )
            # this call is the trial; the others stay away until it has ended
            self._resting_until = self._now_s() + trial_s

    def _failed(self, error: CallFailed) -> None:
        with self._lock:
            self._failures += 1
            if self._failures < FAILURES:
                return
            self._rest_s = min(LONGEST_REST_S, self._rest_s * 2 or FIRST_REST_S)
            self._resting_until = self._now_s() + self._rest_s
            turn = CircuitChange(self.name, self._failures, self._rest_s, str(error))
        self._watch.changed(turn)

    def _answered(self) -> None:
        with self._lock:
            # The first answer is told too: a process that ended may have left word of a failing server
            news = self._failures >= FAILURES or not self._answers
            self._failures, self._rest_s, self._answers = 0, 0.0, True
        if news:
            self._watch.changed(CircuitChange(self.name, 0, 0))
