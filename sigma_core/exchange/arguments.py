"""What callers hand in beside payloads: what is wrong with it, in words; empty when nothing is."""

import math
import reprlib
from collections.abc import Mapping

from sigma_core.errors import Invalid
from sigma_core.text import why_unstorable

MAX_LISTED = 10_000
MAX_ACTOR = 200
MAX_REASON = 2000


def refuse(wrong: Mapping[str, str]) -> None:
    """Raise `Invalid` with every field of which something is wrong."""
    if bad := {name: why for name, why in wrong.items() if why}:
        raise Invalid(bad)


def whole(value: object, least: int, most: int) -> str:
    """A whole number from `least` to `most`, and no truth value."""
    if not isinstance(value, int) or isinstance(value, bool):
        return "must be a whole number"
    return "" if least <= value <= most else f"must be {least} to {most}"


def identity(value: object) -> str:
    """A whole number; whether there is such a row is another question: see `row_id`."""
    return "" if isinstance(value, int) and not isinstance(value, bool) else "must be a whole number"


def number(value: object, least: float, most: float, unit: str = "") -> str:
    """A finite number from `least` to `most`, and no truth value."""
    fits = isinstance(value, int | float) and not isinstance(value, bool) and least <= value <= most
    return "" if fits else f"must be {least:g} to {most:g} {unit}".rstrip()


def text(value: object, most: int, *, blank: bool = False) -> str:
    """Text that any database can hold, of at most so many characters; blank only where that is allowed."""
    if not isinstance(value, str):
        return "must be text"
    if not (blank or value.strip()):
        return "must not be blank"
    if len(value) > most:
        return f"must have at most {most} characters"
    return why_unstorable(value)


def shown(value: object) -> str:
    """A value as an error's sentence can quote it: short, printable, whatever it is."""
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return reprlib.repr(value) if isinstance(value, str | bool | None) else f"a value of type {type(value).__name__}"
