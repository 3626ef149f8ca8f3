"""The project in the address: every figure, list and request is about it alone."""

import getpass
from collections.abc import Callable

import pytest
from fakes.app_text import text_of
from fakes.seed_many import seed_proposals
from sqlmodel import select
from streamlit.testing.v1 import AppTest

from sigma_core.database import Database
from sigma_core.runtime.tables import Run

Visit = Callable[..., AppTest]


def test_the_address_chooses_the_project_and_choosing_changes_the_address(visit: Visit, seeded: Database):
    seed_proposals(seeded, 10, project_id=2)
    app = visit("proposals", project="billing")
    assert app.selectbox(key="project").value == "billing"
    assert "2 proposals wait for a person." in text_of(app)
    app.selectbox(key="project").select("sample-shop").run()
    assert app.query_params["project"] == "sample-shop"
    assert "3 proposals wait for a person." in text_of(app)
    app.selectbox(key="project").select("All projects").run()
    assert "project" not in app.query_params
    assert "5 proposals wait for a person." in text_of(app)


def test_an_id_in_the_address_becomes_the_name(visit: Visit, seeded: Database):
    app = visit("proposals", project="2")
    assert app.query_params["project"] == "billing"
    assert app.selectbox(key="project").value == "billing"


def test_a_link_to_another_page_keeps_the_project(visit: Visit, seeded: Database):
    app = visit("overview", project="sample-shop")
    app.button(key="need-214").click().run()
    assert app.query_params["project"] == "sample-shop"
    assert app.query_params["proposal"] == "214"


@pytest.mark.parametrize("page", ["overview", "cost", "knowledge"])
def test_a_project_there_is_not_is_told_in_a_sentence_and_no_figure_of_others_is_shown(
    visit: Visit, seeded: Database, page: str
):
    app = visit(page, project="<b>elsewhere</b>")
    shown = text_of(app)
    assert not app.exception
    assert "No project under care is called &lt;b&gt;elsewhere&lt;/b&gt;." in shown
    assert 'class="sg-head"' not in shown
    app.button(key="all-projects").click().run()
    assert "project" not in app.query_params
    assert 'class="sg-head"' in text_of(app)


def test_a_cycle_is_asked_of_the_chosen_project_alone(visit: Visit, seeded: Database):
    app = visit("overview", project="billing")
    app.button(key="run-cycle").click().run()
    with seeded.reading() as session:
        asked = session.exec(select(Run.worker, Run.project_id).where(Run.requested_by == getpass.getuser())).all()
    assert sorted(asked) == [(worker, 2) for worker in ("analysis", "dream", "dreamer", "learning", "recall", "think")]


def test_one_worker_is_asked_for_the_chosen_project_alone(visit: Visit, seeded: Database):
    app = visit("schedule", project="billing")
    app.button(key="run-analysis").click().run()
    with seeded.reading() as session:
        asked = session.exec(select(Run.worker, Run.project_id).where(Run.requested_by == getpass.getuser())).all()
    assert asked == [("analysis", 2)]


def test_knowledge_of_other_projects_is_neither_listed_nor_counted(visit: Visit, seeded: Database):
    app = visit("knowledge", project="billing")
    shown = text_of(app)
    assert "Nothing waits for you." in shown
    assert "0 items" in shown
    assert not any((button.key or "").startswith("item-") for button in app.button)


def test_calls_of_other_projects_are_not_counted(visit: Visit, seeded: Database):
    assert "No model calls yet" in text_of(visit("cost", project="billing"))
    assert "in 30 days" in text_of(visit("cost", project="sample-shop"))
