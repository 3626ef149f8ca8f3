"""The log of knowledge is read by position, and none is left out."""

from datetime import timedelta

from fakes.knowledge import risk
from sqlmodel import Session

from sigma_core.clock import utc_now
from sigma_core.database import Database
from sigma_core.dreamer.knowledge_log import GAP_LIFE, read_on, unread
from sigma_core.exchange.registry import Registry
from sigma_core.exchange.service import Exchange
from sigma_core.workers.memory import Memory


def read(database: Database, memory: Memory, limit: int = 500) -> tuple[list[int], Memory]:
    with database.reading() as session:
        entries = unread(session, memory, limit)
    return [entry.id for entry in entries], read_on(memory, entries, utc_now())


def test_it_goes_on_where_it_stopped(database: Database) -> None:
    exchange = Exchange(database, utc_now, Registry())
    ids = [exchange.publish("operator", risk(number)).message_id for number in range(5)]
    first, memory = read(database, {}, limit=3)
    second, memory = read(database, memory, limit=3)
    assert (first, second) == (ids[:3], ids[3:])
    assert read(database, memory)[0] == []
    assert memory["log"]["told"] == {"operator/risk_pattern": 5}


def test_what_commits_after_a_later_item_is_read_when_it_appears(postgresql_database: Database) -> None:
    database = postgresql_database
    exchange = Exchange(database, utc_now, Registry())
    with Session(database.engine) as slow:
        early = exchange.publish("operator", risk(1), session=slow).message_id
        later = exchange.publish("operator", risk(2)).message_id
        assert early < later
        seen, memory = read(database, {})
        assert seen == [later]
        slow.commit()
    seen, memory = read(database, memory)
    assert seen == [early]
    assert read(database, memory)[0] == []


def test_an_id_that_never_comes_is_given_up_after_the_longest_transaction() -> None:
    memory = {"log": {"position": 9, "gaps": {"4": (utc_now() - GAP_LIFE - timedelta(seconds=1)).isoformat()}}}
    assert read_on(memory, [], utc_now())["log"]["gaps"] == {}
