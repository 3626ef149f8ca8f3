"""What a strategy answers: words for people, all of it for programs, and how good it is as far as that was measured."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

Better = Literal["higher", "lower"]


@dataclass(frozen=True)
class Metric:
    """A figure that a strategy measures of its own results."""

    name: str
    meaning: str
    better: Better = "higher"
    unit: str = "0 to 1"


@dataclass(frozen=True)
class Figure:
    """A metric's value, and of how many things it was measured; without a value `note` says why there is none."""

    value: float | None
    n: int = 0
    note: str | None = None


def unavailable(why: str) -> Figure:
    """There is nothing it could be measured by."""
    return Figure(None, 0, why)


@dataclass(frozen=True)
class MeasuredMetric:
    """A metric as it was measured in one run."""

    value: float | None
    n: int
    better: Better
    unit: str
    note: str | None


@dataclass(frozen=True)
class StrategyResult:
    """One run's answer. All of it can be written as JSON."""

    summary: str
    details: Mapping[str, Any]
    metrics: Mapping[str, MeasuredMetric]
    entities: tuple[str, ...]
    """Ids of the entities it is about, the foremost first."""
    graph_version: str
    seconds: float
    """For the answer alone."""
    metrics_s: float
    """For measuring it, seconds."""

    def plain(self) -> dict[str, Any]:
        """All of it as plain JSON."""
        return asdict(self)
