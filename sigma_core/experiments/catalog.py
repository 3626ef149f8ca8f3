"""The strategies there are, ready to ask the graph in a worker's name."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from sigma_core.experiments.protocols import StrategyAnswer, Watch
from sigma_core.experiments.run_history import RunHistory
from sigma_core.graph.reader import GraphReader
from sigma_core.strategies.base import Strategy
from sigma_core.strategies.context import Explainer, StrategyContext
from sigma_core.strategies.registry import StrategyRegistry

ACROSS = frozenset({"cross_domain_transfer"})
"""Strategies that look at all projects, wherever they are asked."""


class Readers(Protocol):
    """Whoever gives out readers."""

    def __call__(self, project_id: int | None) -> GraphReader:
        """Of a project and what is shared, or of all there is."""


@dataclass(frozen=True)
class ReadyStrategy:
    """A strategy with its parameters and all it may look at."""

    strategy: Strategy
    read: Callable[[], GraphReader]
    context: StrategyContext

    @property
    def parameters(self) -> Mapping[str, Any]:
        """The parameters as plain JSON, defaults filled in."""
        return self.strategy.model_dump(mode="json")

    def run(self, watch: Watch) -> StrategyAnswer:
        """Ask the graph, telling `watch` what is being done; its word to stop is raised."""
        watch.progress("reading the graph")
        return self.strategy.run(
            self.read(),
            StrategyContext(
                seed=self.context.seed,
                recent=self.context.recent,
                opened=self.context.opened,
                endpoints=self.context.endpoints,
                explain=self.context.explain,
                progress=watch.progress,
            ),
        )


class StrategyCatalog:
    """The `Catalog` of all registered strategies."""

    def __init__(
        self,
        registry: StrategyRegistry,
        readers: Readers,
        record: RunHistory,
        explain: Callable[[int | None], Explainer | None] = lambda _: None,
        endpoints: Callable[[int | None], Mapping[str, str]] = lambda _: {},
    ) -> None:
        """`explain`: who tells the paths of a project (None: of all there are), if it is not the rule; `endpoints`: the
        routes that functions of its code answer, by their full names."""
        self._registry, self._readers, self._record, self._explain = registry, readers, record, explain
        self._endpoints = endpoints

    def allowed(self, worker: str) -> Mapping[str, Sequence[str]]:
        """Names of the strategies a worker may run, each with its metrics. Raises `NotFound` for an unknown worker."""
        return {each.name: [metric.name for metric in each.metrics] for each in self._registry.allowed(worker)}

    def prepare(
        self, strategy: str, worker: str, parameters: Mapping[str, Any], project_id: int | None
    ) -> ReadyStrategy:
        """A strategy ready to run. Raises `NotFound`, `Forbidden` for this worker, `Invalid` naming each bad field."""
        ready = self._registry.prepare(strategy, parameters, worker)
        scope = None if strategy in ACROSS else project_id
        context = StrategyContext(
            recent=lambda: self._record.recent_entities(worker),
            opened=lambda: self._record.opened_of(strategy),
            explain=self._explain(scope),
            endpoints=lambda: self._endpoints(scope),
        )
        return ReadyStrategy(ready, lambda: self._readers(scope), context)

    def described(self, worker: str | None = None) -> list[dict[str, Any]]:
        """All there are, or those a worker may run, for programs: parameters as a JSON schema."""
        wanted = tuple(self._registry) if worker is None else self._registry.allowed(worker)
        return [
            {
                "name": each.name,
                "title": each.title,
                "description": each.description,
                "risk": each.risk,
                "workers": list(each.workers),
                "metrics": [
                    {"name": metric.name, "meaning": metric.meaning, "better": metric.better, "unit": metric.unit}
                    for metric in each.metrics
                ],
                "parameters": each.model_json_schema(),
            }
            for each in wanted
        ]
