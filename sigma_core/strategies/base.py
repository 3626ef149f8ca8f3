"""What every strategy is made of: its parameters, and `find`."""

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict

from sigma_core.graph.reader import GraphReader
from sigma_core.strategies.context import StrategyContext
from sigma_core.strategies.result import Figure, MeasuredMetric, Metric, StrategyResult

Risk = Literal["low", "medium", "high"]


@dataclass(frozen=True)
class Finding:
    """What was found, and how to measure it."""

    summary: str
    details: Mapping[str, Any]
    entities: tuple[str, ...]
    version: str
    """The version of the graph that was asked."""
    measure: Callable[[], Mapping[str, Figure]]
    """One figure for each metric; its work is bounded."""


class Strategy(BaseModel, ABC):
    """A question to the graph. Its fields are the parameters: form, schema and what a run stores follow from them."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    name: ClassVar[str]
    title: ClassVar[str]
    description: ClassVar[str]
    risk: ClassVar[Risk]
    workers: ClassVar[tuple[str, ...]]
    """Who may run it."""
    metrics: ClassVar[tuple[Metric, ...]]

    def run(self, graph: GraphReader, context: StrategyContext | None = None) -> StrategyResult:
        """Answer and measure. Raises `NotFound` for an unknown entity, `Invalid`, `Unavailable`."""
        context = context or StrategyContext()
        began = time.perf_counter()
        finding = self.find(graph, context)
        found = time.perf_counter()
        context.progress("measuring")
        figures = finding.measure()
        return StrategyResult(
            summary=finding.summary,
            details=finding.details,
            metrics={metric.name: _measured(metric, figures[metric.name]) for metric in self.metrics},
            entities=finding.entities,
            graph_version=finding.version,
            seconds=found - began,
            metrics_s=time.perf_counter() - found,
        )

    @abstractmethod
    def find(self, graph: GraphReader, context: StrategyContext) -> Finding:
        """The answer, without its metrics."""


def _measured(metric: Metric, figure: Figure) -> MeasuredMetric:
    value = None if figure.value is None else round(float(figure.value), 6)
    return MeasuredMetric(value, figure.n, metric.better, metric.unit, figure.note)
