"""Every page on an empty database, on a seeded one, and when something breaks."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from fakes.app_text import labels_of, text_of
from streamlit.testing.v1 import AppTest

from sigma_core.clock import utc_now
from sigma_core.database import Database
from sigma_core.learning.drift.tables import DriftEvent

Visit = Callable[..., AppTest]
ALERT = 'role="alert"'
FIRST = (
    "overview",
    "proposals",
    "runs",
    "projects",
    "knowledge",
    "graph",
    "experiments",
    "prompts",
    "cost",
    "schedule",
)
PAGES = (*FIRST, "issues", "calls", "audit", "log", "settings")


@pytest.mark.parametrize("page", PAGES)
def test_every_page_opens_on_an_empty_database(visit: Visit, page: str):
    app = visit(page)
    assert not app.exception
    assert ALERT not in text_of(app)


@pytest.mark.parametrize(
    ("page", "command"),
    [
        ("overview", "sigma project add PATH"),
        ("proposals", "sigma project add PATH"),
        ("issues", "sigma project add PATH"),
        ("projects", "sigma project add PATH"),
        ("runs", "sigma project add PATH"),
        ("calls", "sigma project add PATH"),
        ("cost", "sigma project add PATH"),
        ("knowledge", "sigma publish TYPE"),
        ("graph", "sigma graph import FILE.jsonl"),
    ],
)
def test_an_empty_page_teaches_the_command(visit: Visit, page: str, command: str):
    assert command in text_of(visit(page))


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.usefixtures("seeded")
def test_every_page_opens_on_a_full_database(visit: Visit, page: str):
    app = visit(page)
    assert not app.exception
    assert ALERT not in text_of(app)


@pytest.mark.parametrize("page", FIRST)
@pytest.mark.usefixtures("seeded")
def test_what_breaks_becomes_a_numbered_incident(
    visit: Visit, home: Path, page: str, caplog: pytest.LogCaptureFixture, database: Database
):
    from sqlalchemy import text

    with database.engine.connect() as connection:
        connection.execute(text("DROP TABLE decision"))
        connection.execute(text("DROP TABLE job"))
        connection.execute(text("DROP TABLE knowledge_conflict"))
        connection.commit()
    app = visit(page)
    assert not app.exception
    shown = text_of(app)
    assert ALERT in shown
    assert "Traceback" not in shown


def test_the_overview_answers_in_one_sentence(visit: Visit, seeded: Database):
    shown = text_of(visit())
    assert "Working normally." in shown
    assert "5 of 6 workers on schedule, recall paused" in shown
    assert "Proposal 188" not in shown


@pytest.mark.parametrize(("page", "title"), [("overview", "Workers, last "), ("schedule", "Last ")])
def test_lanes_reach_as_far_back_as_the_link_says(visit: Visit, seeded: Database, page: str, title: str):
    shown = text_of(visit(page))
    assert f"{title}hour" in shown
    assert 'class="sg-column' not in shown
    app = visit(page, lanes="7 d")
    shown = text_of(app)
    assert f"{title}7 days" in shown
    assert 'class="sg-column' in shown
    assert "updates every 30 s" in shown
    app.button_group(key="lanes").set_value("24 h").run()
    assert f"{title}24 hours" in text_of(app)
    assert f"{title}hour" in text_of(visit(page, lanes="never"))


def test_counts_stand_in_the_navigation_and_lines_in_the_sidebar(visit: Visit, seeded: Database):
    shown = text_of(visit())
    for line in ("Scheduler", "empty", "offline rules"):
        assert line in shown


def test_a_row_that_needs_a_person_leads_to_what_it_is_about(visit: Visit, seeded: Database):
    now = utc_now()
    shares = {"before": 0.9, "before_n": 40, "after": 0.4, "after_n": 20}
    with seeded.transaction() as session:
        session.add(DriftEvent(subject="rule", name="B006", **shares, forgets_before=now, created_at=now))
    app = visit()
    app.button(key="drift-1").click().run()
    assert app.query_params["show"] == "Committee"
    assert "acceptance of B006 went from 90% (n = 40) to 40% (n = 20)" in text_of(app)
    app = visit()
    app.button(key="need-214").click().run()
    assert "Bind the date instead of formatting it into SQL" in text_of(app)
    assert "sg-vote" in text_of(app)


@pytest.mark.parametrize("number", ["180", "188", "190", "208", "210", "214", "215", "216"])
def test_a_proposal_of_any_state_has_a_deep_link(visit: Visit, seeded: Database, number: str):
    app = visit("proposals", proposal=number)
    assert not app.exception
    shown = text_of(app)
    assert ALERT not in shown
    assert f"{number} · sample-shop" in shown
    assert "<script" not in shown


@pytest.mark.parametrize("page", ["proposals", "runs"])
@pytest.mark.parametrize("key", ["999", "x' OR 1=1"])
def test_a_link_to_nothing_says_so_and_leads_back(visit: Visit, seeded: Database, page: str, key: str):
    app = visit(page, **{"proposal" if page == "proposals" else "run": key})
    assert not app.exception
    assert "Not found" in text_of(app)
    assert any(label.startswith("All ") for label in labels_of(app))


def test_filters_come_from_the_link(visit: Visit, seeded: Database):
    app = visit("proposals", state="Rejected", q="file")
    assert list(app.dataframe[0].value["title"]) == ["Close the file that is opened"]


def test_filters_without_hits_can_be_cleared(visit: Visit, seeded: Database):
    app = visit("proposals", q="nothing has this")
    assert "No proposal matches" in text_of(app)
    app.button(key="clear-proposals").click().run()
    assert len(app.dataframe[0].value) == 25


def test_a_hostile_title_is_read_as_text_in_the_list(visit: Visit, seeded: Database):
    titles = list(visit("proposals").dataframe[0].value["title"])
    assert r"<img src=x onerror=alert(1)> :red[**bold**] \u202edesrever" in titles


@pytest.mark.parametrize(
    ("run", "words"),
    [
        ("90001", "IndexError: list index out of range"),
        ("90002", "verifying 3 of 8"),
        ("90003", "Requested"),
        ("90004", "Cancelled by ada."),
    ],
)
def test_a_run_of_any_state_has_a_deep_link(visit: Visit, seeded: Database, run: str, words: str):
    shown = text_of(visit("runs", run=run))
    assert words in shown
    assert f"run {run}" in shown


def test_a_project_selected_in_the_sidebar_narrows_the_list(visit: Visit, seeded: Database):
    app = visit("proposals")
    app.selectbox(key="project").select("billing").run()
    assert "No proposals yet" in text_of(app)


def test_a_home_that_cannot_be_used_is_told_in_words(visit: Visit, home: Path, monkeypatch: pytest.MonkeyPatch):
    shutil.rmtree(home / "clones", ignore_errors=True)
    monkeypatch.setenv("SIGMA_DATABASE_URL", "postgresql://nobody@127.0.0.1:9/none")
    app = visit()
    assert not app.exception
    assert "A part cannot be reached" in text_of(app)


def test_columns_and_views_of_a_table_are_remembered(visit: Visit, seeded: Database):
    app = visit("proposals", state="Approved")
    app.multiselect(key="proposals-columns").set_value(["Title", "Rule"]).run()
    app.selectbox(key="proposals-sort").set_value("Title ↑").run()
    assert list(app.dataframe[0].value.columns) == ["title", "rule"]
    app.text_input(key="proposals-view-name").set_value("approved by title")
    app.button(key="proposals-view-save").click().run()
    again = visit("proposals")
    assert list(again.dataframe[0].value.columns) == ["title", "rule"]
    again.button(key="proposals-view-0").click().run()
    titles = list(again.dataframe[0].value["title"])
    assert titles == sorted(titles)
    assert "Close the file that is opened" not in titles


def test_exchange_runs_are_folded_unless_they_failed_or_are_asked_for(visit: Visit, seeded: Database):
    app = visit("runs")
    assert "exchange" not in set(app.dataframe[0].value["worker"]) or any(
        "Failed" in state for state in app.dataframe[0].value["state"]
    )
    folded = text_of(app)
    app.toggle(key="exchange").set_value(True).run()
    assert text_of(app) != folded
