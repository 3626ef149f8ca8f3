"""Answers that take long on a large graph: asked for once at a time, the last one given meanwhile."""

import threading
import time
from collections.abc import Callable, Hashable
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from typing import Any

FRESH_S = 10.0


@dataclass
class _Known:
    asked: "Future[Any]"
    began: float
    last: "Future[Any] | None" = None
    """What was answered before."""


class SingleFlight:
    """The last answer to each question. One older than `fresh_s` is still given, and asked for anew behind it."""

    def __init__(self, pool: Executor, fresh_s: float = FRESH_S, clock: Callable[[], float] = time.monotonic) -> None:
        self._pool, self._fresh_s, self._clock = pool, fresh_s, clock
        self._lock = threading.Lock()
        self._known: dict[Hashable, _Known] = {}

    def ask(self, question: Hashable, read: Callable[[], Any]) -> "Future[Any]":
        """An answer, or the promise of the first one. What fails is asked for again the next time."""
        with self._lock:
            known = self._known.get(question)
            if known is None or self._is_over(known):
                last = known.asked if known is not None and _succeeded(known.asked) else None
                known = _Known(self._pool.submit(read), self._clock(), last or (known.last if known else None))
                self._known[question] = known
            return known.last if known.last is not None and not _succeeded(known.asked) else known.asked

    def _is_over(self, known: _Known) -> bool:
        if not known.asked.done():
            return False
        return not _succeeded(known.asked) or self._clock() - known.began > self._fresh_s


def _succeeded(asked: "Future[Any]") -> bool:
    return asked.done() and not asked.cancelled() and asked.exception() is None
