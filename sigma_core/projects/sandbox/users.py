"""User ids that nobody on this machine has."""

import itertools
import os
from collections.abc import Iterator

FIRST_UID = 1_000_000_000
SLOTS = 256


def unprivileged_uids(process_id: int | None = None) -> Iterator[int]:
    """High ids, different from those of every other process that asks, so that limits per user count one run only.

    They repeat after 256, far more than ever run at once.
    """
    process = os.getpid() if process_id is None else process_id
    for slot in itertools.cycle(range(SLOTS)):
        # process ids stay below 2**22, so this stays below 2**31
        yield FIRST_UID + process * SLOTS + slot
