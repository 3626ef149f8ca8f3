"""Looking around in a graph, embedded and on Neo4j: finding, neighbours, facts, bounds, hostile text."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest
import redis
from fakes.graph_items import NOW, fact, item

from sigma_core.errors import NotFound, Unavailable
from sigma_core.graph import browsing_queries as queries
from sigma_core.graph.adapter import Address, KnowledgeGraph
from sigma_core.graph.browsing import MOST_ENTITIES, PER_HOP, GraphBrowser
from sigma_core.graph.dialect import GRAPH
from sigma_core.graph.server import EmbeddedServer
from sigma_core.graph.writer import GraphItem, Write

WITHIN_S = 120
DAY = timedelta(days=1)
SHARED = (None,)


@pytest.fixture(params=["embedded", "neo4j"])
def graph(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[KnowledgeGraph]:
    url = request.getfixturevalue("neo4j_url") if request.param == "neo4j" else None
    made = KnowledgeGraph(EmbeddedServer(tmp_path), Address(url))
    made.clear()
    yield made
    made.close()
    assert EmbeddedServer(tmp_path).stop()


@pytest.fixture
def browser(graph: KnowledgeGraph) -> GraphBrowser:
    return GraphBrowser(graph, patience_s=WITHIN_S)


def write(graph: KnowledgeGraph, *items: GraphItem) -> None:
    graph.write([Write(number, each) for number, each in enumerate(items, start=1)], WITHIN_S)


def chain(*names: str) -> list[GraphItem]:
    """Each name fixes the next."""
    return [item(f"{a}{b}", fact(a, "FIXES", b)) for a, b in pairwise(names)]


def test_an_entity_is_found_by_any_part_of_its_name_the_shortest_first(graph: KnowledgeGraph, browser: GraphBrowser):
    write(graph, item("a", fact("Retry loop", "CAUSES", "timeouts")), item("b", fact("Retry", "CAUSES", "timeouts")))
    assert [(each.name, each.facts) for each in browser.search("RETRY", SHARED)] == [("Retry", 1), ("Retry loop", 1)]
    assert [each.name for each in browser.most_connected(SHARED, 1)] == ["timeouts"]
    assert browser.search("nothing of this", SHARED) == []


def test_a_name_that_is_slightly_wrong_is_answered_with_those_like_it(graph: KnowledgeGraph, browser: GraphBrowser):
    write(graph, *chain("mutable default", "unused import", "bare except"))
    with pytest.raises(NotFound, match="close names: unused import"):
        browser.find("unusd imports", SHARED)
    with pytest.raises(NotFound) as caught:
        browser.find("xyzzy", SHARED)
    assert "close names" not in str(caught.value)


def test_only_the_asked_projects_are_looked_at(graph: KnowledgeGraph, browser: GraphBrowser):
    write(graph, item("a", fact("x", "FIXES", "y"), project_id=1), item("b", fact("x", "FIXES", "y"), project_id=2))
    (found,) = browser.search("x", (1, None))
    assert found.project_id == 1
    assert browser.find("x", (2,)).project_id == 2
    assert browser.find(found.uuid, (2,)) == replace(found, facts=None)


@pytest.mark.parametrize(("hops", "reached"), [(1, "b"), (2, "bc"), (3, "bcd"), (0, "b"), (99, "bcd")])
def test_neighbours_are_as_far_as_asked(graph: KnowledgeGraph, browser: GraphBrowser, hops: int, reached: str):
    write(graph, *chain("a", "b", "c", "d", "e"))
    near = browser.near(browser.find("a", SHARED), hops, NOW)
    assert [(each.name, hop) for each, hop in near.entities] == [
        ("a", 0),
        *((name, place) for place, name in enumerate(reached, start=1)),
    ]
    assert len(near.facts) == len(reached)
    assert near.left_out == 0


def test_a_circle_and_a_thing_that_speaks_of_itself_are_drawn_once(graph: KnowledgeGraph, browser: GraphBrowser):
    write(graph, *chain("a", "b", "c", "a"), item("self", fact("a", "CALLS", "a")))
    near = browser.near(browser.find("a", SHARED), 3, NOW)
    assert len(near.entities) == 3
    assert len(near.facts) == 4
    assert len(browser.facts(near.centre)) == 3


def test_of_a_hub_the_best_known_few_that_hold_are_shown_and_the_others_counted(
    graph: KnowledgeGraph, browser: GraphBrowser
):
    many = [replace(item(f"n{n}", fact(f"n{n:03}", "FIXES", "hub")), evidence_count=n + 1) for n in range(300)]
    ended = replace(many[299], invalid_at=NOW + DAY)
    write(graph, *many[:299], ended)
    near = browser.near(browser.find("hub", SHARED), 3, NOW + 2 * DAY)
    names = [each.name for each, _ in near.entities]
    assert len(names) == PER_HOP[0] + 1 <= MOST_ENTITIES
    assert "n298" in names
    assert "n299" not in names
    assert near.left_out == 300 - PER_HOP[0]


def test_a_fact_says_since_when_until_when_and_where_it_comes_from(graph: KnowledgeGraph, browser: GraphBrowser):
    write(
        graph,
        replace(item("old", fact("x", "FIXES", "y", "x fixed y"), at=NOW - 9 * DAY), invalid_at=NOW),
        item("new", fact("z", "FIXES", "x", "z fixes x")),
    )
    new, old = browser.facts(browser.find("x", SHARED))
    assert (old.sentence, old.origins, old.invalid_at) == ("x fixed y", ("test/old",), NOW)
    assert (new.subject[1], new.predicate, new.object[1]) == ("z", "FIXES", "x")
    assert [fact_.state(NOW) for fact_ in (new, old)] == ["holds", "ended"]
    assert [fact_.state(NOW - DAY) for fact_ in (new, old)] == ["later", "holds"]


@pytest.mark.parametrize("text", ["'", '"', "\\", "`", "}) MATCH (n) DETACH DELETE n //", "$groups", "ü€😀", "a(b|c)*"])
def test_no_text_is_taken_for_a_query(graph: KnowledgeGraph, browser: GraphBrowser, text: str):
    write(graph, item("a", fact(f"is {text}", "FIXES", "bystander")))
    assert [each.name for each in browser.search(text, SHARED)] == [f"is {text}"]
    assert browser.find(f"is {text}", SHARED).facts == 1
    with pytest.raises(NotFound):
        browser.find(f"{text} x", SHARED)
    assert browser.stats().entities == 2


@pytest.mark.parametrize("text", ["\0", "x\0", "'\0y"])
def test_a_character_that_ends_texts_elsewhere_ends_no_query(graph: KnowledgeGraph, browser: GraphBrowser, text: str):
    write(graph, item("a", fact("m", "FIXES", "n")))
    assert all(found.name in {"m", "n"} for found in browser.search(text, SHARED))
    with pytest.raises(NotFound):
        browser.find(f"no such {text}", SHARED)


@pytest.mark.parametrize("graph", ["embedded"], indirect=True)
@pytest.mark.parametrize("query", [queries.AROUND, queries.BETWEEN, queries.FACTS, queries.IDENTIFIED])
def test_what_is_near_an_entity_is_found_without_looking_at_all_others(
    graph: KnowledgeGraph, tmp_path: Path, query: str
):
    write(graph, *chain("a", "b", "c"))
    given = "CYPHER uuid='a' uuids=['a','b'] at=1 open=2 each=3 kinds=[] limit=5"
    with redis.Redis(unix_socket_path=str(EmbeddedServer(tmp_path).socket)) as client:
        plan = b"\n".join(client.execute_command("GRAPH.EXPLAIN", GRAPH, f"{given} {query}")).decode()
    assert "Node By Index Scan" in plan
    assert "Label Scan" not in plan


def test_nobody_waits_longer_than_a_person_would(tmp_path: Path):
    released = threading.Event()

    class Slow(KnowledgeGraph):
        def records(self, *_args, **_options):
            released.wait(120)
            return []

    try:
        with pytest.raises(Unavailable, match="It may be starting"):
            GraphBrowser(Slow(EmbeddedServer(tmp_path)), patience_s=0.05).search("x", SHARED)
    finally:
        released.set()


def test_a_graph_that_is_away_is_said_to_be(tmp_path: Path):
    away = KnowledgeGraph(EmbeddedServer(tmp_path), Address("falkor://127.0.0.1:1"))
    with pytest.raises(Unavailable, match="cannot be reached"):
        GraphBrowser(away).search("x", SHARED)
    away.close()
