"""The console on a home of its own, driven without a browser."""

import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import streamlit as st
from fakes.seed import seed
from streamlit.testing.v1 import AppTest

from sigma_core.console import session
from sigma_core.database import Database
from sigma_core.graph.server import EmbeddedServer
from sigma_core.settings import load_settings

MAIN = Path(__file__).parents[2] / "sigma_core" / "console" / "main.py"


@pytest.fixture(autouse=True)
def _process(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the console sets for its whole process, and AppTest's script as ``__main__``, ends with the test."""
    monkeypatch.setattr(tempfile, "tempdir", tempfile.gettempdir())
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])


@pytest.fixture
def home(tmp_path: Path, new_home: Callable[[Path], Path], monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty home, its database migrated."""
    monkeypatch.setenv("SIGMA_HOME", str(tmp_path))
    st.cache_resource.clear()
    new_home(tmp_path)
    yield tmp_path
    if (tmp_path / "graph").exists():
        session.system().close()
        assert EmbeddedServer(tmp_path).stop()
    st.cache_resource.clear()


@pytest.fixture
def database(home: Path) -> Iterator[Database]:
    """The home's database."""
    opened = Database(load_settings(home).database_location)
    yield opened
    opened.dispose()


@pytest.fixture
def seeded(database: Database) -> Database:
    """The same with believable rows of every kind."""
    seed(database)
    return database


@pytest.fixture
def visit(home: Path) -> Callable[..., AppTest]:
    """Open a page as a deep link does, on a server that has served nothing before."""

    def go(page: str = "overview", /, **parameters: str) -> AppTest:
        app = AppTest.from_file(str(MAIN), default_timeout=120)
        app.context = {"timezone": "Europe/Berlin"}
        for name, value in parameters.items():
            app.query_params[name] = value
        if page != "overview":
            app.switch_page(f"../../pages/{page}.py")
        return app.run()

    return go
