"""Runs of strategies on both databases."""

import pytest
from fakes.runner_parts import add_projects
from fakes.strategy_catalog import FakeCatalog, broken, echo
from sqlmodel import Session

from sigma_core.clock import utc_now
from sigma_core.database import Database
from sigma_core.experiments.run_history import RunHistory
from sigma_core.experiments.run_state import StrategyRunStates
from sigma_core.experiments.strategy_runs import StrategyRuns


@pytest.fixture
def catalog() -> FakeCatalog:
    return FakeCatalog({"echo": echo, "broken": broken})


@pytest.fixture
def enqueued() -> list[str]:
    """Who asked for an execution of the job."""
    return []


@pytest.fixture
def states(database: Database) -> StrategyRunStates:
    return StrategyRunStates(database, utc_now)


@pytest.fixture
def runs(database: Database, catalog: FakeCatalog, states: StrategyRunStates, enqueued: list[str]) -> StrategyRuns:
    add_projects(database, (1, 2))

    def enqueue(_session: Session, actor: str) -> None:
        enqueued.append(actor)

    return StrategyRuns(database, catalog, RunHistory(database, utc_now), states, enqueue)
