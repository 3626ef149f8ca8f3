"""Within which a share lies by its Beta posterior. Pure rules of values."""


def beta_interval(a: float, b: float, probability: float = 0.9) -> tuple[float, float]:
    """The interval with as much below it as above."""
    from scipy.special import betaincinv

    tail = (1 - probability) / 2
    return float(betaincinv(a, b, tail)), float(betaincinv(a, b, 1 - tail))
