"""Strategies that need no graph, as somebody else's package might bring them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sigma_core.errors import Forbidden, Invalid, NotFound
from sigma_core.experiments.protocols import Watch

Think = Callable[[Mapping[str, Any], Watch], "Found"]


@dataclass(frozen=True)
class Figure:
    """A metric."""

    value: float | None
    n: int = 1
    better: str = "higher"
    note: str | None = None


@dataclass(frozen=True)
class Found:
    """An answer."""

    summary: str
    metrics: Mapping[str, Figure] = field(default_factory=dict)
    details: Mapping[str, Any] = field(default_factory=dict)
    entities: Sequence[str] = ()
    graph_version: str = "graph/1"


@dataclass(frozen=True)
class ReadyToThink:
    """A strategy with its parameters."""

    parameters: Mapping[str, Any]
    think: Think

    def run(self, watch: Watch) -> Found:
        watch.progress("thinking")
        return self.think(self.parameters, watch)


@dataclass
class FakeCatalog:
    """`echo` answers with what it was given, `broken` never does; dream and think may run them."""

    thoughts: dict[str, Think] = field(default_factory=dict)
    ran: list[Mapping[str, Any]] = field(default_factory=list)

    def allowed(self, worker: str) -> Mapping[str, Sequence[str]]:
        if worker not in ("dream", "think"):
            raise NotFound("worker", worker)
        return {name: ["precision"] for name in self.thoughts}

    def prepare(
        self,
        strategy: str,
        worker: str,
        parameters: Mapping[str, Any],
        project_id: int | None,  # noqa: ARG002
    ) -> ReadyToThink:
        if strategy not in self.thoughts:
            raise NotFound("strategy", strategy)
        if worker not in ("dream", "think"):
            raise Forbidden(f"{worker} may not run {strategy}.")
        if unknown := sorted(parameters.keys() - {"query", "k"}):
            raise Invalid(dict.fromkeys(unknown, "no parameter"))
        return ReadyToThink({"query": "", "k": 1, **parameters}, self._noted(self.thoughts[strategy]))

    def _noted(self, think: Think) -> Think:
        def noted(parameters: Mapping[str, Any], watch: Watch) -> Found:
            self.ran.append(parameters)
            return think(parameters, watch)

        return noted


def echo(parameters: Mapping[str, Any], _watch: Watch) -> Found:
    """Finds an entity of the query's name; the more of k, the more precise."""
    name = parameters["query"]
    details = {"entities": [{"uuid": f"u-{name}", "name": name}, {"uuid": "u-all", "name": "all"}]}
    return Found(f"found {name}", {"precision": Figure(parameters["k"] / 10, 10)}, details, [f"u-{name}"])


def broken(_parameters: Mapping[str, Any], _watch: Watch) -> Found:
    """A bug in a plug-in."""
    raise ZeroDivisionError("no graph is that small")
