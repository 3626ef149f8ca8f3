"""Numbers, money and times as people read them: one way for the command line, the console and every message."""

from decimal import Decimal

THIN = "\u202f"
MINUS = "\u2212"
NANO = 1_000_000_000
"""Nano-USD in a dollar: money is an integer of these."""
_CENT = NANO // 100
_UNITS = (("d", 86_400), ("h", 3_600), ("min", 60))


def count(number: float) -> str:
    """1 284, with a thin space and a real minus."""
    return f"{number:,.0f}".replace(",", THIN).replace("-", MINUS)


def plural(number: int, noun: str, nouns: str | None = None) -> str:
    """3 issues, 1 issue."""
    return f"{count(number)} {noun if number == 1 else nouns or noun + 's'}"


def percent(share: float | None) -> str:
    """82 %; n/a without a value. Never rounds up to 100 or down to 0."""
    return "n/a" if share is None else f"{whole_percent(share)}{THIN}%"


def whole_percent(share: float) -> int:
    """The number alone, by the same rule: what is sorted as a number reads as `percent` writes it."""
    rounded = round(share * 100)
    if share < 1:
        rounded = min(rounded, 99)
    return max(rounded, 1) if share > 0 else rounded


def signed(number: float, form: str = "{:.0f}") -> str:
    """+12, −1.4, ±0."""
    shown = form.format(abs(number))
    if float(shown) == 0:
        return f"±{shown}"
    return f"{'+' if number > 0 else MINUS}{shown}"


def money(nano_usd: int | None) -> str:
    """$12.40; below a cent two significant digits; unpriced for None."""
    if nano_usd is None:
        return "unpriced"
    usd = Decimal(abs(nano_usd)) / NANO
    sign = MINUS if nano_usd < 0 else ""
    if 0 < abs(nano_usd) < _CENT:
        return f"{sign}${Decimal(f'{usd:.2g}'):f}"
    return f"{sign}${usd:,.2f}".replace(",", THIN)


def duration(ms: float) -> str:
    """< 1 ms, 240 ms, 1.8 s, 42 s, 3 min 05 s, 2 h 10 min: never 0 of something."""
    seconds = ms / 1000
    if ms < 1:
        return f"<{THIN}1 ms"
    if round(ms) < 1000:
        return f"{ms:.0f} ms"
    if round(seconds, 1) < 10:
        return f"{seconds:.1f} s"
    if round(seconds) < 60:
        return f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02d} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02d} min"


def interval(seconds: float) -> str:
    """30 s, 10 min, 2 h: how often, or how long at most."""
    for unit, size in _UNITS:
        if seconds >= size and seconds % size == 0:
            return f"{count(seconds // size)} {unit}"
    return f"{seconds:g} s" if seconds >= 1 else duration(seconds * 1000)


def age(seconds: float) -> str:
    """12 s, 9 min, 3 h, 6 d: how long ago, in one unit."""
    seconds = max(seconds, 0)
    for unit, size in _UNITS:
        if seconds >= size:
            return f"{count(seconds // size)} {unit}"
    return f"{seconds:.0f} s"
