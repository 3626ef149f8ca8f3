"""An exchange on a real store whose clocks the test turns."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import pytest
from fakes.steered_database import SteeredDatabase

from sigma_core.clock import utc_now
from sigma_core.exchange.registry import Registry
from sigma_core.exchange.service import Exchange


@dataclass
class Bench:
    """The exchange under test and the time it lives in."""

    database: SteeredDatabase
    exchange: Exchange

    def forward(self, seconds: float) -> None:
        """Let time pass, for leases and for freshness."""
        self.database.forward(seconds)

    def reopened(self, registry: Registry | None = None) -> Exchange:
        """The exchange after a restart, perhaps of another version with other types."""
        return exchange_on(self.database, registry)


def exchange_on(database: SteeredDatabase, registry: Registry | None = None) -> Exchange:
    def clock() -> datetime:
        return utc_now() + database.ahead

    return Exchange(database, clock, registry or Registry(), lease_s=60, attempts=3)


@pytest.fixture(params=["sqlite", "postgresql"])
def bench(request: pytest.FixtureRequest) -> Iterator[Bench]:
    database = SteeredDatabase(request.getfixturevalue(f"{request.param}_copy"))
    yield Bench(database, exchange_on(database))
    database.dispose()


@pytest.fixture
def sqlite_bench(sqlite_copy: str) -> Iterator[Bench]:
    """The same on SQLite only."""
    database = SteeredDatabase(sqlite_copy)
    yield Bench(database, exchange_on(database))
    database.dispose()
