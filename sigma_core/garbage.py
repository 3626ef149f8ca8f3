"""When the interpreter looks for garbage."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def collecting_later() -> Iterator[None]:
    """Look for no garbage meanwhile.

    Rows and syntax trees have no circles, so they go without it, and to look through all of them, over and over, takes
    longer than to make them.
    """
    was_collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        # Of two at once the one that stopped it starts it again
        if was_collecting:
            gc.enable()
