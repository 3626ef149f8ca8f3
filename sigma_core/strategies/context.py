"""What a run knows beside its parameters and the graph."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Step:
    """One fact of a path, as it is stored: the path may go against it."""

    subject: str
    predicate: str
    object: str
    sentence: str


Explainer = Callable[[Sequence[Step]], str]
"""Tells a path in words. Raises any of our errors where it cannot; what it says is checked."""


def _nothing() -> None:
    return None


def _none_known() -> Mapping[str, str]:
    return {}


@dataclass(frozen=True)
class StrategyContext:
    """Of one run; everything may be left out."""

    seed: int = 0
    """Whatever is left to chance follows from it."""
    recent: Callable[[], Collection[str] | None] = _nothing
    """Ids of entities that the worker's last ten runs were about; None where it had none."""
    opened: Callable[[], tuple[int, int] | None] = _nothing
    """How many of this strategy's results people opened or confirmed, of how many they were shown; None: unknown."""
    endpoints: Callable[[], Mapping[str, str]] = _none_known
    """Full names of the functions of the project's code that answer a route, with the route."""
    explain: Explainer | None = None
    """A model's words for a path; without one a rule tells it."""
    progress: Callable[[str], None] = lambda _: None
    """Hears what is being done. Raises `Cancelled` where it is not wanted any more."""
