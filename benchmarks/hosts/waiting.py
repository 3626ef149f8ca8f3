"""Waiting for what becomes so, while the database may be away."""

import sys
import time
from collections.abc import Callable

from sigma_core.errors import Unavailable

PATIENCE_S = 1200.0


def until(condition: Callable[[], bool], what: str) -> None:
    """Wait for it, the database being away or not."""
    ends = time.monotonic() + PATIENCE_S
    while True:
        try:
            if condition():
                return
        except Unavailable:
            pass
        if time.monotonic() > ends:
            sys.exit(f"Given up after {PATIENCE_S:.0f} s: {what}.")
        time.sleep(0.02)
