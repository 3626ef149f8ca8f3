"""A candidate with parts of it written otherwise, many times: what control runs and mutants ask for."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from sigma_core.proposals.verification.suite_run import SuiteRun
from sigma_core.proposals.verification.variants import Variant


@dataclass(frozen=True)
class Trial:
    """Some tests with some text written otherwise; with no variant the candidate is as it is."""

    variants: tuple[Variant, ...]
    tests: frozenset[str]
    afresh: bool = False
    """What is written otherwise runs when its file is loaded: the tests have to load it anew."""
    until_noticed: bool = False
    """The first test that fails for a reason of its own is answer enough."""


class Bench(Protocol):
    """Runs trials."""

    @property
    def apart(self) -> bool:
        """Whether a trial costs little beside its tests, so that each may have one to itself."""
        ...

    def run(self, trials: Sequence[Trial], seconds: float | None = None) -> list[SuiteRun | None]:
        """What came of each, in order; None for what was not begun within so many seconds. Raises `Cancelled`."""
        ...


Execute = Callable[[Sequence[Variant], frozenset[str]], SuiteRun]
"""One run of the given tests with the variants in the candidate."""
