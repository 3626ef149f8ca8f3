"""Signals of the system: ending with the process that started us, and being interrupted in good order."""

import ctypes
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

_PDEATHSIG = 1


def die_with_parent() -> Callable[[], None]:
    """To be called in a child: should this process be killed outright, the child is told to end (Linux)."""
    parent = os.getpid()

    def ask_the_system() -> None:
        if sys.platform == "linux":
            ctypes.CDLL(None).prctl(_PDEATHSIG, signal.SIGTERM)
            if os.getppid() != parent:
                os._exit(1)

    return ask_the_system


@contextmanager
def interruptible(tell: Callable[[], None]) -> Iterator[None]:
    """Ctrl-C and SIGTERM raise `KeyboardInterrupt` here, and `tell` hears of it first.

    For an exception alone is lost where Python may not raise (in a finalizer), and may come out of a library as
    another one. In other threads than the main one nothing is changed: signals do not come there.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        tell()
        raise KeyboardInterrupt

    before = {number: signal.signal(number, interrupt) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
