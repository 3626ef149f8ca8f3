"""A viewer sees everything and changes nothing, whatever is sent in the place of a browser."""

import time
from collections.abc import Callable
from datetime import datetime

import pytest
from fakes.app_text import text_of
from sqlmodel import select
from streamlit.testing.v1 import AppTest

from sigma_core.actor import ViewerName
from sigma_core.audit import AuditEntry, record
from sigma_core.clock import utc_now
from sigma_core.console import incidents, session
from sigma_core.database import Database
from sigma_core.errors import Forbidden
from sigma_core.runtime.all_tables import metadata
from sigma_core.runtime.tables import SavedView, Visit

Opened = Callable[..., AppTest]
OWN = {SavedView.__tablename__, Visit.__tablename__}
"""How somebody looks at things."""
PAGES: tuple[tuple[str, dict[str, str]], ...] = (
    ("overview", {}),
    ("proposals", {"proposal": "214"}),
    ("schedule", {}),
    ("cost", {}),
)


@pytest.fixture(autouse=True)
def _people_sign_in(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "ISSUER": "https://login.example.org",
        "CLIENT_ID": "console",
        "CLIENT_SECRET": "secret",
        "OPERATORS": "admins",
        "VIEWERS": "lookers",
    }.items():
        monkeypatch.setenv(f"SIGMA_OIDC_{name}", value)


def claims(group: str) -> dict[str, object]:
    said = {"sub": group, "aud": "console", "iat": int(time.time()), "groups": [group]}
    return {"is_logged_in": True, "email": None, **said}


@pytest.fixture
def opened(home) -> Opened:
    """A page, as it is for somebody of this group."""

    def go(group: str, page: str = "overview", /, **parameters: str) -> AppTest:
        app = AppTest.from_file(str(incidents.__file__).replace("incidents.py", "main.py"), default_timeout=120)
        app.context, app.user = {"timezone": "Europe/Berlin"}, claims(group)
        app.run()
        for name, value in parameters.items():
            app.query_params[name] = value
        if page != "overview":
            app.switch_page(f"../../pages/{page}.py")
        return app.run()

    return go


def all_rows(database: Database) -> dict[str, list[tuple[object, ...]]]:
    with database.engine.connect() as connection:
        return {
            table.name: sorted(map(tuple, connection.execute(table.select())), key=repr)
            for table in metadata.sorted_tables
            if table.name not in OWN
        }


def test_a_viewer_who_could_press_every_button_there_is_changes_no_row(
    opened: Opened, seeded: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = opened("lookers")
    before, refused = all_rows(seeded), 0
    monkeypatch.setattr(session, "why_not", lambda: None)
    for page, parameters in PAGES:
        app.query_params.clear()
        for name, value in parameters.items():
            app.query_params[name] = value
        app.switch_page(f"../../pages/{page}.py").run()
        assert not app.exception, page
        # Once those of the page, once those of a dialog that this opened
        for _ in range(2):
            for button in app.button:
                if button.key != "sign-out" and not button.disabled:
                    button.click()
            app.run()
            refused += "is a viewer here" in text_of(app) or any("is a viewer here" in each.value for each in app.error)
    after = all_rows(seeded)
    assert {name for name in before if before[name] != after[name]} == set()
    assert refused


@pytest.mark.usefixtures("seeded")
def test_a_viewer_finds_what_acts_shut_with_the_reason(opened: Opened) -> None:
    app = opened("lookers", "proposals", proposal="214")
    shut = {button.key for button in app.button if button.disabled and "may look, not act" in (button.help or "")}
    assert {"approve", "reject"} <= shut
    assert "A rule refuses this" not in text_of(app)


def test_an_operator_is_let_through_under_the_own_name(opened: Opened, seeded: Database) -> None:
    app = opened("admins")
    app.button(key="pause-all").click().run()
    with seeded.reading() as rows:
        assert "subject admins" in set(rows.exec(select(AuditEntry.actor)))


@pytest.mark.usefixtures("seeded")
def test_nobody_and_a_stranger_see_nothing_of_it(opened: Opened) -> None:
    stranger = opened("strangers")
    assert "Subject strangers has no role here" in text_of(stranger)
    assert {button.key for button in stranger.button} == {"sign-in", "sign-out"}
    assert not stranger.sidebar.button
    nobody = opened("admins")
    nobody.user = {}
    nobody.run()
    assert {button.key for button in nobody.button} == {"sign-in"}


def test_the_audit_trail_takes_no_act_in_a_viewers_name(seeded: Database) -> None:
    def moment() -> datetime:
        return utc_now()

    with pytest.raises(Forbidden, match="may look, not act"), seeded.transaction() as rows:
        record(rows, moment, actor=ViewerName("victor"), action="pause", object="schedule/all")
