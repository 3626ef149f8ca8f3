"""Some of many tests, where all of them would take too long."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

_UNKNOWN: Mapping[str, float] = MappingProxyType({})


def sampled(tests: Sequence[str], most: int, seconds: Mapping[str, float] = _UNKNOWN) -> list[str]:
    """At most so many, evenly over the whole: of each stretch the one that takes the least, as far as that is known."""
    step = max(1, -(-len(tests) // most))
    return [min(tests[at : at + step], key=lambda test: seconds.get(test, 0)) for at in range(0, len(tests), step)]
