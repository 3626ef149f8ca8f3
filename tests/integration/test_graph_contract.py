"""What the graph promises, on the embedded server and on Neo4j."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import redis
from fakes.graph_items import NOW, fact, item

from sigma_core.errors import Invalid, Unavailable
from sigma_core.graph.adapter import Address, KnowledgeGraph, Stats
from sigma_core.graph.server import EmbeddedServer
from sigma_core.graph.writer import GraphItem, Write

ROOT = Path(__file__).resolve().parents[2]
WITHIN_S = 120
"""The first queries of a Neo4j that has just started take long on a busy machine."""
HOSTILE = (
    "'",
    '"',
    "`",
    "\\",
    "}) MATCH (n) DETACH DELETE n //",
    "$rows",
    "{{x}}",
    "ü€😀",
    "line\nline",
    "@name:(a|b)",
)
WRITE = (
    "import sys; from pathlib import Path; from fakes.graph_items import item; "
    "from sigma_core.graph.adapter import Address, KnowledgeGraph; "
    "from sigma_core.graph.server import EmbeddedServer; from sigma_core.graph.writer import Write; "
    "home, url, name, count = sys.argv[1:]; "
    "graph = KnowledgeGraph(EmbeddedServer(Path(home)), Address(url or None)); "
    "[graph.write([Write(at + n, item(f'{name}-{at + n}')) for n in range(10)], 120)"
    " for at in range(0, int(count), 10)]; graph.close()"
)


@pytest.fixture(params=["embedded", "neo4j"])
def address(request: pytest.FixtureRequest) -> Address:
    return Address(request.getfixturevalue("neo4j_url") if request.param == "neo4j" else None)


@pytest.fixture
def new(tmp_path: Path, address: Address) -> Iterator[Callable[[], KnowledgeGraph]]:
    opened: list[KnowledgeGraph] = []

    def open_graph() -> KnowledgeGraph:
        opened.append(KnowledgeGraph(EmbeddedServer(tmp_path), address))
        return opened[-1]

    yield open_graph
    for each in opened:
        each.close()
    assert EmbeddedServer(tmp_path).stop()


@pytest.fixture
def graph(new: Callable[[], KnowledgeGraph]) -> KnowledgeGraph:
    made = new()
    made.clear()
    return made


async def by_graphiti(driver: Any, uuid: str) -> tuple[Any, list[Any]]:
    """An edge by its id, and edges by a word."""
    from graphiti_core.edges import EntityEdge
    from graphiti_core.search.search_filters import SearchFilters
    from graphiti_core.search.search_utils import edge_fulltext_search

    found = await EntityEdge.get_by_uuid(driver, uuid)
    return found, await edge_fulltext_search(driver, "remove", SearchFilters(), group_ids=["sigma_shared"], limit=5)


def write(graph: KnowledgeGraph, *items: GraphItem, sequence: int = 1) -> None:
    graph.write([Write(sequence + number, each) for number, each in enumerate(items)], WITHIN_S)


def test_an_empty_graph_says_so(graph: KnowledgeGraph) -> None:
    assert graph.stats() == Stats(0, 0, 0, 0)
    assert list(graph.read("edges")) == []


def test_an_item_is_entities_a_fact_between_them_and_an_episode_it_comes_from(graph: KnowledgeGraph) -> None:
    write(graph, item("one", fact("remove it", "FIXES", "F401", "remove it fixes F401"), project_id=7))
    assert graph.stats() == Stats(entities=2, edges=1, ended=0, episodes=1)
    (edge,) = graph.read("edges")
    (episode,) = graph.read("episodes")
    assert (edge["subject"], edge["name"], edge["object"]) == ("remove it", "FIXES", "F401")
    assert (edge["fact"], edge["group_id"]) == ("remove it fixes F401", "sigma_project_7")
    assert (edge["valid_at"], edge["invalid_at"], edge["expired_at"]) == (NOW, None, None)
    assert edge["episodes"] == [episode["uuid"]]
    assert episode["entity_edges"] == [edge["uuid"]]
    assert {each["name"]: each["kinds"] for each in graph.read("entities")} == {
        "remove it": ["pattern"],
        "F401": ["rule"],
    }
    assert {each["source"] for each in graph.read("mentions")} == {episode["uuid"]}


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
def test_what_an_entity_is_in_words_does_not_depend_on_the_order_of_writing(
    graph: KnowledgeGraph, order: tuple[int, ...]
) -> None:
    told = [
        item(f"item {number}", fact("p", "FIXES", "F401", summary=said))
        for number, said in enumerate(("unused  import", "", "unused name"))
    ]
    for sequence, number in enumerate(order):
        write(graph, told[number], sequence=sequence)
    assert {each["name"]: each["summary"] for each in graph.read("entities")} == {"p": "", "F401": "unused import"}


def test_a_fact_has_attributes_that_change_with_it(graph: KnowledgeGraph) -> None:
    said = replace(
        fact("p", "FIXES", "F401"), attributes={"decided": "approved", "score": 0.5, "tests": 3, "safe": True}
    )
    write(graph, item("one", said))
    assert [edge["attributes"] for edge in graph.read("edges")] == [said.attributes]
    first = graph.checksum()
    write(graph, item("one", replace(said, attributes={"decided": "rejected"})), sequence=2)
    assert [edge["attributes"] for edge in graph.read("edges")] == [{"decided": "rejected"}]
    assert graph.checksum() != first


@pytest.mark.parametrize("wrong", [{"sequence": 1}, {"list": [1]}, {"nested": {"a": 1}}])
def test_an_attribute_that_the_databases_do_not_take_is_refused_by_name(
    graph: KnowledgeGraph, wrong: dict[str, Any]
) -> None:
    with pytest.raises(Invalid, match=f"attributes.{next(iter(wrong))}"):
        write(graph, item("one", replace(fact("p", "FIXES", "F401"), attributes=wrong)))


def test_writing_twice_changes_nothing_and_an_older_state_that_comes_late_neither(graph: KnowledgeGraph) -> None:
    old, new = item("one"), replace(item("one"), evidence_count=5, invalid_at=NOW + timedelta(days=1))
    write(graph, old, sequence=1)
    write(graph, new, sequence=9)
    before = graph.checksum()
    write(graph, new, sequence=9)
    write(graph, old, sequence=4)
    assert graph.checksum() == before
    (edge,) = graph.read("edges")
    assert (edge["evidence_count"], edge["invalid_at"]) == (5, NOW + timedelta(days=1))


def test_of_two_states_in_one_batch_the_newer_stands(graph: KnowledgeGraph) -> None:
    write(graph, item("one"), replace(item("one"), evidence_count=2))
    assert [each["evidence_count"] for each in graph.read("edges")] == [2]


def test_what_is_contradicted_is_ended_and_stays(graph: KnowledgeGraph) -> None:
    write(graph, item("one"), sequence=1)
    write(graph, replace(item("one"), invalid_at=NOW + timedelta(hours=1)), sequence=2)
    assert graph.stats() == Stats(entities=2, edges=1, ended=1, episodes=1)


def test_the_order_of_writing_does_not_show(graph: KnowledgeGraph) -> None:
    shared = fact("x", "FIXES", "y")
    some = [item(name, shared, at=NOW + timedelta(days=day)) for day, name in enumerate("abc")]
    write(graph, *some)
    forwards = graph.checksum()
    graph.clear()
    for each in reversed(some):
        write(graph, each)
    assert graph.checksum() == forwards


def test_projects_do_not_share_entities(graph: KnowledgeGraph) -> None:
    write(graph, item("a", fact("x", "FIXES", "y"), project_id=1), item("b", fact("x", "FIXES", "y"), project_id=2))
    assert graph.stats().entities == 4


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_is_taken_for_a_query(graph: KnowledgeGraph, text: str) -> None:
    hostile = replace(item(text, fact(f"a {text}", text, f"b {text}", text)), source=text, text=text)
    write(graph, item("bystander"), hostile)
    told = {each["fact"]: (each["subject"], each["name"]) for each in graph.read("edges")}
    assert told[text] == (" ".join(f"a {text}".split()), text)
    assert {each["content"] for each in graph.read("episodes")} >= {text}


def test_a_thing_that_speaks_of_itself_is_one_entity(graph: KnowledgeGraph) -> None:
    write(graph, item("one", fact("x", "CALLS", "x")))
    assert graph.stats() == Stats(entities=1, edges=1, ended=0, episodes=1)


def test_two_processes_write_and_one_reads_and_nothing_is_lost(
    graph: KnowledgeGraph, tmp_path: Path, address: Address
) -> None:
    graph.stats()
    command = [sys.executable, "-c", WRITE, str(tmp_path), address.url or ""]
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'tests'}"}
    writers = [subprocess.Popen([*command, name, "100"], env=environment, cwd=ROOT) for name in ("a", "b")]
    seen = [0]
    while any(writer.poll() is None for writer in writers):
        seen.append(graph.stats(WITHIN_S).episodes)
    assert [writer.returncode for writer in writers] == [0, 0]
    assert seen == sorted(seen)
    assert graph.stats() == Stats(entities=201, edges=200, ended=0, episodes=200)


def test_graphitis_own_classes_read_what_is_written(graph: KnowledgeGraph) -> None:
    write(graph, item("one", fact("remove it", "FIXES", "F401", "remove it fixes F401")))
    (edge,) = graph.read("edges")
    assert graph._bridge
    assert graph._driver
    found, said = graph._bridge.run(by_graphiti(graph._driver.graphiti, edge["uuid"]), WITHIN_S)
    assert (found.name, found.fact, found.valid_at) == ("FIXES", "remove it fixes F401", NOW)
    assert [each.fact for each in said] == ["remove it fixes F401"]


def test_a_server_that_is_not_there_is_said_to_be_away(tmp_path: Path) -> None:
    for url in ("bolt://127.0.0.1:1", "falkor://127.0.0.1:1"):
        away = KnowledgeGraph(EmbeddedServer(tmp_path), Address(url))
        with pytest.raises(Unavailable, match="cannot be reached"):
            away.stats()
        away.close()


def test_a_server_killed_while_it_is_written_to_loses_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    server = EmbeddedServer(tmp_path)
    graph = KnowledgeGraph(server)
    for number in range(60):
        if number % 20 == 10:
            with redis.Redis(unix_socket_path=str(server.socket)) as client:
                os.kill(int(client.info("server")["process_id"]), signal.SIGKILL)
        write(graph, item(f"n{number}"), sequence=number)
    assert graph.stats().episodes == 60
    graph.close()
    assert server.stop()
