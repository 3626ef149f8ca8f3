"""The page Settings: what people are told of is switched there, and what is in force is shown."""

import getpass
from collections.abc import Callable

import pytest
from fakes.app_text import text_of
from sqlmodel import select
from streamlit.testing.v1 import AppTest

from sigma_core.audit import AuditEntry
from sigma_core.database import Database
from sigma_core.runtime.notices.tables import NoticeDelivery, NoticeSwitch

Visit = Callable[..., AppTest]


def test_kinds_are_switched_tests_are_sent_and_no_secret_is_shown(
    visit: Visit, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = visit("settings")
    assert app.button(key="notify-test").disabled
    monkeypatch.setenv("SIGMA_WEBHOOK_URL", "http://127.0.0.1:9/hook?token=hidden-in-the-address")
    monkeypatch.setenv("SIGMA_WEBHOOK_SECRET", "hidden-in-the-secret")
    from streamlit import cache_resource

    cache_resource.clear()
    app = visit("settings")
    app.toggle(key="tell-drift").set_value(False).run()
    app.button(key="notify-test").click().run()
    shown = text_of(app)
    assert "hidden-in" not in shown
    assert "by webhook" in shown
    assert "a test" in shown
    assert "Strategy runs that nobody saved" in shown
    assert any("rejected below" in button.label for button in app.button)
    with database.reading() as session:
        assert [row.on for row in session.exec(select(NoticeSwitch).where(NoticeSwitch.kind == "drift"))] == [False]
        assert [row.state for row in session.exec(select(NoticeDelivery))] == ["pending"]
        acts = session.exec(select(AuditEntry).where(AuditEntry.action.startswith("notify")))  # type: ignore[attr-defined]
        assert {(entry.action, entry.actor) for entry in acts} == {
            ("notify_not", getpass.getuser()),
            ("notify_test", getpass.getuser()),
        }
