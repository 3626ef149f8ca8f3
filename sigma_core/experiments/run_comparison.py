"""Two runs side by side. Pure rules of values."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sigma_core.experiments.tables import StrategyRun

MOST_NAMES = 100
"""Entities named on each side."""


@dataclass(frozen=True)
class MetricChange:
    """A metric of both runs. `verdict` says of the second: better, worse, same, or not comparable."""

    name: str
    first: float | None
    second: float | None
    better: str
    verdict: str

    @property
    def difference(self) -> float | None:
        """The second value less the first."""
        return None if self.first is None or self.second is None else self.second - self.first


@dataclass(frozen=True)
class Comparison:
    """What two runs differ in."""

    first: StrategyRun
    second: StrategyRun
    metrics: tuple[MetricChange, ...]
    parameters: Mapping[str, tuple[Any, Any]]
    """Those that differ; None where a run has not got it."""
    only_first: tuple[str, ...]
    """Entities in its result alone, by name."""
    only_second: tuple[str, ...]


def compared(first: StrategyRun, second: StrategyRun) -> Comparison:
    """The second beside the first."""
    one, other = set(entities(first.result)), set(entities(second.result))
    return Comparison(
        first=first,
        second=second,
        metrics=tuple(_metrics(first.metrics, second.metrics)),
        parameters={
            name: (first.parameters.get(name), second.parameters.get(name))
            for name in dict.fromkeys((*first.parameters, *second.parameters))
            if first.parameters.get(name) != second.parameters.get(name)
        },
        only_first=tuple(sorted(one - other))[:MOST_NAMES],
        only_second=tuple(sorted(other - one))[:MOST_NAMES],
    )


def entities(result: object) -> Iterator[str]:
    """Names of the entities a result holds, wherever in it: each is an object with `uuid` and `name`."""
    if isinstance(result, Mapping):
        if isinstance(result.get("uuid"), str) and isinstance(result.get("name"), str):
            yield result["name"]
        for inner in result.values():
            yield from entities(inner)
    elif isinstance(result, list):
        for inner in result:
            yield from entities(inner)


def is_better(value: float, than: float, better: str) -> bool:
    """`better` is the metric's direction: higher or lower."""
    return value < than if better == "lower" else value > than


def _metrics(first: Mapping[str, Any], second: Mapping[str, Any]) -> Iterator[MetricChange]:
    for name in dict.fromkeys((*first, *second)):
        better = (second.get(name) or first.get(name) or {}).get("better", "higher")
        values = [known.get(name, {}).get("value") for known in (first, second)]
        yield MetricChange(name, values[0], values[1], better, _verdict(values[0], values[1], better))


def _verdict(first: float | None, second: float | None, better: str) -> str:
    if first is None or second is None:
        return "not comparable"
    if first == second:
        return "same"
    return "better" if is_better(second, first, better) else "worse"
