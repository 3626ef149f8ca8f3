"""Near duplicates: the same knowledge in other words. Candidates by an index, judged by structure.

Two payloads are near when all their typed fields are equal (claim, subject, labels; volatile ones aside), and their
prose (`Payload.prose`) has the same shape and says the same: its texts by `wording.said`, whole numbers equal,
fractions within `TOLERANCE`. Whatever differs in claim differs in a typed field, and is never near.
"""

import math
from collections.abc import Iterator, Mapping
from typing import Any

from sigma_core.exchange.canonical import digest_of, folded
from sigma_core.exchange.payload import Payload
from sigma_core.exchange.wording import said

LONGEST = 1000
"""Characters of a text up to which its wording is set aside: taking in a longer one would cost more than storing it."""
TOLERANCE = 0.001
"""Relative difference of two fractions that say the same."""


def near_key(
    kind: type[Payload], data: Mapping[str, Any], plain: Mapping[str, Any], project_id: int | None
) -> str | None:
    """Of data and the same folded: the same for payloads that may be near.

    None for types without prose, whose duplicates are exact ones.
    """
    prose, volatile = kind.prose, kind.volatile
    if not prose:
        return None
    fixed = {name: plain[name] for name in plain if name not in prose and name not in volatile}
    outline = folded({name: _outline(data[name]) for name in prose})
    return digest_of(kind.name, project_id, {"fixed": fixed, "prose": outline})


def is_near(kind: type[Payload], one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Do two payloads of one key say the same?"""
    old, new = (list(_fractions(_picked(kind, data))) for data in (one, other))
    return len(old) == len(new) and all(math.isclose(a, b, rel_tol=TOLERANCE) for a, b in zip(old, new, strict=True))


def _picked(kind: type[Payload], data: Mapping[str, Any]) -> list[Any]:
    return [data.get(name) for name in kind.prose]


def _outline(value: Any) -> Any:  # noqa: ANN401 (any JSON)
    """The value with its texts as what they say, and without its fractions."""
    if isinstance(value, str):
        return said(value) if len(value) <= LONGEST else value
    if _is_fraction(value):
        return {"fraction": 0}
    if isinstance(value, dict):
        return {key: _outline(child) for key, child in value.items()}
    return [_outline(child) for child in value] if isinstance(value, list | tuple) else value


def _fractions(value: Any) -> Iterator[float]:  # noqa: ANN401 (any JSON)
    if _is_fraction(value):
        yield value
    elif isinstance(value, dict):
        for key in sorted(value):
            yield from _fractions(value[key])
    elif isinstance(value, list | tuple):
        for child in value:
            yield from _fractions(child)


def _is_fraction(value: object) -> bool:
    return isinstance(value, float) and not value.is_integer()
