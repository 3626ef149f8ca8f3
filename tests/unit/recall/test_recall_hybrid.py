"""Words, meaning and graph together, each without the others, and each hit with what speaks for it."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from fakes.meaning import KnownMeanings
from fakes.patience import until
from sqlalchemy import select

from sigma_core.database import Database
from sigma_core.graph import imported
from sigma_core.graph.embeddings import store
from sigma_core.graph.embeddings.making import VectorMaking
from sigma_core.graph.embeddings.tables import texts
from sigma_core.graph.embeddings.vectors import Vectors
from sigma_core.graph.facts import Entity
from sigma_core.graph.imported import FactLine, Line, TextLine
from sigma_core.projects.tables import Project
from sigma_core.recall import entity_index
from sigma_core.recall.facts import FactSource
from sigma_core.recall.maintenance import RecallMaintenance
from sigma_core.recall.search import Recall
from sigma_core.recall.tables import entity

NOW = datetime(2026, 5, 1, tzinfo=UTC)
MEANINGS = {"credential": 0, "password": 0, "stor": 1, "kept in": 1, "writes": 2}


class World:
    """Imported lines, a recall that knows a few meanings, and one that knows none."""

    def __init__(self, database: Database) -> None:
        self.database, self.embedder = database, KnownMeanings(MEANINGS)
        self.recall = Recall(database, lambda: NOW, (FactSource(),), vectors=Vectors(database, self.embedder))
        self.without = Recall(database, lambda: NOW, (FactSource(),))
        self.maintenance = RecallMaintenance(database, self.recall.index, VectorMaking(database, self.embedder))
        with database.transaction() as session:
            session.add_all(Project(name=each, path=f"/{each}", head="0" * 40, created_at=NOW) for each in "ab")

    def take(self, *lines: Line, project_id: int | None = None) -> None:
        with self.database.transaction() as session:
            imported.store(session, [(line, project_id) for line in lines], NOW)
        self.maintenance.tick()


def fact(subject: str, predicate: str, object_: str, said: str = "", **validity: datetime) -> FactLine:
    said = said or f"{subject} {predicate} {object_}"
    return FactLine(subject=subject, predicate=predicate, object=object_, fact=said, **{"valid_at": NOW, **validity})


@pytest.fixture
def world(database: Database) -> World:
    return World(database)


def test_what_is_said_in_other_words_is_found_by_meaning(world: World) -> None:
    world.take(TextLine(text="Credentials went to the log"), TextLine(text="The build is green"))
    [hit] = world.recall.search("secret password")
    assert hit.text == "Credentials went to the log"
    assert hit.reason == "meaning 1.00; freshness 1.00"
    assert world.without.search("secret password") == []


def test_two_steps_over_the_graph_find_what_no_word_does(world: World) -> None:
    world.take(
        fact("Alice", "maintains", "checkout-service"),
        fact("checkout-service", "is kept in", "Postgres", "Its rows are kept in Postgres"),
        fact("billing", "is kept in", "Oracle", "Its invoices are kept in Oracle"),
    )
    hits = world.recall.search("Where does what Alice looks after get stored?")
    assert hits[0].text == "Its rows are kept in Postgres"
    assert "Alice maintains checkout-service" in {hit.text for hit in hits}
    assert "graph 0." in hits[0].reason
    assert "(Alice → checkout-service)" in hits[0].reason
    assert any(hit.text.startswith("Its rows") for hit in world.without.search("What of Alice?"))


def test_an_embedder_that_is_away_costs_meaning_and_nothing_else(world: World) -> None:
    world.take(TextLine(text="Credentials went to the log"))
    world.embedder.away = True
    [hit] = world.recall.search("the log of credentials")
    assert hit.reason.startswith("words 1.00" if hit.score > 0.99 else "words 0.")
    assert "meaning" not in hit.reason


def test_meaning_and_graph_stay_inside_the_project(world: World) -> None:
    world.take(TextLine(text="Credentials of a"), fact("Alice", "writes", "a notes"), project_id=1)
    world.take(TextLine(text="Credentials of b"), fact("Alice", "writes", "b notes"), project_id=2)
    world.take(TextLine(text="Credentials of all"))
    seen = {hit.text for question in ("password", "Alice") for hit in world.recall.search(question, project_id=1)}
    assert seen == {"Credentials of a", "Credentials of all", "Alice writes a notes"}


def test_what_is_said_twice_in_the_same_words_is_one_answer(world: World) -> None:
    world.take(TextLine(text="Credentials leak"), project_id=1)
    world.take(TextLine(text="Credentials leak"), project_id=2)
    assert len(world.recall.search("credentials")) == 1


def test_a_fact_that_ended_is_found_as_of_then_and_not_today(world: World) -> None:
    began, ended = NOW - timedelta(days=90), NOW - timedelta(days=9)
    world.take(fact("orders", "are kept in", "Oracle", valid_at=began, invalid_at=ended))
    assert world.recall.search("where are orders stored") == []
    [hit] = world.recall.search("where are orders stored", as_of=NOW - timedelta(days=30))
    assert hit.text == "orders are kept in Oracle"


def test_a_text_that_nobody_says_any_more_is_forgotten(world: World) -> None:
    world.take(TextLine(text="Credentials leak"))
    with world.database.transaction() as session:
        store.enter(session, ["Passwords were said here once"])
    world.maintenance.tick()
    assert (world.maintenance.sweep(), world.maintenance.sweep()) == (1, 0)
    with world.database.reading() as session:
        assert session.execute(select(texts.c.text)).scalars().all() == ["Credentials leak"]
    assert [hit.text for hit in world.recall.search("password")] == ["Credentials leak"]


def test_names_with_quotes_and_signs_are_only_names(world: World) -> None:
    world.take(fact("shop/cart.py", "calls", "'); DROP TABLE x; --"), fact("O'Brien", "owns", "shop/cart.py"))
    assert {hit.text for hit in world.recall.search("What is in shop/cart.py, O'Brien?")} == {
        "shop/cart.py calls '); DROP TABLE x; --",
        "O'Brien owns shop/cart.py",
    }


@pytest.mark.parametrize("order", [("", "b", "a"), ("a", "", "b"), ("b", "a", "")])
def test_an_entity_is_compared_by_what_it_is_in_words_and_else_by_its_name(
    world: World, order: tuple[str, ...]
) -> None:
    for number, summary in enumerate(order):
        with world.database.transaction() as session:
            entity_index.enter(session, {number: [Entity(" F401", "issue_type", summary), Entity("E711")]})
    compared = select(entity.c.name, texts.c.text).join(texts, texts.c.id == entity.c.text_id)
    with world.database.reading() as session:
        assert dict(session.execute(compared).all()) == {"F401": "a", "E711": "E711"}


def test_vectors_are_made_beside_other_work(world: World) -> None:
    with world.database.transaction() as session:
        imported.store(session, [(TextLine(text="A password is kept in the safe"), None)], NOW)
    with world.maintenance.at_work():
        until(lambda: world.embedder.seen)
    [hit] = world.recall.search("stored credentials")
    assert hit.text == "A password is kept in the safe"


def test_what_ends_the_work_beside_is_told(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = threading.Event()

    def break_off() -> int:
        broken.set()
        raise RuntimeError("The index is damaged.")

    monkeypatch.setattr(world.recall.index, "catch_up", break_off)
    with pytest.raises(RuntimeError, match="damaged"), world.maintenance.at_work():
        assert broken.wait(60)
