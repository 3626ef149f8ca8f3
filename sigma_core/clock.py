"""Time comes in through constructors, so that tests own it."""

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]
"""Returns the current moment in UTC, with its zone."""


def utc_now() -> datetime:
    """The system's clock."""
    return datetime.now(UTC)
