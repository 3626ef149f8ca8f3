"""Bounds on the open fields of a payload: plain JSON that any database can hold."""

import math
from collections.abc import Iterator

from pydantic import ValidationInfo

from sigma_core.text import why_unstorable

MAX_DEPTH = 8
MAX_VALUES = 2000
MAX_TEXT = 8000
MAX_WHOLE_NUMBER = 2**53
"""Beyond it JSON readers disagree about a number's value."""


STORED = {"stored": True}
"""Validation context of what was checked when it was published."""


def check_text(value: str, info: ValidationInfo) -> str:
    """The text itself. Raises ValueError for blank text, NUL and unpaired surrogates."""
    if info.context is STORED:
        return value
    return _checked_text(value)


def _checked_text(value: str) -> str:
    if not value.strip():
        raise ValueError("must not be blank")
    _storable(value)
    return value


def check_detail(value: object, info: ValidationInfo) -> object:
    """The value itself. Raises ValueError where it is not text, a number, or bounded JSON."""
    if info.context is STORED:
        return value
    if value is None or isinstance(value, bool):
        raise ValueError("must be text, a number, a list or an object")
    if isinstance(value, str):
        return _checked_text(value)
    _walk(value)
    return value


def _walk(root: object) -> None:
    pending = [(root, 1)]
    seen = 0
    while pending:
        value, depth = pending.pop()
        seen += 1
        if depth > MAX_DEPTH:
            message = f"is nested more than {MAX_DEPTH} levels deep"
            raise ValueError(message)
        if seen > MAX_VALUES:
            message = f"holds more than {MAX_VALUES} values"
            raise ValueError(message)
        pending.extend((child, depth + 1) for child in _children(value))


def _children(value: object) -> Iterator[object]:
    match value:
        case None | bool():
            return
        case str():
            _storable(value)
        case int() | float():
            _finite(value)
        case list() | tuple():
            yield from value
        case dict():
            for key, child in value.items():
                if not isinstance(key, str):
                    raise ValueError("has a key that is not text")  # noqa: TRY004 (pydantic collects ValueErrors)
                _storable(key)
                yield child
        case _:
            message = f"holds a {type(value).__name__}, which is not JSON"
            raise ValueError(message)


def _storable(value: str) -> None:
    if len(value) > MAX_TEXT:
        message = f"holds a text longer than {MAX_TEXT} characters"
        raise ValueError(message)
    if why := why_unstorable(value):
        raise ValueError(why)


def _finite(value: float) -> None:
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError("holds a number that is not finite")
    if isinstance(value, int) and abs(value) > MAX_WHOLE_NUMBER:
        message = f"holds a whole number beyond ±{MAX_WHOLE_NUMBER}"
        raise ValueError(message)
