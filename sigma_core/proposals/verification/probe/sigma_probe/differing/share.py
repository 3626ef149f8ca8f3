"""How long something may take: by processor time, for a busy machine makes nothing slower than it is."""

import os
import time

_PATIENCE = 4.0
"""By the wall clock it may be so many times as long."""


class Share:
    """So many seconds from now on."""

    def __init__(self, seconds, patience=_PATIENCE):
        self._patience = patience
        self._spent = _spent() + seconds
        self.end = time.monotonic() + patience * seconds
        """The end by the wall clock."""

    @property
    def left(self):
        """Seconds of processor time, or what the wall clock leaves of them; 0 when either is over."""
        by_wall = (self.end - time.monotonic()) / self._patience
        return max(min(self._spent - _spent(), by_wall), 0)


def _spent():
    """By this process and its children that have ended."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system
