"""How alike two partitions are, by another's implementation."""

from collections.abc import Sequence


def adjusted_rand_score(one: Sequence[object], other: Sequence[object]) -> float:
    """scikit-learn's; every process that collects tests would pay for importing it, 2 s, and two ask."""
    from sklearn.metrics import adjusted_rand_score as score

    return float(score(one, other))
