"""Numbers, times and states in the console's words. Pure: the moment and the viewer's zone come in."""

from datetime import datetime, timedelta, tzinfo

THIN = "\u202f"
MINUS = "\u2212"
NANO = 1_000_000_000

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


def count(number: float) -> str:
    """1 284, with a thin space and a real minus."""
    return f"{number:,.0f}".replace(",", THIN).replace("-", MINUS)


def plural(number: int, noun: str, nouns: str | None = None) -> str:
    """3 issues, 1 issue."""
    return f"{count(number)} {noun if number == 1 else nouns or noun + 's'}"


def percent(share: float | None) -> str:
    """82 %; n/a without a value. Never rounds up to 100 or down to 0."""
    if share is None:
        return "n/a"
    rounded = round(share * 100)
    if share < 1:
        rounded = min(rounded, 99)
    return f"{max(rounded, 1) if share > 0 else rounded}{THIN}%"


def signed(number: float, form: str = "{:.0f}") -> str:
    """+12, −1.4, ±0."""
    shown = form.format(abs(number))
    if float(shown) == 0:
        return f"±{shown}"
    return f"{'+' if number > 0 else MINUS}{shown}"


def duration(ms: float) -> str:
    """< 1 ms, 240 ms, 1.8 s, 42 s, 3 min 05 s, 2 h 10 min."""
    if ms < 1:
        return "<\u202f1 ms"
    if ms < 1000:
        return f"{ms:.0f} ms"
    seconds = ms / 1000
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest:02d} s"
    return f"{minutes // 60} h {minutes % 60:02d} min"


def interval(seconds: float) -> str:
    """30 s, 10 min, 2 h: how often."""
    for unit, size in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= size and seconds % size == 0:
            return f"{seconds // size:.0f} {unit}"
    return f"{seconds:.0f} s"


def age(seconds: float) -> str:
    """12 s, 9 min, 3 h, 6 d: how long ago, in one unit."""
    seconds = max(seconds, 0)
    for unit, size in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= size:
            return f"{seconds // size:.0f} {unit}"
    return f"{seconds:.0f} s"


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


def money(nano_usd: int) -> str:
    """$12.40; below a cent two significant digits."""
    usd = nano_usd / NANO
    if usd and abs(usd) < 0.01:
        return f"${float(f'{usd:.2g}'):.10f}".rstrip("0")
    return f"${usd:,.2f}".replace(",", THIN)


def headed(sentence: str) -> str:
    """The sentence with a capital letter."""
    return sentence[:1].upper() + sentence[1:]
