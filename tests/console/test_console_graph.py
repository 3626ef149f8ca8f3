"""The Graph page: finding, looking around, travelling in time, and what it says when there is nothing to see."""

import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from fakes.app_text import text_of
from fakes.seed import seed
from fakes.seed_graph import HOSTILE, seed_graph
from streamlit.testing.v1 import AppTest

from sigma_core.graph.server import EmbeddedServer
from sigma_core.runtime.build import build
from sigma_core.settings import load_settings

Visit = Callable[..., AppTest]
ALERT = 'role="alert"'


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A seeded home with its graph, to be copied."""
    folder = tmp_path_factory.mktemp("filled")
    built = build(load_settings(folder))
    seed(built.database)
    seed_graph(built)
    built.close()
    assert EmbeddedServer(folder).stop()
    return folder


@pytest.fixture
def graph(home: Path, filled: Path) -> None:
    """The test's home holds it."""
    shutil.copytree(filled, home, dirs_exist_ok=True)


def entities_of(app: AppTest) -> list[str]:
    rows = [button.label for button in app.button if (button.key or "").startswith("entity-")]
    return [row.split("**")[1].replace("\\", "") for row in rows]


@pytest.mark.usefixtures("graph")
def test_the_page_says_how_much_there_is_and_shows_what_most_is_known_of(visit: Visit):
    app = visit("graph")
    shown = text_of(app)
    assert "26 entities, 20 facts" in shown
    assert "Up to date." in shown
    assert "shop/report.py and 6 entities around it; 6 facts, 2 not at this moment" in shown
    assert entities_of(app)[0] == "shop/report.py"


@pytest.mark.usefixtures("graph")
def test_an_entity_is_found_by_a_part_of_its_name_and_shown_by_a_click(visit: Visit):
    app = visit("graph")
    app.text_input(key="q").input("payment").run()
    assert "shop/payment.py" in entities_of(app)
    next(button for button in app.button if "shop/payment" in button.label).click().run()
    assert "Payment asks for an order before it charges" in text_of(app)


@pytest.mark.usefixtures("graph")
def test_a_slip_of_the_pen_is_answered_with_close_names(visit: Visit):
    app = visit("graph")
    app.text_input(key="q").input("chekout taem").run()
    assert "No entity is called" in text_of(app)
    app.button(key="close-0").click().run()
    assert entities_of(app) == ["checkout team"]


@pytest.mark.usefixtures("graph")
def test_a_link_names_the_entity_and_an_unknown_one_is_told_with_a_way_back(visit: Visit):
    assert "The checkout team looks after payment" in text_of(visit("graph", entity="checkout team"))
    app = visit("graph", entity="chekout team")
    assert "close names: checkout team" in text_of(app)
    app.button(key="most-connected").click().run()
    assert ALERT not in text_of(app)


@pytest.mark.usefixtures("graph")
def test_a_fact_shows_its_validity_and_leads_to_the_item_it_comes_from(visit: Visit):
    app = visit("graph", entity="F401")
    assert "Import nobody uses removed fixes F401" in text_of(app)
    source = next(button for button in app.button if (button.key or "").startswith("source-"))
    assert source.label == "Item 16"
    source.click().run()
    assert "item 16" in text_of(app)


@pytest.mark.usefixtures("graph")
def test_time_is_moved_by_link_and_slider(visit: Visit):
    assert "Ended" in text_of(visit("graph", entity="nightly export"))
    past = (datetime.now(UTC) - timedelta(days=10)).isoformat()
    app = visit("graph", entity="nightly export", as_of=past)
    assert "1 of 1 hold" in text_of(app)
    assert "Ended" not in text_of(app)
    app.select_slider[0].set_value("now").run()
    assert "0 of 1 hold" in text_of(app)


@pytest.mark.usefixtures("graph")
@pytest.mark.parametrize("as_of", ["yesterday", "9999-99-99", "'; DROP"])
def test_a_link_to_no_moment_says_what_a_moment_is(visit: Visit, as_of: str):
    app = visit("graph", entity="S608", as_of=as_of)
    assert "is no moment such as" in text_of(app)
    assert not app.exception


@pytest.mark.usefixtures("graph")
@pytest.mark.parametrize("text", ["'", "}) MATCH (n) DETACH DELETE n //", "$groups", HOSTILE, "\u202e"])
def test_hostile_text_is_read_as_text(visit: Visit, text: str):
    app = visit("graph", entity=text)
    app.text_input(key="q").input(text).run()
    assert not app.exception
    assert "<img" not in text_of(app)
    assert "26 entities" in text_of(app)


def test_an_empty_graph_teaches_how_it_fills_without_starting_a_server(visit: Visit, home: Path):
    shown = text_of(visit("graph"))
    assert "The graph is empty" in shown
    assert "sigma graph import FILE.jsonl" in shown
    assert not EmbeddedServer(home).socket.exists()


@pytest.mark.usefixtures("graph")
def test_a_graph_that_is_away_says_what_still_works(visit: Visit, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SIGMA_GRAPH_URL", "falkor://127.0.0.1:1")
    app = visit("graph")
    shown = text_of(app)
    assert "Nothing is lost." in shown
    assert "cannot be reached" in shown
    assert [button.label for button in app.main.button] == []


@pytest.mark.usefixtures("graph")
def test_the_reader_chooses_kinds_of_entities_and_the_choice_stands_in_the_link(visit: Visit):
    app = visit("graph", entity="F401")
    pills = next(group for group in app.button_group if (group.key or "").startswith("kinds-"))
    pills.set_value(["pattern"]).run()
    assert app.query_params["kinds"] == "pattern"
    assert "Import nobody uses removed" in entities_of(app)
    assert "shop/report.py" not in entities_of(app)
    assert "F401 and 1 entity around it" in text_of(visit("graph", entity="F401", kinds="pattern"))
    assert "No commit is next to F401." in text_of(visit("graph", entity="F401", kinds="commit"))


@pytest.mark.usefixtures("graph")
def test_views_of_code_that_was_not_read_say_when_it_will_be(visit: Visit):
    assert "No code is known yet" in text_of(visit("graph", show="Modules", project="sample-shop"))
    asked = visit("graph", show="Blast radius", project="sample-shop", of="shop.orders.load")
    assert "The code of sample-shop was not read yet" in text_of(asked)
    assert "no proposal" in text_of(visit("graph", show="Blast radius", proposal="999")).lower()
