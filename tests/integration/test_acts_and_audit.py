"""An act and its entry in the audit log are one: where the entry cannot be written, nothing was done."""

import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from fakes.checkout import Checkout
from fakes.knowledge import VALID
from pydantic import SecretStr
from sqlalchemy import inspect, text
from sqlalchemy.exc import DatabaseError
from sqlmodel import select

from sigma_core.audit import AuditEntry
from sigma_core.errors import Unavailable
from sigma_core.exchange.message import DeliveryState
from sigma_core.exchange.tables import Delivery, Knowledge
from sigma_core.graph.imported import parse
from sigma_core.runtime.build import build
from sigma_core.runtime.system import System
from sigma_core.settings import Settings

DIFF = '--- a/a.py\n+++ b/a.py\n@@ -1,4 +1,4 @@\n """A."""\n \n \n-def first(value):\n+def first(value: int):\n'
FACT = '{"subject": "a", "predicate": "KNOWS", "object": "b", "fact": "a knows b"}'

Act = Callable[[System], Callable[[], object]]
ACTS: dict[str, Act] = {
    "retention": lambda s: partial(s.exchange.service.retain, actor="ada"),
    "publish": lambda s: partial(
        s.exchange.console.publish, "risk_pattern", VALID["risk_pattern"] | {"severity": "odd"}, actor="ada"
    ),
    "acknowledge": lambda s: partial(
        s.exchange.console.acknowledge, "learning", s.exchange.service.receive("learning", 1), actor="ada"
    ),
    "replay": lambda s: partial(s.exchange.service.replay, 1, actor="ada"),
    "settle": lambda s: partial(s.exchange.service.settle, 1, actor="ada", reason="seen"),
    "propose": lambda s: partial(s.proposals.service.propose, s.projects.service.get(1), DIFF, title=None, actor="ada"),
    "rejected": lambda s: partial(s.proposals.service.reject, 1, reason="no", actor="ada"),
    "issue.ignore": lambda s: partial(s.issues.service.ignore, 1, "as it should be", "ada"),
    "permit": lambda s: partial(s.projects.service.permit, 1, actor="ada", trusted=True),
    "remove": lambda s: partial(s.remove_project, 1, actor="ada"),
    "pause": lambda s: partial(s.runtime.schedule.pause, "think", "ada"),
    "run now": lambda s: partial(s.runtime.schedule.run_now, "think", "ada"),
    "run again": lambda s: partial(s.runtime.runs.again, 1, "ada"),
    "set budget": lambda s: partial(s.llm.budgets.set, "day", 1_000, "alert", actor="ada"),
    "price again": lambda s: partial(s.llm.pricing.again, since=date(2026, 1, 1), actor="ada"),
    "committee_frozen": lambda s: partial(s.proposals.calibration.freeze, actor="ada", why="enough is known"),
    "rule.withhold": lambda s: partial(
        s.issues.rule_preferences.set, "E711", offered=False, reason="a matter of taste", actor="ada"
    ),
    "import": lambda s: partial(s.graph.loader.take_in, [(parse(FACT, 1), None)], actor="ada"),
}


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def prepared(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, new_home: Callable[[Path], Path]
) -> Iterator[tuple[Path, str | None]]:
    """A home with something of every kind to act on, and the URL of its database where that lies elsewhere."""
    folder = tmp_path_factory.mktemp("acts")
    with ExitStack() as lent:
        url = None
        if request.param == "postgresql":
            copies = request.getfixturevalue("postgresql_copies")
            url = lent.enter_context(copies(request.getfixturevalue("postgresql_made")))
        built = opened(new_home(folder / "home"), url)
        fill(built, folder)
        built.close()
        yield folder / "home", url


@pytest.fixture
def system(request: pytest.FixtureRequest, prepared: tuple[Path, str | None], tmp_path: Path) -> Iterator[System]:
    """On a copy of it."""
    home, url = prepared
    shutil.copytree(home, tmp_path / "home")
    with ExitStack() as lent:
        if url is not None:
            url = lent.enter_context(request.getfixturevalue("postgresql_copies")(url.rsplit("/", 1)[1]))
        built = opened(tmp_path / "home", url)
        yield built
        built.close()


def opened(home: Path, url: str | None) -> System:
    return build(Settings(home=home, database_url=SecretStr(url) if url else None, sandbox="none"))


def fill(system: System, folder: Path) -> None:
    system.projects.service.add(
        Checkout(folder / "small", {"a.py": '"""A."""\n\n\ndef first(value):\n    return value == None\n'}).path,
        python=sys.executable,
        actor="bob",
    )
    with system.cycles() as run:
        for worker in ("analysis", "dream"):
            run(worker, system.projects.service.get(1), "bob", lambda _: None)
    for severity in ("low", "high"):
        system.exchange.service.publish("operator", "risk_pattern", VALID["risk_pattern"] | {"severity": severity})
    with system.database.transaction() as session:
        session.get_one(Delivery, 1).state = DeliveryState.DEAD
        session.get_one(Knowledge, 1).refreshed_at -= timedelta(days=100)


def contents(system: System) -> dict[str, list[Any]]:
    """All rows of all tables."""
    with system.database.reading() as session:
        tables = inspect(system.database.engine).get_table_names()
        return {table: sorted(map(repr, session.execute(text(f"SELECT * FROM {table}")))) for table in sorted(tables)}


def refuse_entries(system: System) -> None:
    """The database takes no entry into the audit log any more."""
    with system.database.transaction() as session:
        if system.database.is_sqlite:
            session.execute(
                text("CREATE TRIGGER no_audit BEFORE INSERT ON audit_log BEGIN SELECT RAISE(ABORT, 'no'); END")
            )
        else:
            session.execute(text("ALTER TABLE audit_log ADD CONSTRAINT no_audit CHECK (id < 0) NOT VALID"))


@pytest.mark.parametrize("action", ACTS)
def test_an_act_whose_entry_cannot_be_written_was_not_done(system: System, action: str) -> None:
    act = ACTS[action](system)
    refuse_entries(system)
    before = contents(system)
    with pytest.raises((DatabaseError, Unavailable)):
        act()
    assert contents(system) == before


@pytest.mark.parametrize("action", ACTS)
def test_an_act_leaves_one_entry_that_names_its_actor(system: System, action: str) -> None:
    with system.database.reading() as session:
        before = len(session.exec(select(AuditEntry)).all())
    ACTS[action](system)()
    with system.database.reading() as session:
        new = session.exec(select(AuditEntry).offset(before)).all()
    assert [(entry.actor, entry.action) for entry in new] == [("ada", action)]
