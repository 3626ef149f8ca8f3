"""Quantiles of a Beta distribution, without a library for them. Pure rules of values."""

from math import exp, lgamma, log, log1p

_STEPS = 60
_TERMS = 300


def beta_interval(a: float, b: float, probability: float = 0.9) -> tuple[float, float]:
    """The interval with as much below it as above."""
    tail = (1 - probability) / 2
    return beta_quantile(a, b, tail), beta_quantile(a, b, 1 - tail)


def beta_quantile(a: float, b: float, probability: float) -> float:
    """Where so much lies below, by halving."""
    low, high = 0.0, 1.0
    for _ in range(_STEPS):
        middle = (low + high) / 2
        if beta_below(a, b, middle) < probability:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def beta_below(a: float, b: float, x: float) -> float:
    """Probability of a share below `x`: the regularised incomplete beta function, by its continued fraction."""
    if x <= 0 or x >= 1:
        return float(x >= 1)
    front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x))
    if x < (a + 1) / (a + b + 2):
        return front * _fraction(a, b, x) / a
    return 1 - front * _fraction(b, a, 1 - x) / b


def _fraction(a: float, b: float, x: float) -> float:
    """Lentz's way through it (Press et al., Numerical Recipes, 6.4)."""
    tiny = 1e-300
    c, d = 1.0, 1 / (_away(1 - (a + b) * x / (a + 1), tiny))
    value = d
    for m in range(1, _TERMS):
        for term in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            d = 1 / _away(1 + term * d, tiny)
            c = _away(1 + term / c, tiny)
            value *= d * c
        if abs(d * c - 1) < 1e-12:
            break
    return value


def _away(value: float, tiny: float) -> float:
    return value if abs(value) > tiny else tiny
