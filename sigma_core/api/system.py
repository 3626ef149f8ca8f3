"""The system that the routes speak to, and where a long call has got to."""

import time
from collections.abc import Callable
from typing import Annotated, TypeVar

from fastapi import Depends, Query, Request

from sigma_core.runtime.system import System

LONGEST_WAIT_S = 30.0
POLL_S = 0.1
Wait = Annotated[float, Query(ge=0, le=LONGEST_WAIT_S, description="Seconds to wait for the end; 0: answer at once.")]
Asked = TypeVar("Asked")


def _system(request: Request) -> System:
    provide: Callable[[], System] = request.app.state.system
    return provide()


Sigma = Annotated[System, Depends(_system)]
"""The whole of SIGMA."""


def waited_for(look: Callable[[], Asked], ended: Callable[[Asked], bool], wait_s: float) -> Asked:
    """What `look` tells once it has ended, at the latest after so many seconds."""
    ends = time.monotonic() + wait_s
    while not ended(seen := look()) and time.monotonic() < ends:
        time.sleep(POLL_S)
    return seen
