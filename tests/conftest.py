"""Fixtures every test may use: real stores, a real git, no mocks."""

import os
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from sigma_core.database import Database
from sigma_core.tables import metadata

POSTGRES_URL = os.environ.get("SIGMA_TEST_POSTGRES_URL")
"""A server on which tests may create and drop databases; unset: the PostgreSQL half is not run."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """PostgreSQL variants are marked, so that a run without a server can leave them out by name."""
    for item in items:
        callspec = getattr(item, "callspec", None)
        if callspec is not None and "postgresql" in callspec.params.values():
            item.add_marker(pytest.mark.postgresql)


@pytest.fixture
def sqlite_database(tmp_path: Path) -> Iterator[Database]:
    database = Database(f"sqlite:///{tmp_path / 'sigma.db'}")
    metadata.create_all(database.engine)
    yield database
    database.dispose()


@pytest.fixture
def postgresql_url() -> Iterator[str]:
    """A fresh database on the test server."""
    if not POSTGRES_URL:
        pytest.skip("no PostgreSQL server (set SIGMA_TEST_POSTGRES_URL)")
    name = f"sigma_{uuid.uuid4().hex[:12]}"
    admin = create_engine(POSTGRES_URL, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    yield f"{POSTGRES_URL.rsplit('/', 1)[0]}/{name}"
    with admin.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    admin.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> Iterator[Database]:
    """The same test on both databases."""
    if request.param == "sqlite":
        yield request.getfixturevalue("sqlite_database")
        return
    database = Database(request.getfixturevalue("postgresql_url"))
    metadata.create_all(database.engine)
    yield database
    database.dispose()
