"""How sure a rate is."""

import math

_Z = 1.959964


def wilson(successes: int, n: int) -> tuple[float, float]:
    """The 95 % interval of a rate seen in `n` tries; 0 to 1 without any."""
    if not n:
        return 0.0, 1.0
    rate, z2 = successes / n, _Z * _Z
    centre = (rate + z2 / (2 * n)) / (1 + z2 / n)
    half = _Z * math.sqrt(rate * (1 - rate) / n + z2 / (4 * n * n)) / (1 + z2 / n)
    return max(0.0, centre - half), min(1.0, centre + half)
