"""Benches for rules that are asked what trials show: each trial by a function, together or one after the other."""

from collections.abc import Sequence

from sigma_core.proposals.verification.bench import Execute, Trial
from sigma_core.proposals.verification.suite_run import SuiteRun


class OneByOne:
    """Each trial is a run of its own."""

    apart = False

    def __init__(self, execute: Execute) -> None:
        self._execute = execute
        self.starts: list[list[Trial]] = []

    def run(self, trials: Sequence[Trial], seconds: float | None = None) -> list[SuiteRun | None]:
        self.starts.append(list(trials))
        late = seconds is not None and seconds <= 0
        return [None if late else self._execute(each.variants, each.tests) for each in trials]


class Together(OneByOne):
    """A trial costs little beside its tests."""

    apart = True
