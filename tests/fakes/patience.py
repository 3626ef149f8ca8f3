"""How tests wait for what other threads and processes do."""

import time
from collections.abc import Callable

PATIENCE_S = 120
"""How long anything may take: a busy machine is no failure."""


def until(
    condition: Callable[[], object],
    why: Callable[[], object] = lambda: "it did not happen",
    *,
    within_s: float = PATIENCE_S,
) -> None:
    """Wait until it holds; `why` tells what there was instead."""
    ends = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < ends, why()
        time.sleep(0.02)
