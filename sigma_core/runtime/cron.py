"""Cron expressions, read by APScheduler: minute, hour, day of month, month, weekday. All moments are in UTC."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sigma_core.errors import Invalid

if TYPE_CHECKING:
    from apscheduler.triggers.cron import CronTrigger  # type: ignore[import-untyped]

LONGEST = 120
"""Characters of an expression."""


def read(expression: str) -> "CronTrigger":
    """The moments that it names. Raises `Invalid` with what is wrong."""
    # Whoever only lists jobs does not wait for it
    from apscheduler.triggers.cron import CronTrigger

    fields = expression.split()
    if len(expression) > LONGEST:
        raise Invalid({"cron": f"must not be longer than {LONGEST} characters"})
    if len(fields) != 5:
        raise Invalid({"cron": f"needs five fields (minute, hour, day of month, month, weekday), not {len(fields)}"})
    # APScheduler counts weekdays from Monday, other programs from Sunday: a number would mean another day to somebody
    if any(character.isdigit() for character in fields[4]):
        raise Invalid({"cron": f"weekdays are named, as in mon-fri or sat,sun, not numbered: {fields[4]}"})
    try:
        return CronTrigger.from_crontab(expression, timezone=UTC)
    except ValueError as error:
        raise Invalid({"cron": f"cannot be read: {error}"}) from None


def following(expression: str, after: datetime) -> datetime:
    """The first moment later than `after`. Raises `Invalid` where there is none."""
    found: datetime | None = read(expression).get_next_fire_time(after, after.astimezone(UTC))
    if found is None:
        raise Invalid({"cron": f"names no day that ever comes: {expression}"})
    return found
