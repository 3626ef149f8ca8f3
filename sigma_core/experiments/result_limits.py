"""How much of a result is kept. Pure: the longest lists lose their ends until the rest fits."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sigma_core.text import storable

MOST_BYTES = 256 * 1024
"""Of a result as JSON."""
MOST_SUMMARY = 4000
MOST_ENTITIES = 500
SHORTEST = 5
"""Elements a list keeps; if that is still too much, nothing of the result is kept but this."""


@dataclass(frozen=True)
class LimitedResult:
    """A result that fits, and what it lost, for people; None: nothing."""

    result: dict[str, Any]
    cut: str | None


def limited(result: Mapping[str, Any], most_bytes: int = MOST_BYTES) -> LimitedResult:
    """The result as plain JSON of at most so many bytes."""
    plain: dict[str, Any] = json.loads(json.dumps(_storable(result), allow_nan=False))
    before = {path: len(found) for path, found in _lists(plain)}
    while _size(plain) > most_bytes:
        longest = max(_lists(plain), key=lambda item: _weight(item[1]), default=None)
        if longest is None or len(longest[1]) <= SHORTEST:
            return LimitedResult({}, f"The result is larger than {most_bytes // 1024} KiB and was not kept.")
        del longest[1][max(SHORTEST, len(longest[1]) // 2) :]
    lost = [f"{path}: {len(now)} of {before[path]}" for path, now in _lists(plain) if len(now) < before[path]]
    return LimitedResult(plain, f"Too large to keep whole; kept are {', '.join(lost[:5])}."[:500] if lost else None)


def _lists(value: object, path: str = "") -> Iterator[tuple[str, list[Any]]]:
    """Every list in it by its path; those inside of lists belong to these."""
    if isinstance(value, list):
        yield path, value
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from _lists(inner, f"{path}.{name}" if path else name)


def _weight(found: Sequence[Any]) -> int:
    return _size(found) if len(found) > SHORTEST else 0


def _size(value: object) -> int:
    return len(json.dumps(value, ensure_ascii=False).encode())


def _storable(value: object) -> object:
    """Numbers that JSON does not know become none; text holds neither NUL nor half surrogates."""
    if isinstance(value, Mapping):
        return {str(_storable(str(name))): _storable(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_storable(inner) for inner in value]
    if isinstance(value, float):
        return value if value - value == 0 else None
    if isinstance(value, str):
        return storable(value)
    return value
