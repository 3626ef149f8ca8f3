"""What is kept for a time only: the one job that ends or forgets it, so that pausing it pauses all of it."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from sigma_core.exchange.service import Exchange
from sigma_core.experiments.run_history import RunHistory
from sigma_core.runtime.runs import Runs

KEEP_RUNS_DAYS = 7
KEEP_BASELINES_DAYS = 30
KEEP_STRATEGY_RUNS_DAYS = 90
KEEP_CALL_TEXTS_DAYS = 30


@dataclass(frozen=True)
class Retention:
    """Ends the lives of knowledge, and forgets runs and baselines that nobody needs any more."""

    exchange: Exchange
    runs: Runs
    strategy_runs: RunHistory
    forget_baselines: Callable[[int], int]
    """Of base commits that were not asked for in so many days."""
    forget_texts: Callable[[int], int]
    """What models were asked and answered more than so many days ago."""

    def keep(self) -> tuple[int, Mapping[str, Any]]:
        """Items of knowledge that ended, and the figures of all that did."""
        done = self.exchange.retain()
        return done.ended, {
            **asdict(done),
            "runs": self.runs.prune(KEEP_RUNS_DAYS),
            "strategy_runs": self.strategy_runs.prune(KEEP_STRATEGY_RUNS_DAYS),
            "baselines": self.forget_baselines(KEEP_BASELINES_DAYS),
            "call_texts": self.forget_texts(KEEP_CALL_TEXTS_DAYS),
        }
