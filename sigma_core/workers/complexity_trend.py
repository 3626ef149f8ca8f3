"""Whether a measure of the code rises or falls over its commits. Pure rules of values."""

from collections.abc import Sequence

from sigma_core.exchange.types import IssuePattern
from sigma_core.strategies.trends import mann_kendall

CHANCE = 0.1
"""A movement that chance alone would show more often than this is none."""
FEWEST = 4
"""Commits below which no movement can be told from chance."""


def complexity_trend(means: Sequence[float]) -> IssuePattern | None:
    """The trend of mean cyclomatic complexity, oldest first; None where there is none to tell.

    `frequency` is the number of commits it rests on. The test is Mann and Kendall's, two-sided.
    """
    score, likelihood = mann_kendall(means)
    if len(means) < FEWEST or likelihood >= CHANCE:
        return None
    slope = (means[-1] - means[0]) / (len(means) - 1)
    return IssuePattern(
        issue_type="complexity_trend",
        severity="warning" if score > 0 else "info",
        frequency=float(len(means)),
        impact={"mean": means[-1], "change_per_commit": round(slope, 4), "by_chance": round(likelihood, 4)},
    )
