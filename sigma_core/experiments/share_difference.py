"""Did it help? The difference of two shares with its interval. Pure rules of values."""

from dataclasses import dataclass
from math import sqrt

from sigma_core.experiments.tables import ExperimentVerdict

FEWEST = 10
"""Decided cases on each side before anything is said."""
Z = 1.96
"""Of a 95 % interval."""


@dataclass(frozen=True)
class Share:
    """Accepted of all decided."""

    accepted: int
    decided: int

    def document(self) -> dict[str, float | int | None]:
        """As an experiment keeps it: the share as it was counted, and n."""
        return {"value": round(self.accepted / self.decided, 4) if self.decided else None, "n": self.decided}


@dataclass(frozen=True)
class ShareDifference:
    """A change against the baseline as it was counted, and the 95 % interval of the true one; None: nothing counted."""

    improvement: float | None
    low: float | None
    high: float | None
    verdict: ExperimentVerdict


def difference(result: Share, baseline: Share) -> ShareDifference:
    """The change of an accepted share: the difference of the shares as counted, in the interval of Agresti and Caffo.

    That interval counts one success and one failure more on each side, so it stands around a smaller difference.
    Nothing is said from fewer than ten decided cases on a side, nor while the interval holds zero.
    """
    if not (result.decided and baseline.decided):
        return ShareDifference(None, None, None, ExperimentVerdict.OPEN)
    counted = result.accepted / result.decided - baseline.accepted / baseline.decided
    (one, one_error), (other, other_error) = _estimate(result), _estimate(baseline)
    change, margin = one - other, Z * sqrt(one_error + other_error)
    low, high = max(-1.0, change - margin), min(1.0, change + margin)
    if min(result.decided, baseline.decided) < FEWEST:
        verdict = ExperimentVerdict.OPEN
    elif low <= 0 <= high:
        verdict = ExperimentVerdict.UNCLEAR
    else:
        verdict = ExperimentVerdict.HELPS if change > 0 else ExperimentVerdict.HARMS
    return ShareDifference(round(counted, 4), round(low, 4), round(high, 4), verdict)


def _estimate(share: Share) -> tuple[float, float]:
    """The share with one success and one failure added, and its variance."""
    count = share.decided + 2
    rate = (share.accepted + 1) / count
    return rate, rate * (1 - rate) / count
