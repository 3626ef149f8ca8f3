"""What a strategy is to the record: parameters that were checked, and a run that answers."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol


class Measure(Protocol):
    """A metric as it was measured; no value where there is nothing to measure it by. `better`: higher or lower."""

    @property
    def value(self) -> float | None: ...

    @property
    def n(self) -> int: ...

    @property
    def better(self) -> str: ...

    @property
    def note(self) -> str | None: ...


class StrategyAnswer(Protocol):
    """What a strategy found: for people, in figures, and all of it for programs."""

    @property
    def summary(self) -> str: ...

    @property
    def metrics(self) -> Mapping[str, Measure]: ...

    @property
    def details(self) -> Mapping[str, Any]: ...

    @property
    def entities(self) -> Sequence[str]:
        """Ids of those it is about, the foremost first."""

    @property
    def graph_version(self) -> str: ...


class Ready(Protocol):
    """A strategy with its parameters, that may be run."""

    @property
    def parameters(self) -> Mapping[str, Any]:
        """Plain JSON, defaults filled in."""

    def run(self, watch: "Watch") -> StrategyAnswer:
        """Ask the graph."""


class Watch(Protocol):
    """Whoever waits for a strategy."""

    def progress(self, text: str) -> None:
        """Hear what is being done. Raises `Cancelled` where it is not wanted any more."""


class Catalog(Protocol):
    """The strategies there are."""

    def allowed(self, worker: str) -> Mapping[str, Sequence[str]]:
        """Names of those a worker may run, each with its metrics. Raises `NotFound` for an unknown worker."""

    def prepare(self, strategy: str, worker: str, parameters: Mapping[str, Any], project_id: int | None) -> Ready:
        """Raises `NotFound` for an unknown strategy, `Forbidden` for this worker, `Invalid` naming each bad field."""
