"""How well forecasts foretold what happened. Pure rules of values."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import fsum, log

from sigma_core.llm.interval import wilson

BINS = 10
_CLIP = 0.01
"""A forecast counts as no surer than this in the logarithm: one mistake of the very sure is no infinity."""


@dataclass(frozen=True)
class Forecast:
    """The probability (0–1) that was given to a line of proposals, and whether it came true."""

    line: int
    value: float
    happened: bool
    at: datetime


@dataclass(frozen=True)
class ReliabilityBin:
    """Forecasts that said about the same: their mean, and the share that came true with its 95 % interval."""

    said: float
    share: float
    low: float
    high: float
    n: int


@dataclass(frozen=True)
class Scores:
    """Brier score and log loss (0 is perfect), the Brier score of always saying the base rate, the expected calibration
    error, and what said how much in bins."""

    n: int
    happened: int
    brier: float
    log_loss: float
    base_brier: float
    calibration_error: float
    bins: tuple[ReliabilityBin, ...]

    @property
    def skill(self) -> float:
        """Share of the base rate's Brier score that the forecasts save: 0 is no better than it, 1 is perfect."""
        return 1 - self.brier / self.base_brier if self.base_brier else 0.0


def scores(forecasts: Sequence[Forecast]) -> Scores | None:
    """How good the forecasts were; None where there were none."""
    n = len(forecasts)
    if not n:
        return None
    happened = sum(each.happened for each in forecasts)
    rate = happened / n
    bins = tuple(_bins(forecasts))
    return Scores(
        n=n,
        happened=happened,
        brier=round(brier(forecasts), 6),
        log_loss=round(fsum(_surprise(each) for each in forecasts) / n, 6),
        base_brier=round(rate * (1 - rate), 6),
        calibration_error=round(fsum(each.n * abs(each.said - each.share) for each in bins) / n, 6),
        bins=bins,
    )


def brier(forecasts: Sequence[Forecast]) -> float:
    """Mean squared difference of what was said from what happened."""
    return fsum((each.value - each.happened) ** 2 for each in forecasts) / len(forecasts)


def _surprise(forecast: Forecast) -> float:
    said = min(1 - _CLIP, max(_CLIP, forecast.value))
    return -log(said if forecast.happened else 1 - said)


def _bins(forecasts: Sequence[Forecast]) -> Iterator[ReliabilityBin]:
    for number in range(BINS):
        held = [each for each in forecasts if min(BINS - 1, int(each.value * BINS)) == number]
        if held:
            n, happened = len(held), sum(each.happened for each in held)
            low, high = wilson(happened, n)
            said = fsum(each.value for each in held) / n
            yield ReliabilityBin(round(said, 4), round(happened / n, 4), round(low, 4), round(high, 4), n)
