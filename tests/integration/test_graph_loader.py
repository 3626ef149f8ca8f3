"""From what is published and imported to what the graph holds; thrown away and built anew it is the same."""

import os
import shutil
import signal
from dataclasses import replace
from typing import Any

import pytest
import redis
from fakes.graph_items import fact, item
from fakes.knowledge import VALID
from sqlalchemy import select

from sigma_core.clock import utc_now
from sigma_core.database import Database
from sigma_core.errors import Invalid, Unavailable
from sigma_core.exchange.types import BUILT_IN
from sigma_core.graph import outbox
from sigma_core.graph.adapter import PARTS, canonical
from sigma_core.graph.facts import Fact
from sigma_core.graph.graph_rows import rows
from sigma_core.graph.imported import items, parse, store
from sigma_core.graph.tables import outbox as outbox_table
from sigma_core.graph.updater import Pace, Updater, figures
from sigma_core.graph.writer import Write
from sigma_core.runtime.system import System


def tell(system: System, number: int) -> None:
    system.exchange.service.publish(
        "analysis", "risk_pattern", {**VALID["risk_pattern"], "pattern": f"pattern {number}"}
    )


def what_the_database_says(system: System) -> dict[str, list[str]]:
    """The graph as it ought to be, computed without one."""
    with system.database.reading() as session:
        items = [
            item
            for origin in system.graph._origins.values()
            for item in origin.items(session, [each.origin_id for each in origin.everything(session)]).values()
        ]
    made = rows(Write(0, item) for item in items)
    names = {entity["uuid"]: entity["name"] for entity in made.entities}
    edges = [{**edge, "subject": names[edge["source"]], "object": names[edge["target"]]} for edge in made.edges]
    parts = {"entities": made.entities, "episodes": made.episodes, "edges": edges, "mentions": made.mentions}
    return {part: sorted(line({**row}) for row in some) for part, some in parts.items()}


def what_the_graph_says(system: System) -> dict[str, list[str]]:
    return {part: sorted(line(record) for record in system.graph.adapter.read(part)) for part in PARTS}


def line(record: dict[str, Any]) -> str:
    return canonical({name: value for name, value in record.items() if name != "sequence"})


def imported(system: System, *lines: str) -> int:
    return system.graph.loader.take_in([(parse(text, 1), None) for text in lines])


def _named(fact: Fact) -> tuple[str, str, str]:
    return fact.subject.name, fact.predicate, fact.object.name


def test_every_type_of_knowledge_has_facts_and_their_names_rest_on_nothing_volatile() -> None:
    for kind in BUILT_IN:
        payload = kind.model_validate(VALID[kind.name])
        told = payload.facts()
        assert told or payload.entities()
        other = {name: "in words" if name == "called" else 0.123 for name in kind.volatile}
        again = kind.model_validate({**VALID[kind.name], **other}).facts()
        assert [_named(each) for each in told] == [_named(each) for each in again]


def test_the_graph_shows_what_was_published_and_imported_and_rebuilt_it_is_the_same(system: System) -> None:
    for name, payload in VALID.items():
        system.exchange.service.publish("recall", name, payload)
    risk = {**VALID["risk_pattern"], "rule": "S608"}
    system.exchange.service.publish("think", "risk_pattern", risk)
    worse = {**risk, "severity": "low", "confidence": 0.99}
    system.exchange.service.publish("think", "risk_pattern", worse)
    new = imported(
        system,
        '{"subject": "a", "predicate": "CALLS", "object": "b", "fact": "a calls b", "valid_at": "2026-01-01T00:00Z"}',
        '{"text": "\'}) MATCH (n) DETACH DELETE n //", "at": "2026-01-01T00:00:00+05:30"}',
    )
    assert new == 2
    assert what_the_graph_says(system) == what_the_database_says(system)
    assert any(edge["expired_at"] for edge in system.graph.adapter.read("edges"))
    before = system.graph.adapter.checksum()
    assert system.graph.loader.rebuild() == system.graph.adapter.stats()
    assert system.graph.adapter.checksum() == before


def test_a_line_that_was_imported_before_changes_nothing(system: System) -> None:
    text = '{"subject": "a", "predicate": "IS", "object": "b", "fact": "a is b"}'
    assert [imported(system, text, text), imported(system, text)] == [1, 0]
    assert system.graph.adapter.stats().edges == 1


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("[1]", "line 3"),
        ("{", "line 3"),
        ('{"subject": "a"}', "line 3.predicate"),
        ('{"text": " "}', "line 3.text"),
        ('{"text": "a\\u0000b"}', "line 3.text"),
        ('{"text": "\\ud800"}', "line 3.text"),
        ('{"text": "a", "at": "2026-01-01"}', "line 3.at"),
        ('{"text": "a", "at": "0001-01-01T00:00:00+14:00"}', "line 3.at"),
        ('{"text": "a", "at": "9999-12-31T23:59:59-14:00"}', "line 3.at"),
        ('{"subject": "a", "predicate": "b", "object": "c", "fact": "d", "colour": "red"}', "line 3.colour"),
        (
            '{"subject": "a", "predicate": "b", "object": "c", "fact": "d", "valid_at": "2026-02-01T00:00Z",'
            ' "invalid_at": "2026-01-01T00:00Z"}',
            "line 3.invalid_at",
        ),
    ],
)
def test_a_line_that_cannot_be_read_is_named_with_its_field(text: str, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse(text, 3)
    assert field in refused.value.fields


def test_a_server_killed_amid_writing_is_started_again_and_nothing_stays_lost(system: System) -> None:
    for number in range(30):
        tell(system, number)
    system.graph.updater.write_batch()
    with redis.Redis(unix_socket_path=str(system.graph.server.socket)) as client:
        os.kill(int(client.info("server")["process_id"]), signal.SIGKILL)
    system.graph.loader.drain()
    # On a busy machine it dies between its answer and its own log: that is noticed
    if system.graph.loader.make_up_for_loss():
        system.graph.loader.drain()
    assert what_the_graph_says(system) == what_the_database_says(system)


def test_where_its_files_are_lost_a_rebuild_brings_back_what_the_database_says(system: System) -> None:
    for number in range(12):
        tell(system, number)
    system.graph.loader.drain()
    before = system.graph.adapter.checksum()
    system.graph.adapter.close()
    assert system.graph.server.stop()
    shutil.rmtree(system.settings.home / "graph")
    assert system.graph.adapter.stats().episodes == 0
    assert system.graph.loader.rows() == 12
    system.graph.loader.rebuild()
    assert system.graph.adapter.checksum() == before


def test_what_is_lost_is_noticed_and_written_again_by_itself(system: System) -> None:
    assert not system.graph.loader.make_up_for_loss()
    for number in range(12):
        tell(system, number)
    system.graph.loader.drain()
    assert not system.graph.loader.make_up_for_loss()
    assert system.graph.loader.lost() == 0
    system.graph.adapter.close()
    assert system.graph.server.stop()
    shutil.rmtree(system.settings.home / "graph")
    assert system.graph.loader.lost() == 12
    assert system.graph.loader.make_up_for_loss()
    tell(system, 12)
    assert system.graph.loader.lost() == 12
    few = Updater(
        system.database,
        system.graph.adapter,
        {name: origin.items for name, origin in system.graph._origins.items()},
        pace=Pace(most=10),
    )
    assert few.write_batch() == 10
    assert system.graph.loader.lost() == 2
    system.graph.loader.drain()
    assert system.graph.loader.lost() == 0
    assert system.graph.adapter.stats().episodes == 13
    assert not system.graph.loader.make_up_for_loss()


def test_a_graph_of_an_older_release_is_written_anew_in_the_background(system: System) -> None:
    for number in range(3):
        tell(system, number)
    system.graph.loader.drain()
    told = system.graph.adapter.checksum()
    assert not system.graph.loader.make_up_for_loss()
    system.graph.adapter.records("MATCH (m:GraphMark {uuid: 'layout'}) DELETE m", {})
    old = replace(item("of old", fact("E711", "HAS_SEVERITY", "info")), key="knowledge/1")
    system.graph.adapter.write([Write(99, old)], 60)
    assert system.graph.adapter.checksum() != told
    assert system.graph.loader.make_up_for_loss()
    assert system.graph.loader.lost() == 3
    system.graph.loader.drain()
    assert system.graph.adapter.checksum() == told
    assert system.graph.loader.lost() == 0
    assert not system.graph.loader.make_up_for_loss()


def test_files_that_keep_the_server_from_starting_are_set_aside_by_a_rebuild(system: System) -> None:
    for number in range(3):
        tell(system, number)
    system.graph.loader.drain()
    before = system.graph.adapter.checksum()
    system.graph.adapter.close()
    assert system.graph.server.stop()
    files = system.settings.home / "graph" / "appendonlydir"
    for path in files.iterdir():
        path.write_bytes(b"nothing a server could read\n" * 40)
    with pytest.raises(Unavailable):
        system.graph.adapter.stats()
    system.graph.loader.rebuild()
    assert system.graph.adapter.checksum() == before
    assert len(list(files.parent.glob("appendonlydir.set-aside-*"))) == 1


def test_a_folder_in_the_sockets_place_is_set_aside(system: System) -> None:
    socket = system.graph.server.socket
    socket.mkdir(parents=True)
    assert system.graph.adapter.stats().episodes == 0
    assert len(list(socket.parent.glob("graph.sock.set-aside-*"))) == 1


def test_while_the_graph_is_away_what_waits_keeps_its_order_and_is_written_when_it_is_back(system: System) -> None:
    (system.settings.home / "graph").write_text("in the way")
    for number in range(12):
        tell(system, number)
    assert system.graph.updater.tick() == 0
    assert (figures(system.database).pending, figures(system.database).failures) == (12, 1)
    (system.settings.home / "graph").unlink()
    with system.database.reading() as session:
        waiting = session.execute(select(outbox_table.c.origin_id).order_by(outbox_table.c.id)).scalars().all()
    assert waiting == sorted(waiting)
    system.graph.loader.drain()
    assert what_the_graph_says(system) == what_the_database_says(system)
    assert figures(system.database).failures == 0


def test_an_item_that_is_gone_from_the_database_is_not_waited_for(system: System) -> None:
    with system.database.transaction() as session:
        outbox.enqueue(session, [outbox.Changed("knowledge", 99)], utc_now())
    system.graph.loader.drain()
    assert system.graph.adapter.stats().episodes == 0


def test_imported_lines_are_rows_that_wait_for_the_graph_on_both_databases(database: Database) -> None:
    texts = ('{"subject": "a", "predicate": "IS", "object": "b", "fact": "a is b"}', '{"text": "plain words"}')
    with database.transaction() as session:
        ids = store(session, [(parse(text, 1), None) for text in texts], utc_now())
        assert store(session, [(parse(texts[0], 1), None)], utc_now()) == []
    with database.reading() as session:
        shown = items(session, ids)
        assert [shown[id_].text for id_ in ids] == ["a is b", "plain words"]
        assert outbox.counts(session)[outbox.ChangeState.PENDING] == 2
