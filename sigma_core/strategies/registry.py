"""Which strategies there are, and who may run them."""

import inspect
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import pydantic

from sigma_core.errors import Forbidden, Invalid, NotFound
from sigma_core.jobs import WORKERS
from sigma_core.plugins import Plugin, load
from sigma_core.strategies.anomaly_detection import AnomalyDetection
from sigma_core.strategies.base import Strategy
from sigma_core.strategies.cross_domain_transfer import CrossDomainTransfer
from sigma_core.strategies.graph_community_detection import GraphCommunityDetection
from sigma_core.strategies.multi_hop_exploration import MultiHopExploration
from sigma_core.strategies.path_explanation import PathExplanation
from sigma_core.strategies.semantic_similarity_search import SemanticSimilaritySearch
from sigma_core.strategies.temporal_evolution_analysis import TemporalEvolutionAnalysis

BUILT_IN: tuple[type[Strategy], ...] = (
    MultiHopExploration,
    SemanticSimilaritySearch,
    TemporalEvolutionAnalysis,
    CrossDomainTransfer,
    GraphCommunityDetection,
    PathExplanation,
    AnomalyDetection,
)
GROUP = "sigma.strategies"
"""Entry points of packages that add strategies."""
_DEMANDED = ("name", "title", "description", "risk", "workers", "metrics")


def installed() -> tuple[type[Strategy], ...]:
    """The seven, and those that installed packages bring (entry points ``sigma.strategies``)."""
    return (*BUILT_IN, *load(GROUP, _fit).things)


class StrategyRegistry:
    """Strategies by name."""

    def __init__(self, strategies: Iterable[type[Strategy]] = BUILT_IN) -> None:
        self._strategies: dict[str, type[Strategy]] = {}
        for one in strategies:
            if one.name in self._strategies:
                raise Invalid({one.__name__: f"there is a strategy {one.name} already"})
            self._strategies[one.name] = one

    def __iter__(self) -> Iterator[type[Strategy]]:
        return iter(self._strategies.values())

    def get(self, name: str) -> type[Strategy]:
        """The strategy of that name. Raises `NotFound`, listing the names there are."""
        try:
            return self._strategies[name]
        except KeyError:
            raise NotFound("strategy", f"{name[:80]} (there are {', '.join(self._strategies)})") from None

    def allowed(self, worker: str) -> tuple[type[Strategy], ...]:
        """Those that a worker may run. Raises `NotFound` for an unknown worker."""
        if worker not in WORKERS:
            raise NotFound("worker", f"{worker[:80]} (there are {', '.join(WORKERS)})")
        return tuple(strategy for strategy in self if worker in strategy.workers)

    def prepare(self, name: str, parameters: Mapping[str, Any], worker: str | None = None) -> Strategy:
        """A strategy with its parameters, for a worker, or for a person (None).

        Raises `NotFound` for an unknown strategy or worker, `Forbidden` for this worker, `Invalid` naming each bad
        parameter.
        """
        strategy = self.get(name)
        if worker is not None and strategy not in self.allowed(worker):
            raise Forbidden(f"{worker} may not run {name}; {' and '.join(strategy.workers)} may.")
        try:
            return strategy.model_validate(dict(parameters))
        except pydantic.ValidationError as error:
            raise Invalid(_wrong(strategy, error)) from None


def _fit(_: Plugin, value: Any, known: Sequence[type[Strategy]]) -> type[Strategy]:  # noqa: ANN401 (of others)
    if not inspect.isclass(value) or not issubclass(value, Strategy) or inspect.isabstract(value):
        raise Invalid({"class": "is not a Strategy that finds something"})
    if missing := [each for each in _DEMANDED if not hasattr(value, each)]:
        raise Invalid(dict.fromkeys(missing, "is missing"))
    if strangers := set(value.workers) - set(WORKERS):
        raise Invalid({"workers": f"there is no {' or '.join(sorted(strangers))}"})
    StrategyRegistry((*BUILT_IN, *known, value))
    value.model_json_schema()
    return value


def _wrong(strategy: type[Strategy], error: pydantic.ValidationError) -> dict[str, str]:
    known = ", ".join(strategy.model_fields)
    found = {}
    for each in error.errors(include_url=False, include_context=False, include_input=False):
        where = ".".join(str(part) for part in each["loc"])[:80]
        said = each["msg"].removeprefix("Value error, ")
        found[where or "parameters"] = (
            f"is not a parameter of {strategy.name}; there are {known}"
            if each["type"] == "extra_forbidden"
            else said[:1].lower() + said[1:]
        )
    return found
