"""A process that runs a strategy in place and never gets an answer."""

import time
from pathlib import Path

from fakes.strategy_catalog import FakeCatalog, Found

from sigma_core.clock import utc_now
from sigma_core.database import Database
from sigma_core.experiments.run_history import RunHistory
from sigma_core.experiments.run_state import StrategyRunStates
from sigma_core.experiments.strategy_runs import StrategyRuns


def strategy_runs(database: Database, catalog: FakeCatalog) -> StrategyRuns:
    states = StrategyRunStates(database, utc_now)
    return StrategyRuns(database, catalog, RunHistory(database, utc_now), states, lambda _session, _actor: None)


def hang(url: str, begun: Path) -> None:
    """Run it, tell by a file that it is under way, and stay."""

    def think(_parameters: object, _watch: object) -> Found:
        begun.touch()
        while True:
            time.sleep(3600)

    strategy_runs(Database(url), FakeCatalog({"hang": think})).run("hang", "dream", {}, actor="ada")
