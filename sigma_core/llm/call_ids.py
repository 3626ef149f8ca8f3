"""Names of calls."""

import secrets
import time


def new_call_id() -> str:
    """An id of its own. Later ones are greater, so that the index over them grows at its end, where it is in memory."""
    return f"{time.time_ns():016x}{secrets.token_hex(8)}"
