"""What is kept for a time only: the one job that ends or forgets it, so that pausing it pauses all of it."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

from sigma_core.exchange.service import Exchange
from sigma_core.experiments.run_history import RunHistory
from sigma_core.formatting import age
from sigma_core.runtime.runs import Runs
from sigma_core.runtime.witnessed_time import RetentionTime

KEEP_RUNS_DAYS = 7
KEEP_BASELINES_DAYS = 30
KEEP_STRATEGY_RUNS_DAYS = 90
KEEP_CALL_TEXTS_DAYS = 30
KEEP_NOTICES_DAYS = 30
KEEP_ORDERS_DAYS = 1


@dataclass(frozen=True)
class Retention:
    """Ends the lives of knowledge, and forgets runs and baselines that nobody needs any more."""

    time: RetentionTime
    exchange: Exchange
    runs: Runs
    strategy_runs: RunHistory
    forget_baselines: Callable[[float], int]
    """Of base commits that were not asked for in so many days."""
    forget_texts: Callable[[float], int]
    """What models were asked and answered more than so many days ago."""
    forget_notices: Callable[[float], int]
    """What people were told more than so many days ago."""
    forget_orders: Callable[[float], int]
    """Verifications that were asked for more than so many days ago, and of which nobody read what came of them."""

    def keep(self) -> tuple[int, Mapping[str, Any]]:
        """Items of knowledge that ended, and the figures of all that did."""
        doubted = self.time.doubted()
        more_days = doubted / timedelta(days=1)
        done = self.exchange.retain(doubted=doubted)
        figures: dict[str, Any] = {
            **asdict(done),
            "runs": self.runs.prune(KEEP_RUNS_DAYS + more_days),
            "strategy_runs": self.strategy_runs.prune(KEEP_STRATEGY_RUNS_DAYS + more_days),
            "baselines": self.forget_baselines(KEEP_BASELINES_DAYS + more_days),
            "call_texts": self.forget_texts(KEEP_CALL_TEXTS_DAYS + more_days),
            "notices": self.forget_notices(KEEP_NOTICES_DAYS + more_days),
            "verification_orders": self.forget_orders(KEEP_ORDERS_DAYS + more_days),
        }
        if doubted:
            figures["problem"] = (
                f"{age(doubted.total_seconds())} passed at once by the clock. Nothing ends for having grown older by "
                "them until it has gone on for a day from there."
            )
        return done.ended, figures
