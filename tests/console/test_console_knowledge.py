"""The Knowledge page: what it shows, what people do with it, what it costs the database."""

import getpass
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from fakes.app_text import labels_of, text_of
from fakes.seed_knowledge import DEAD_ERROR
from sqlalchemy import event
from sqlmodel import col, select
from streamlit.testing.v1 import AppTest

from sigma_core.audit import AuditEntry
from sigma_core.clock import utc_now
from sigma_core.database import Database
from sigma_core.exchange.registry import Registry
from sigma_core.exchange.service import Exchange
from sigma_core.exchange.tables import Delivery, Knowledge, KnowledgeConflict, Validation

Visit = Callable[..., AppTest]


def items_of(app: AppTest) -> list[str]:
    """The feed's rows, newest first."""
    return [button.label for button in app.button if (button.key or "").startswith("item-")]


def audited(database: Database) -> list[tuple[str, str, str | None]]:
    with database.reading() as session:
        by_people = col(AuditEntry.actor) != "built-in"
        rows = session.exec(select(AuditEntry).where(by_people).order_by(col(AuditEntry.id)))
        return [(row.actor, row.action, row.reason) for row in rows]


def test_the_page_answers_then_shows_the_newest_first(visit: Visit, seeded: Database):
    app = visit("knowledge")
    shown = text_of(app)
    assert "1 conflict waits for a person." in shown
    assert "2 dead letters" in shown
    rows = items_of(app)
    assert "B006, warning, 6 times" in rows[0].replace("\\", "")
    assert "high" in rows[1]
    assert "sg-heat-stale" in shown
    assert len(rows) == 15


def test_a_kind_comes_from_the_link_and_narrows_the_feed(visit: Visit, seeded: Database):
    rows = items_of(visit("knowledge", kind="Context"))
    assert len(rows) == 3
    assert all("context\\_enrichment" in row for row in rows)


def test_older_ones_are_on_the_next_page_that_a_link_keeps(visit: Visit, seeded: Database):
    first, second = items_of(visit("knowledge")), items_of(visit("knowledge", page="2"))
    assert (len(first), len(second)) == (15, 1)
    assert second[0] not in first


def test_an_item_that_is_gone_leaves_the_list(visit: Visit, seeded: Database):
    app = visit("knowledge", kind="Context")
    assert items_of(app)
    with seeded.transaction() as session:
        for row in session.exec(select(Knowledge).where(Knowledge.type == "context_enrichment")):
            row.type = "issue_pattern"
    assert items_of(app.run()) == []


def test_a_row_leads_to_its_item_with_all_that_is_known(visit: Visit, seeded: Database):
    app = visit("knowledge")
    app.button(key="item-5").click().run()
    shown = text_of(app)
    for words in (
        "Retry loop without a limit",
        "said 7 times",
        "Acknowledged",
        "It predicted a failure",
        "Low (item 12)",
    ):
        assert words in shown
    assert "Run 90001" in labels_of(app)


@pytest.mark.parametrize("number", [2, 9, 12, 14])
def test_every_item_has_a_deep_link(visit: Visit, seeded: Database, number: int):
    app = visit("knowledge", item=str(number))
    assert not app.exception
    assert 'role="alert"' not in text_of(app)


@pytest.mark.parametrize("key", ["999", "x' OR 1=1", "-1"])
def test_a_link_to_no_item_says_so_and_leads_back(visit: Visit, seeded: Database, key: str):
    app = visit("knowledge", item=key)
    assert "Not found" in text_of(app)
    assert "All knowledge" in labels_of(app)


def test_hostile_text_is_read_as_text(visit: Visit, seeded: Database):
    row = next(row for row in items_of(visit("knowledge")) if "onerror" in row)
    assert r"\<img src=x onerror=alert\(1\)\> \:red\[\*\*bold\*\*\] \[U\+202E\]desrever" in row
    shown = text_of(visit("knowledge", item="11"))
    assert "<img" not in shown
    assert "\u202e" not in shown
    assert "&lt;img" in shown


@pytest.mark.parametrize("item", [{}, {"item": "5"}])
def test_a_conflict_is_decided_with_a_reason_among_all_and_on_the_page_of_either_item(
    visit: Visit, seeded: Database, item: dict[str, str]
):
    app = visit("knowledge", **item)
    app.button(key="keep-1-12").click().run()
    app.text_area(key="settle-reason").set_value("seen otherwise")
    app.button(key="settle-submit").click().run()
    with seeded.reading() as session:
        entry = session.get(KnowledgeConflict, 1)
        loser = session.get(Knowledge, 5)
        assert entry is not None
        assert loser is not None
        assert (entry.winner_id, entry.reason, entry.decided_by) == (12, "seen otherwise", getpass.getuser())
        assert loser.validation_status == "contradicted"
    assert audited(seeded) == [(getpass.getuser(), "settle", "seen otherwise")]


def test_deciding_without_a_reason_is_refused_in_words(visit: Visit, seeded: Database):
    app = visit("knowledge")
    app.button(key="keep-1-5").click().run()
    app.button(key="settle-submit").click().run()
    assert "must not be blank" in text_of(app)
    assert audited(seeded) == []


def test_a_ruling_is_overturned(visit: Visit, seeded: Database):
    app = visit("knowledge")
    app.button(key="overturn-2").click().run()
    app.text_area(key="settle-reason").set_value("the score was wrong")
    app.button(key="settle-submit").click().run()
    with seeded.reading() as session:
        entry = session.get(KnowledgeConflict, 2)
        assert entry is not None
        assert entry.winner_id == 14


def test_dead_letters_show_their_error_and_are_replayed(visit: Visit, seeded: Database):
    app = visit("knowledge")
    letters = [button for button in app.button if (button.key or "").startswith("letter-")]
    assert len(letters) == 2
    assert all(DEAD_ERROR in letter.label.replace("\\", "") for letter in letters)
    replay = next(
        button.key for button in app.button if (button.key or "").startswith("replay-") and button.label == "Replay"
    )
    app.button(key=replay).click().run()
    app.button(key="replay-all").click().run()
    with seeded.reading() as session:
        assert session.exec(select(Delivery).where(Delivery.state == "dead")).all() == []
    assert [act for _, act, _ in audited(seeded)] == ["replay", "replay"]


def test_every_type_has_a_form_made_from_its_model(visit: Visit, seeded: Database):
    app = visit("knowledge", publish="pattern_evolution")
    labels = [box.label for box in (*app.text_input, *app.number_input, *app.text_area)]
    assert labels == ["Pattern", "Trend", "Origin project (optional)", "Confidence"]
    app.selectbox(key="publish-type").select("experiment_result").run()
    assert [toggle.label for toggle in app.toggle] == ["Success"]
    app.selectbox(key="publish-type").select("critical_issue").run()
    assert app.selectbox(key="publish-critical_issue-severity").options == ["critical"]


def test_an_item_is_published_by_hand_and_shown(visit: Visit, seeded: Database):
    app = visit("knowledge", publish="risk_pattern")
    app.text_input(key="publish-risk_pattern-pattern").set_value("By hand")
    app.text_input(key="publish-risk_pattern-severity").set_value("high")
    app.number_input(key="publish-risk_pattern-confidence").set_value(0.5)
    app.text_area(key="publish-risk_pattern-context").set_value('{"file": "shop/a.py"}')
    app.multiselect(key="publish-targets").set_value(["dream"])
    app.button(key="publish-submit").click().run()
    assert "By hand, severity high, confidence 0.50" in text_of(app)
    with seeded.reading() as session:
        item = session.exec(select(Knowledge).order_by(col(Knowledge.id).desc())).first()
        assert item is not None
        assert (item.source, item.target, item.data["context"]) == ("operator", ["dream"], {"file": "shop/a.py"})
    assert audited(seeded) == [(getpass.getuser(), "publish", None)]


def test_every_refusal_stands_at_its_field(visit: Visit, seeded: Database):
    app = visit("knowledge", publish="risk_pattern")
    app.number_input(key="publish-risk_pattern-confidence").set_value(1.5)
    app.text_area(key="publish-risk_pattern-context").set_value("some text")
    app.button(key="publish-submit").click().run()
    refusals = [piece for piece in text_of(app).splitlines() if 'sg-refusal" role="alert"' in piece]
    assert len(refusals) == 3
    with seeded.reading() as session:
        refused = session.exec(select(Validation).where(col(Validation.source) == "operator")).one()
    assert refused.feedback.keys() == {"pattern", "severity", "confidence"}
    assert audited(seeded) == []


def test_json_that_is_none_is_told_at_its_field(visit: Visit, seeded: Database):
    app = visit("knowledge", publish="risk_pattern")
    app.text_area(key="publish-risk_pattern-context").set_value('{"file": ')
    app.button(key="publish-submit").click().run()
    assert "Is not JSON" in text_of(app)


@contextmanager
def statements() -> Iterator[list[tuple[str, bool]]]:
    """What is sent to any database meanwhile, and whether the connection may write."""
    from sqlalchemy import Engine

    sent: list[tuple[str, bool]] = []

    def note(connection, _cursor, statement, *_rest) -> None:
        sent.append((statement, not connection.get_execution_options().get("sigma_readonly", False)))

    event.listen(Engine, "before_cursor_execute", note)
    yield sent
    event.remove(Engine, "before_cursor_execute", note)


def test_looking_never_writes_and_asks_as_often_of_many_as_of_few(visit: Visit, seeded: Database):
    app = visit("knowledge")
    with statements() as few:
        app.run()
    exchange = Exchange(seeded, utc_now, Registry())
    for number in range(30):
        exchange.publish(
            "dream", "risk_pattern", {"pattern": f"p{number}", "severity": "low", "confidence": 0.5, "context": "x"}
        )
    with statements() as many:
        app.run()
    assert not any(writes for _, writes in (*few, *many))
    assert len(few) < 60
    assert len(many) == len(few)
    assert "P29, severity low" in items_of(app)[0]


def test_what_is_said_again_moves_to_the_top_and_what_a_person_settles_shows(visit: Visit, seeded: Database):
    app = visit("knowledge", kind="Risks")
    exchange = Exchange(seeded, utc_now, Registry())
    data = {
        "pattern": "Retry loop without a limit",
        "severity": "high",
        "confidence": 0.82,
        "context": "shop/payment.py",
    }
    with seeded.transaction() as session:
        exchange.publish("learning", "risk_pattern", data, project_id=1, session=session)
    app.run()
    rows = items_of(app)
    assert "Retry loop without a limit, severity high" in rows[0]
    assert len(rows) == len(set(rows))
    app.button(key="keep-1-5").click().run()
    app.text_area(key="settle-reason").set_value("seen otherwise")
    app.button(key="settle-submit").click().run()
    assert any("severity low" in row and "contradicted" in row for row in items_of(app))


def test_a_list_keeps_only_what_its_filter_lets_through(visit: Visit, seeded: Database):
    app = visit("knowledge", kind="Fixes")
    before = items_of(app)
    exchange = Exchange(seeded, utc_now, Registry())
    exchange.publish("dream", "risk_pattern", {"pattern": "p", "severity": "low", "confidence": 0.5, "context": "x"})
    app.run()
    assert items_of(app) == before


def test_what_is_known_is_asked_by_a_link_and_answered_beside_the_code(visit: Visit, seeded: Database):
    assert "ask" in {button.key for button in visit("knowledge").button}
    asked = visit("knowledge", ask="B006")
    shown = text_of(asked)
    assert "Found" in shown
    assert "B006" in shown
    assert "words " in shown
    assert "Nothing is known about this yet." in text_of(visit("knowledge", ask="xyzzy plugh"))
    app = asked.text_input(key="ask-question").set_value("mutable").run()
    assert not app.exception
    assert app.query_params["ask"] == "mutable"
