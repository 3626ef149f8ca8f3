"""What counts of accepted and refused fixes say: a Beta posterior with a uniform prior. Pure rules of values."""

from math import comb

SURE = 0.8
"""Probability from which a trend is called one; below, it is mixed."""
FEWEST = 3
"""Decisions before a trend is told."""


def pattern_name(fixer: str, rule: str) -> str:
    """How a fixer's fixes of a rule are called in knowledge."""
    return f"{fixer} fix of {rule}"


def rule_of(pattern: str) -> str:
    """The rule in a pattern's name; the name itself where it is made otherwise."""
    return pattern.rpartition(" fix of ")[2]


def mean(accepted: float, refused: float) -> float:
    """Expected share of accepted fixes, 0–1."""
    return (accepted + 1) / (accepted + refused + 2)


def mostly_accepted(accepted: int, refused: int) -> float:
    """Probability that more than half of such fixes are accepted: P(θ > ½) for θ ~ Beta(accepted + 1, refused + 1).

    For whole counts it is the chance of at most `accepted` heads in accepted + refused + 1 throws.
    """
    throws: int = accepted + refused + 1
    at_most: int = sum(comb(throws, heads) for heads in range(accepted + 1))
    return at_most / (1 << throws)


def trend(accepted: int, refused: int) -> tuple[str, float]:
    """What is said of a pattern, and the probability that it is true: accepted, refused, mixed or unknown.

    Unknown (fewer than three decisions) and mixed are as sure as neither side is: 1 − |2 P − 1|.
    """
    likely = mostly_accepted(accepted, refused)
    unsure = 1 - abs(2 * likely - 1)
    if accepted + refused < FEWEST:
        return "unknown", unsure
    if likely >= SURE:
        return "accepted", likely
    return ("refused", 1 - likely) if likely <= 1 - SURE else ("mixed", unsure)
