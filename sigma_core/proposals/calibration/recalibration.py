"""From a score to the probability that it has stood for: a curve that is stored with each decision. Pure."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from math import exp, log
from typing import Any, Self

LEAST = 0.001
"""Scores of 0 and 1 are taken for this far from them where odds are asked for."""


@dataclass(frozen=True)
class Recalibration:
    """A curve that never falls, mixed with the score as it is: `share` of the curve, the rest of the score.

    `kind`: identity (the score says what it says), platt (`slope` and `intercept` of the log odds) or isotonic
    (`points` with straight lines between them). `n`: outcomes it was fitted to.
    """

    kind: str = "identity"
    share: float = 0.0
    n: int = 0
    slope: float = 1.0
    intercept: float = 0.0
    points: Sequence[Sequence[float]] = field(default_factory=tuple)

    @classmethod
    def read(cls, stored: Mapping[str, Any]) -> Self:
        """Read what `stored` wrote."""
        return cls(**{**stored, "points": tuple((x, y) for x, y in stored["points"])})

    def stored(self) -> dict[str, Any]:
        """As a row keeps it."""
        return {**asdict(self), "points": [list(each) for each in self.points]}

    def of(self, score: float) -> float:
        """The probability that a score of this height has stood for, 0–1."""
        if self.kind == "identity":
            return score
        return round((1 - self.share) * score + self.share * self._curve(score), 4)

    def _curve(self, score: float) -> float:
        if self.kind == "platt":
            return 1 / (1 + exp(-(self.intercept + self.slope * log_odds(score))))
        (first_x, first_y), (last_x, last_y) = self.points[0], self.points[-1]
        if score <= first_x:
            return first_y
        if score >= last_x:
            return last_y
        at = bisect_right([x for x, _ in self.points], score)
        (x, y), (next_x, next_y) = self.points[at - 1], self.points[at]
        return y + (next_y - y) * (score - x) / (next_x - x)


IDENTITY = Recalibration()


def log_odds(score: float) -> float:
    """The logarithm of a probability's odds."""
    held = min(1 - LEAST, max(LEAST, score))
    return log(held / (1 - held))
