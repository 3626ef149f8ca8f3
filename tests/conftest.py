"""Fixtures every test may use: real stores, a real git, no mocks.

What a machine lacks is reported once, with the command that adds it; `SIGMA_TEST_REQUIRE=all` makes that a failure.
"""

import os
import shutil
import uuid
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from servers import postgresql, postgresql_programs
from sqlalchemy import create_engine, text

from sigma_core.database import Database
from sigma_core.tables import metadata

NEEDS = {
    "postgresql": (
        lambda: bool(os.environ.get("SIGMA_TEST_POSTGRES_URL") or postgresql_programs()),
        "apt-get install postgresql",
    ),
    "sandbox": (lambda: bool(shutil.which("bwrap")), "apt-get install bubblewrap"),
    "browser": (lambda: bool(shutil.which("chromium")), "apt-get install chromium"),
    "llm": (lambda: bool(os.environ.get("SIGMA_TEST_LLM")), "set SIGMA_TEST_LLM to a model server's address"),
}
_left_out: Counter[str] = Counter()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what this machine cannot run, and remember how many."""
    for item in items:
        callspec = getattr(item, "callspec", None)
        if callspec is not None and "postgresql" in callspec.params.values():
            item.add_marker(pytest.mark.postgresql)
    lacking = {name for name, (available, _) in NEEDS.items() if not available()}
    required = set(os.environ.get("SIGMA_TEST_REQUIRE", "").replace("all", "postgresql,sandbox,browser").split(","))
    if missing := lacking & required:
        raise pytest.UsageError(f"required but not here: {', '.join(sorted(missing))}")
    kept, dropped = [], []
    for item in items:
        wants = lacking & {mark.name for mark in item.iter_markers()}
        _left_out.update(wants)
        (dropped if wants else kept).append(item)
    if dropped:
        config.hook.pytest_deselected(items=dropped)
        items[:] = kept


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """One line for each thing not run."""
    for name, count in sorted(_left_out.items()):
        terminalreporter.write_line(f"not run: {count} {name} tests. To run them: {NEEDS[name][1]}", yellow=True)


@pytest.fixture
def sqlite_database(tmp_path: Path) -> Iterator[Database]:
    database = Database(f"sqlite:///{tmp_path / 'sigma.db'}")
    metadata.create_all(database.engine)
    yield database
    database.dispose()


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """A server on which tests may create and drop databases."""
    if given := os.environ.get("SIGMA_TEST_POSTGRES_URL"):
        yield given
        return
    programs = postgresql_programs()
    assert programs is not None
    with postgresql(programs) as url:
        yield url


@pytest.fixture
def postgresql_url(postgresql_server: str) -> Iterator[str]:
    """A fresh database on the test server."""
    name = f"sigma_{uuid.uuid4().hex[:12]}"
    admin = create_engine(postgresql_server, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    yield f"{postgresql_server.rsplit('/', 1)[0]}/{name}"
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
