"""Fixtures every test may use: real stores, a real git, no mocks.

What a machine lacks is reported once, with the command that adds it; `SIGMA_TEST_REQUIRE=all` makes that a failure.
"""

import gc
import os
import shutil
import subprocess
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from functools import cache, partial
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from pydantic import SecretStr
from servers import neo4j, neo4j_can_start, postgresql, postgresql_programs
from sqlalchemy import create_engine, text
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling
from xdist.workermanage import WorkerController

from sigma_core.database import Database
from sigma_core.projects.sandbox.select import find_full
from sigma_core.runtime.all_tables import metadata
from sigma_core.runtime.build import build
from sigma_core.settings import Settings

NEEDS = {
    "postgresql": (
        lambda: bool(os.environ.get("SIGMA_TEST_POSTGRES_URL") or postgresql_programs()),
        "apt-get install postgresql",
    ),
    "sandbox": (
        lambda: find_full(None)[0] is not None,
        "see `sigma doctor` for what forbids namespaces here, or apt-get install bubblewrap",
    ),
    "browser": (lambda: bool(shutil.which("chromium")), "apt-get install chromium"),
    "neo4j": (
        lambda: bool(os.environ.get("SIGMA_TEST_NEO4J_URL")) or neo4j_can_start(),
        "apt-get install maven default-jdk-headless, or set SIGMA_TEST_NEO4J_URL",
    ),
    "llm": (lambda: bool(os.environ.get("SIGMA_TEST_LLM")), "set SIGMA_TEST_LLM to a model server's address"),
}
TIMED = (
    "crash",
    "test_sandbox_attacks.py",
    "test_sandbox_execution.py",
    "test_up.py",
    "test_runs_service.py",
)
"""Folders and files whose tests are marked `timed`."""
_left_out: Counter[str] = Counter()

# a busy machine is no failure: neither of an example nor of the making of examples
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")


def pytest_itemcollected(item: pytest.Item) -> None:
    """Mark by place and by database."""
    if _is_timed(item.path):
        item.add_marker(pytest.mark.timed)
    callspec = getattr(item, "callspec", None)
    given = [*callspec.params.values()] if callspec else []
    # What is tried on one database alone asks for that by a fixture
    given += [name.partition("_")[0] for name in getattr(item, "fixturenames", ())]
    databases = [name for name in ("postgresql", "neo4j") if name in given]
    for name in databases:
        item.add_marker(name)
    if "neo4j" in databases:
        # The first one fetches it, and waits until it has started; one process starts it for all
        item.add_marker(pytest.mark.timeout(1200))


def _is_timed(path: Path) -> bool:
    return not set(TIMED).isdisjoint(path.parts)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Where all timed tests are asked for, or all others, no process reads the rest."""
    kinds = {"timed": True, "not timed": False}
    wanted = kinds.get(config.option.markexpr)
    if wanted is None or collection_path.is_dir() or collection_path.name == "conftest.py":
        return None
    return True if _is_timed(collection_path) is not wanted else None


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadScopeScheduling:
    """Tests that share something which is made once run in one process."""
    return BySharing(config, log)


class BySharing(LoadScopeScheduling):
    """Hands out single tests, but all of a file that makes something for many of them at once, and all on Neo4j.

    Groups by mark would say the same; they are lost on the way from pytest 9.2 to xdist 3.8.
    """

    def _split_scope(self, nodeid: str) -> str:
        if "[neo4j" in nodeid:
            return "neo4j"
        path = nodeid.partition("::")[0]
        return path if _makes_once(self.config.rootpath / path) else nodeid


@cache
def _makes_once(file: Path) -> bool:
    return 'scope="module"' in file.read_text()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what this machine cannot run, and remember how many."""
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


def pytest_collection_finish() -> None:
    """What is loaded by now stays: a collection of garbage need not look at it each time."""
    gc.collect()
    gc.freeze()


def pytest_sessionfinish(session: pytest.Session) -> None:
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["left_out"] = dict(_left_out)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: WorkerController) -> None:
    # Every worker of pytest-xdist collects all tests: their counts are the same
    _left_out.clear()
    _left_out.update(getattr(node, "workeroutput", {}).get("left_out", {}))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """One line for each thing not run."""
    for name, count in sorted(_left_out.items()):
        terminalreporter.write_line(f"not run: {count} {name} tests. To run them: {NEEDS[name][1]}", yellow=True)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with all tables, to be copied."""
    path = tmp_path_factory.mktemp("template") / "sigma.db"
    template = Database(f"sqlite:///{path}")
    metadata.create_all(template.engine)
    template.dispose()
    return path


@pytest.fixture
def sqlite_copy(tmp_path: Path, sqlite_template: Path) -> str:
    """A fresh file with all tables, as a URL."""
    shutil.copy(sqlite_template, tmp_path / "sigma.db")
    return f"sqlite:///{tmp_path / 'sigma.db'}"


@pytest.fixture
def sqlite_database(sqlite_copy: str) -> Iterator[Database]:
    database = Database(sqlite_copy)
    yield database
    database.dispose()


@pytest.fixture(scope="session")
def new_home(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path], Path]:
    """Makes a home with a database that is migrated already and has the built-in prompts: one is copied."""
    made = tmp_path_factory.mktemp("home")
    build(Settings(home=made)).close()

    def copied(home: Path) -> Path:
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
        for file in made.glob("sigma.db*"):
            shutil.copy(file, home)
        return home

    return copied


@pytest.fixture
def home(tmp_path: Path, new_home: Callable[[Path], Path]) -> Path:
    """Such a home."""
    return new_home(tmp_path / "home")


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


@contextmanager
def _postgresql_database(server: str, template: str = "template1") -> Iterator[str]:
    name = f"sigma_{uuid.uuid4().hex[:12]}"
    admin = create_engine(server, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        # The quicker way, known since 15
        how = "STRATEGY FILE_COPY" if (connection.dialect.server_version_info or ()) >= (15,) else ""
        connection.execute(text(f"CREATE DATABASE {name} TEMPLATE {template} {how}"))
    yield f"{server.rsplit('/', 1)[0]}/{name}"
    with admin.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    admin.dispose()


@pytest.fixture(scope="session")
def postgresql_copies(postgresql_server: str) -> Callable[[str], AbstractContextManager[str]]:
    """Lends copies of a database; nobody may be connected with that while one is made."""
    return partial(_postgresql_database, postgresql_server)


@pytest.fixture
def postgresql_url(postgresql_server: str) -> Iterator[str]:
    """A fresh, empty database on the test server."""
    with _postgresql_database(postgresql_server) as url:
        yield url


@pytest.fixture(scope="session")
def postgresql_template(postgresql_server: str) -> Iterator[str]:
    """The name of a database with all tables, to be copied: much faster than making them for each test."""
    with _postgresql_database(postgresql_server) as url:
        template = Database(url)
        metadata.create_all(template.engine)
        template.dispose()
        yield url.rsplit("/", 1)[1]


@pytest.fixture
def postgresql_copy(postgresql_server: str, postgresql_template: str) -> Iterator[str]:
    """A fresh database on the test server with all tables."""
    with _postgresql_database(postgresql_server, postgresql_template) as url:
        yield url


@pytest.fixture(scope="session")
def postgresql_made(postgresql_server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The name of a database that is migrated already and has the built-in prompts."""
    with _postgresql_database(postgresql_server) as url:
        build(Settings(home=tmp_path_factory.mktemp("home"), database_url=SecretStr(url))).close()
        yield url.rsplit("/", 1)[1]


@pytest.fixture
def postgresql_home_url(postgresql_server: str, postgresql_made: str) -> Iterator[str]:
    """A copy of it, for a home."""
    with _postgresql_database(postgresql_server, postgresql_made) as url:
        yield url


@pytest.fixture
def postgresql_database(postgresql_copy: str) -> Iterator[Database]:
    database = Database(postgresql_copy)
    yield database
    database.dispose()


@pytest.fixture(scope="session")
def neo4j_url() -> Iterator[str]:
    """A Neo4j server that tests may empty."""
    if given := os.environ.get("SIGMA_TEST_NEO4J_URL"):
        yield given
        return
    with ExitStack() as started:
        try:
            url = started.enter_context(neo4j())
        except subprocess.SubprocessError:
            pytest.skip("not run: Neo4j cannot be fetched from Maven's repository; set SIGMA_TEST_NEO4J_URL")
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> Database:
    """The same test on both databases."""
    opened: Database = request.getfixturevalue(f"{request.param}_database")
    return opened
