"""The feed: what happened, in any process, read by position without a gap and without a repetition."""

import threading
from datetime import timedelta

import pytest
from fakes.knowledge import fix, risk
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlmodel import Session

from sigma_core.clock import utc_now
from sigma_core.errors import Invalid
from sigma_core.exchange.feed import Feed, HappeningKind, Position
from sigma_core.exchange.message import Draft
from sigma_core.exchange.notifications import listen


@pytest.fixture
def feed(bench) -> Feed:
    return Feed(bench.database, lambda: utc_now() + bench.database.ahead)


def kinds(happenings) -> list[tuple[str, str]]:
    return [(one.kind.value, one.object) for one in happenings]


def test_all_that_happens_is_told_once_and_in_order(bench, feed: Feed) -> None:
    position = feed.end()
    first = bench.exchange.publish("dream", risk(1)).message_id
    news, position = feed.read(position)
    assert kinds(news) == [("published", f"knowledge/{first}")]
    bench.exchange.publish("recall", risk(1))
    second = bench.exchange.publish("dream", risk(1, severity="low", confidence=0.1)).message_id
    [entry] = bench.exchange.conflicts()
    bench.exchange.settle(entry.id or 0, actor="ada", reason="seen otherwise")
    news, position = feed.read(position)
    assert sorted(kinds(news)) == sorted(
        [
            ("confirmed", f"knowledge/{first}"),
            ("published", f"knowledge/{second}"),
            ("contradicted", f"conflict/{entry.id}"),
            ("settled", f"conflict/{entry.id}"),
        ]
    )
    assert feed.read(position)[0] == []


def test_a_dead_letter_and_its_replay_are_told(bench, feed: Feed) -> None:
    bench.exchange.publish("dream", fix())
    position = feed.end()
    for _ in range(3):
        [message] = bench.exchange.receive("learning")
        bench.exchange.reject("learning", message, "no")
    [letter] = bench.exchange.dead()
    news, position = feed.read(position)
    assert kinds(news) == [("dead", f"delivery/{letter.delivery_id}")]
    bench.exchange.replay(letter.delivery_id, actor="ada")
    assert kinds(feed.read(position)[0]) == [("replayed", f"delivery/{letter.delivery_id}")]


def test_what_was_published_and_confirmed_between_two_readings_is_both(bench, feed: Feed) -> None:
    position = feed.end()
    for source in ("dream", "recall", "analysis"):
        bench.exchange.publish(source, risk())
    assert [one.kind for one in feed.read(position)[0]] == [HappeningKind.PUBLISHED, HappeningKind.CONFIRMED]


def test_a_position_survives_being_written_down(bench, feed: Feed) -> None:
    bench.exchange.publish("dream", risk())
    position = feed.end()
    assert Position.parse(str(position)) == position
    for wrong in ("", "x", "2026-01-01T00:00:00", "2026-01-01T00:00:00+00:00 " + "k1 " * 500_000):
        with pytest.raises(Invalid):
            Position.parse(wrong)


def test_the_position_stays_small_however_much_has_been_read(bench, feed: Feed) -> None:
    position = feed.end()
    for number in range(5):
        bench.exchange.publish_many([Draft("dream", risk(number * 20 + more)) for more in range(20)])
        bench.forward(30)
        news, position = feed.read(position)
        assert len(news) == 20
    assert len(position.seen) <= 20


@pytest.mark.parametrize("waits_s", [0, 3600])
def test_a_transaction_that_commits_after_a_later_one_is_not_left_out(bench, waits_s: float) -> None:
    """On PostgreSQL: its ids and its moment are older than what has been read already."""
    if bench.database.is_sqlite:
        pytest.skip("there, writers come one after another")
    ahead = [timedelta()]
    feed = Feed(bench.database, lambda: utc_now() + ahead[0])
    position = feed.end()
    with Session(bench.database.engine) as slow, slow.begin():
        early = bench.exchange.publish("dream", risk(1), session=slow).message_id
        late = bench.exchange.publish("dream", risk(2)).message_id
        assert early < late
        ahead[0] = timedelta(seconds=waits_s)
        news, position = feed.read(position)
        assert kinds(news) == [("published", f"knowledge/{late}")]
        assert feed.read(position)[0] == []
    news, position = feed.read(position)
    assert kinds(news) == [("published", f"knowledge/{early}")]
    ahead[0] += timedelta(seconds=60)
    assert feed.read(position)[0] == []


def test_a_feed_begun_while_a_transaction_is_open_tells_of_it(bench) -> None:
    if bench.database.is_sqlite:
        pytest.skip("there, writers come one after another")
    feed = Feed(bench.database, utc_now, slack_s=0)
    with Session(bench.database.engine) as slow, slow.begin():
        early = bench.exchange.publish("dream", risk(1), session=slow).message_id
        position = feed.end()
    assert kinds(feed.read(position)[0]) == [("published", f"knowledge/{early}")]


def test_many_publishers_and_a_reader_at_once_lose_and_repeat_nothing(bench) -> None:
    feed = Feed(bench.database, utc_now)
    position, told, stop = feed.end(), [], threading.Event()

    def publish(start: int) -> None:
        for number in range(start, start + 25):
            bench.exchange.publish("dream", risk(number))

    def read() -> None:
        nonlocal position
        while not stop.is_set():
            news, position = feed.read(position)
            told.extend(one.object for one in news)

    reader = threading.Thread(target=read)
    writers = [threading.Thread(target=publish, args=(start,)) for start in (0, 100, 200)]
    for thread in (reader, *writers):
        thread.start()
    for writer in writers:
        writer.join()
    stop.set()
    reader.join()
    told += [one.object for one in feed.read(position)[0]]
    assert len(told) == len(set(told)) == 75


def test_a_listener_wakes_for_what_is_published_and_sleeps_otherwise(bench) -> None:
    wakeup = listen(bench.database)
    try:
        assert wakeup.wait(0.2) is False
        publisher = threading.Timer(0.2, lambda: bench.exchange.publish("dream", risk()))
        publisher.start()
        assert wakeup.wait(120) is True
        publisher.join()
    finally:
        wakeup.close()


@given(seen=st.frozensets(st.from_regex(r"[kcda][0-9]{1,8}(\.[0-9]{1,4})?", fullmatch=True)))
@settings(max_examples=30)
def test_every_position_reads_back_as_it_was_written(seen: frozenset[str]) -> None:
    position = Position(utc_now(), seen)
    assert Position.parse(str(position)) == position
