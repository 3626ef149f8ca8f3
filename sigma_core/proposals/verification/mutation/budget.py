"""How much time and how many runs mutants may take for the changes of one base."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from sigma_core.proposals.verification.bench import Bench, Trial
from sigma_core.proposals.verification.suite_run import SuiteRun

MAX_RUNS = 120


@dataclass
class MutationBudget:
    """Seconds from its making on in which mutants run, all together. None at all where `seconds` is 0."""

    seconds: float
    say: Callable[[str], None] = lambda _: None
    clock: Callable[[], float] = time.monotonic
    runs: int = field(default=0, init=False)
    spent_s: float = field(default=0.0, init=False)

    @property
    def left(self) -> bool:
        """Whether another run may begin."""
        return self.spent_s < self.seconds and self.runs < MAX_RUNS

    def spend(self, bench: Bench, trials: Sequence[Trial]) -> list[SuiteRun | None]:
        """One start, counted and told; None for what the time left does not suffice for."""
        self.runs += 1
        what = f"{len(trials)} together, " if len(trials) > 1 else ""
        self.say(f"trying mutants, run {self.runs}, {what}at most {self.seconds - self.spent_s:.0f} s more")
        began = self.clock()
        try:
            return bench.run(trials, self.seconds - self.spent_s)
        finally:
            self.spent_s += self.clock() - began
