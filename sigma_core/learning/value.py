"""What mending an issue is worth: wanted, provable, and what it takes. Pure rules of values."""

from dataclasses import dataclass

NANO_USD_A_SECOND = 1_000_000
"""A second of proving counts as much as this in calls: 0.1 US cent."""


@dataclass(frozen=True)
class FixCosts:
    """How likely a fix is to be proved (0–1), and what it takes until that is known."""

    verifies: float
    seconds: float
    nano_usd: int = 0


def value_of(wanted: float, costs: FixCosts, *, usual_s: float) -> float:
    """wanted × verifies, per cost; a fix that takes what is usual counts whole, one that takes nothing twice."""
    spent = costs.seconds + costs.nano_usd / NANO_USD_A_SECOND
    return wanted * costs.verifies * 2 / (1 + spent / usual_s)
