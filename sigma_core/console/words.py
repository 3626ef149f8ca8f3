"""Numbers, times and states in the console's words. Pure: the moment and the viewer's zone come in."""

import re
from datetime import datetime, timedelta, tzinfo

from sigma_core.formatting import (
    MINUS,
    NANO,
    THIN,
    age,
    count,
    duration,
    interval,
    money,
    percent,
    plural,
    signed,
    whole_percent,
)

__all__ = [
    "MINUS",
    "NANO",
    "PERCENT",
    "RUN_STATES",
    "STATES",
    "THIN",
    "age",
    "count",
    "duration",
    "exact",
    "field",
    "headed",
    "interval",
    "moment",
    "money",
    "of_severity",
    "percent",
    "plural",
    "quoted",
    "signed",
    "whole_percent",
]

PERCENT = f"%d{THIN}%%"
"""How a column of `whole_percent` is written."""
CODE = re.compile(r"`([^`\n]+)`")
"""What titles and messages say of code."""
STATES = {
    "waiting": "Waiting for verification",
    "approved": "Approved",
    "needs_human": "Needs a person",
    "rejected": "Rejected",
    "applied": "Applied",
    "stale": "Out of date",
    "survived": "Survived",
    "reverted": "Reverted",
}
RUN_STATES = {
    "queued": "requested",
    "running": "running",
    "success": "succeeded",
    "error": "failed",
    "cancelled": "cancelled",
}


def moment(at: datetime, now: datetime, zone: tzinfo) -> str:
    """14:20 today, yesterday 18:42, 9 Nov, 9 Nov 2025: in the viewer's zone."""
    local, today = at.astimezone(zone), now.astimezone(zone)
    if local.date() == today.date():
        return f"{local:%H:%M}"
    if local.date() == today.date() - timedelta(days=1):
        return f"yesterday {local:%H:%M}"
    day = f"{local.day} {local:%b}"
    return day if local.year == today.year else f"{day} {local.year}"


def exact(at: datetime, zone: tzinfo) -> str:
    """ISO, to the second, for a tooltip."""
    return at.astimezone(zone).isoformat(sep=" ", timespec="seconds")


def field(name: str) -> str:
    """A field's name as a label."""
    return headed(name.replace("_", " "))


def headed(sentence: str) -> str:
    """The sentence with a capital letter."""
    return sentence[:1].upper() + sentence[1:]


def of_severity(number: int, severity: str) -> str:
    """2 errors, 1 warning; what is critical, or information, has no plural."""
    return plural(number, severity) if severity in ("error", "warning") else f"{count(number)} {severity}"


def quoted(sentence: str) -> str:
    """A sentence whose code stands between backticks, for places that have no letters for code."""
    return CODE.sub(r"‘\1’", sentence)
