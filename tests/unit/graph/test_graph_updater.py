"""From what was published to what the graph shows, whatever mood the graph is in."""

import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import pytest
from fakes.graph_file import GraphFile, Moody
from fakes.steered_database import SteeredDatabase
from sqlmodel import Session

from sigma_core.clock import utc_now
from sigma_core.database import Database
from sigma_core.exchange import projection
from sigma_core.exchange.registry import Registry
from sigma_core.exchange.service import Exchange
from sigma_core.graph import outbox
from sigma_core.graph.facts import Entity, Fact
from sigma_core.graph.updater import Pace, Updater, UpdaterFigures, figures
from sigma_core.graph.writer import GraphItem

SOURCES = {projection.ORIGIN: partial(projection.items, Registry())}


@dataclass
class Setting:
    """An exchange, a graph, and an updater between them."""

    database: SteeredDatabase
    exchange: Exchange
    graph: GraphFile
    writer: Moody

    def __post_init__(self) -> None:
        self.updater = self.another()

    def another(self) -> Updater:
        return Updater(self.database, self.writer, SOURCES, pace=Pace(lease_s=60, attempts=3))

    def tell(self, *patterns: str, confidence: float = 0.5, source: str = "analysis") -> list[int]:
        payloads = [{"pattern": pattern, "trend": "increasing", "confidence": confidence} for pattern in patterns]
        return [self.exchange.publish(source, "pattern_evolution", payload).message_id for payload in payloads]

    def patterns(self) -> set[object]:
        return {item["pattern"] for item in self.graph.items().values()}

    def figures(self) -> UpdaterFigures:
        return figures(self.database)


@pytest.fixture(params=["sqlite", "postgresql"])
def setting(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Setting]:
    database = SteeredDatabase(request.getfixturevalue(f"{request.param}_copy"))
    graph = GraphFile(tmp_path / "graph.db")
    yield Setting(database, Exchange(database, utc_now, Registry()), graph, Moody(graph))
    database.dispose()


def test_what_waits_is_written_together_up_to_a_bound(setting: Setting) -> None:
    setting.tell(*(f"p{number}" for number in range(25)))
    updater = Updater(setting.database, setting.writer, SOURCES, pace=Pace(most=20))
    assert [updater.write_batch() for _ in range(3)] == [20, 5, 0]
    assert setting.patterns() == {f"p{number}" for number in range(25)}
    seen = setting.figures()
    assert (seen.pending, seen.lag_s, seen.written, seen.last_error) == (0, None, 25, None)


def test_a_few_wait_five_seconds_for_company_and_ten_do_not_wait(setting: Setting) -> None:
    setting.tell(*(f"p{number}" for number in range(9)))
    assert setting.updater.tick() == 0
    setting.tell("p9")
    assert setting.updater.tick() == 10
    setting.tell("late")
    setting.database.forward(5.1)
    assert setting.updater.tick() == 1


def test_a_row_that_cannot_be_read_is_set_aside_and_the_others_are_written(setting: Setting) -> None:
    setting.tell("good")
    (bad,) = setting.tell("bad")
    setting.tell("better")
    read = SOURCES[projection.ORIGIN]

    def picky(session: Session, ids: Sequence[int]) -> Mapping[int, GraphItem]:
        if bad in ids:
            raise LookupError("its type says its facts wrongly")
        return read(session, ids)

    updater = Updater(setting.database, setting.writer, {projection.ORIGIN: picky}, pace=Pace(attempts=3))
    for _ in range(4):
        updater.write_batch()
        setting.database.forward(700)
    assert setting.patterns() == {"good", "better"}
    seen = setting.figures()
    assert (seen.pending, seen.set_aside) == (0, 1)
    assert seen.last_error == "LookupError: its type says its facts wrongly"


def test_many_changes_of_one_item_are_one_write_of_its_newest_state(setting: Setting) -> None:
    (first,) = setting.tell("p")
    for source in ("dream", "think", "recall"):
        assert setting.tell("p", source=source) == [first]
    setting.updater.write_batch()
    assert setting.graph.items() == {f"knowledge/{first}": {"pattern": "p", "evidence": 4, "invalid": False}}
    assert len(setting.graph.effects()) == 1


def test_what_lost_a_conflict_is_invalidated_and_comes_back_when_that_is_overturned(setting: Setting) -> None:
    (loser,) = setting.tell("p", confidence=0.2)
    contrary = {"pattern": "p", "trend": "decreasing", "confidence": 0.9}
    winner = setting.exchange.publish("dream", "pattern_evolution", contrary).message_id
    setting.updater.write_batch()

    def invalid() -> dict[int, object]:
        return {key: setting.graph.items()[f"knowledge/{key}"]["invalid"] for key in (loser, winner)}

    assert invalid() == {loser: True, winner: False}
    (conflict,) = setting.exchange.conflicts()
    setting.exchange.settle(conflict.id or 0, actor="ada", reason="seen otherwise")
    setting.updater.write_batch()
    assert invalid() == {loser: False, winner: True}


def test_one_poison_item_holds_nobody_up_and_is_set_aside_with_its_error(setting: Setting) -> None:
    setting.writer.poison = "poison"
    setting.tell("a", "poison", "b")
    assert setting.updater.write_batch() == 0
    assert [setting.updater.write_batch() for _ in range(4)] == [1, 0, 1, 0]
    assert setting.writer.asked == [3, 1, 1, 1]
    assert setting.patterns() == {"a", "b"}
    for _ in range(3):
        setting.database.forward(700)
        setting.updater.tick()
    seen = setting.figures()
    assert (seen.pending, seen.set_aside, seen.written) == (0, 1, 2)
    with setting.database.reading() as session:
        (aside,) = outbox.set_aside(session, limit=10)
        assert aside.error == "ValueError: cannot take poison"
    setting.writer.poison = None
    with setting.database.transaction() as session:
        assert outbox.retry(session, aside.id or 0)
        assert not outbox.retry(session, aside.id or 0)
    assert setting.updater.write_batch() == 1
    assert setting.patterns() == {"a", "b", "poison"}


def test_later_changes_of_a_subject_wait_for_one_that_failed_and_others_do_not(setting: Setting) -> None:
    setting.writer.poison = "increasing"
    setting.tell("p")
    setting.updater.write_batch()
    contrary = {"pattern": "p", "trend": "decreasing", "confidence": 0.9}
    setting.exchange.publish("dream", "pattern_evolution", contrary)
    setting.writer.poison = None
    other = {"pattern": "q", "trend": "stable", "confidence": 0.9}
    setting.exchange.publish("dream", "pattern_evolution", other)
    assert setting.updater.write_batch() == 1
    assert setting.patterns() == {"q"}
    setting.database.forward(5)
    setting.updater.tick()
    assert [key for key, _ in setting.graph.effects()] == ["knowledge/3", "knowledge/1", "knowledge/2"]


def test_a_graph_that_is_away_costs_no_knowledge_and_no_attempt(setting: Setting) -> None:
    setting.writer.away = True
    pauses = []
    for number in range(6):
        setting.tell(f"p{number}")
        setting.database.forward(70)
        assert setting.updater.tick() == 0
        seen = setting.figures()
        assert seen.paused_until is not None
        with setting.database.reading() as session:
            pauses.append(round((seen.paused_until - setting.database.now(session)).total_seconds()))
    assert pauses == [1, 2, 4, 8, 16, 32]
    assert (seen.pending, seen.set_aside, seen.failures) == (6, 0, 6)
    assert seen.last_error == "Unavailable: The graph does not answer."
    asked = len(setting.writer.asked)
    assert setting.updater.tick() == 0
    assert len(setting.writer.asked) == asked
    setting.writer.away = False
    setting.database.forward(40)
    assert setting.updater.tick() == 6
    assert setting.figures().failures == 0


def test_who_stalls_beyond_its_lease_neither_holds_nor_overwrites(setting: Setting) -> None:
    (key,) = setting.tell("p")
    other = Updater(setting.database, setting.graph, SOURCES, pace=Pace(lease_s=60))

    def stall(_: object) -> None:
        setting.database.forward(61)
        setting.tell("p", source="dream")
        assert other.tick() == 1

    setting.writer.before = stall
    assert setting.updater.write_batch() == 0
    assert setting.graph.items()[f"knowledge/{key}"]["evidence"] == 2
    assert len(setting.graph.effects()) == 1
    assert (setting.figures().pending, setting.figures().leased) == (0, 0)


def test_a_change_during_the_write_is_written_too(setting: Setting) -> None:
    (key,) = setting.tell("p")
    setting.writer.before = lambda _: setting.tell("p", source="dream") and None
    setting.updater.write_batch()
    assert setting.figures().pending == 1
    setting.writer.before = lambda _: None
    assert setting.updater.write_batch() == 1
    assert setting.graph.items()[f"knowledge/{key}"]["evidence"] == 2


def test_an_item_whose_writing_kills_its_process_is_set_aside_alone(setting: Setting) -> None:
    setting.tell("a", "deadly", "b")

    class Death(BaseException):
        pass

    def die(writes: object) -> None:
        if "deadly" in str(writes):
            raise Death

    setting.writer.before = die
    for _ in range(8):
        setting.database.forward(61)
        try:
            setting.updater.tick()
        except Death:
            continue
    setting.database.forward(61)
    setting.updater.tick()
    assert setting.patterns() == {"a", "b"}
    assert setting.figures().set_aside == 1


def test_two_updaters_write_each_change_once_and_each_subject_in_order(setting: Setting) -> None:
    for number in range(30):
        setting.tell(*(f"p{number % 3}" for _ in range(2)), confidence=round(number / 40, 3))

    def drain(updater: Updater) -> None:
        while updater.write_batch() or setting.figures().pending:
            pass

    both = [threading.Thread(target=drain, args=(setting.another(),)) for _ in range(2)]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join(60)
    effects = setting.graph.effects()
    assert len(effects) == len(set(effects)) == setting.figures().written
    assert len(setting.graph.items()) == len({key for key, _ in effects})


def test_an_item_of_very_many_facts_is_held_as_long_as_it_takes_to_write_them(setting: Setting) -> None:
    (key,) = setting.tell("p")
    said = Fact(Entity("a"), "CALLS", Entity("b"), "a calls b")

    def large(session: Session, ids: Sequence[int]) -> Mapping[int, GraphItem]:
        found = SOURCES[projection.ORIGIN](session, ids)
        return {number: replace(each, facts=[said] * 40_000) for number, each in found.items()}

    sources = {projection.ORIGIN: large}
    mine, other = (Updater(setting.database, setting.writer, sources, pace=Pace(lease_s=60)) for _ in range(2))

    def stall(_: object) -> None:
        setting.database.forward(300)
        assert other.tick() == 0, "it is still in hand"

    setting.writer.before = stall
    assert mine.write_batch() == 1
    assert setting.writer.waited_s == [pytest.approx(30 + 390)]
    assert setting.graph.effects() == [(f"knowledge/{key}", 1)]


def test_others_write_while_a_batch_is_read(setting: Setting) -> None:
    setting.tell("p")

    def slow(session: Session, ids: Sequence[int]) -> Mapping[int, GraphItem]:
        setting.tell("q")
        return SOURCES[projection.ORIGIN](session, ids)

    updater = Updater(setting.database, setting.writer, {projection.ORIGIN: slow})
    assert updater.write_batch() == 1
    assert setting.figures().pending == 1


def test_a_row_that_is_gone_is_no_change(setting: Setting) -> None:
    with setting.database.transaction() as session:
        outbox.enqueue(session, [outbox.Changed(projection.ORIGIN, 99)], utc_now())
    assert setting.updater.write_batch() == 1
    assert setting.graph.items() == {}


def test_a_change_that_is_not_committed_yet_is_not_written_as_it_was(postgresql_copy: str, tmp_path: Path) -> None:
    database, graph = SteeredDatabase(postgresql_copy), GraphFile(tmp_path / "graph.db")
    setting = Setting(database, Exchange(database, utc_now, Registry()), graph, Moody(graph))
    (key,) = setting.tell("p")
    other = Database(postgresql_copy)
    with other.transaction() as session:
        payload = {"pattern": "p", "trend": "increasing", "confidence": 0.5}
        Exchange(other, utc_now, Registry()).publish("dream", "pattern_evolution", payload, session=session)
        assert setting.updater.write_batch() == 0
    assert setting.updater.write_batch() == 1
    assert graph.items()[f"knowledge/{key}"]["evidence"] == 2
    database.dispose()
    other.dispose()


def test_what_follows_a_change_that_is_not_committed_yet_does_not_pass_it(postgresql_copy: str, tmp_path: Path) -> None:
    database, graph = SteeredDatabase(postgresql_copy), GraphFile(tmp_path / "graph.db")
    setting = Setting(database, Exchange(database, utc_now, Registry()), graph, Moody(graph))
    setting.tell("p")
    contrary = {"pattern": "p", "trend": "decreasing", "confidence": 0.9}
    setting.exchange.publish("dream", "pattern_evolution", contrary)
    setting.tell("q")
    other = Database(postgresql_copy)
    with other.transaction() as session:
        projection.changed(session, [1], utc_now())
        assert setting.updater.write_batch() == 1
    assert setting.patterns() == {"q"}
    assert setting.updater.write_batch() == 2
    assert [key for key, _ in graph.effects()] == ["knowledge/3", "knowledge/1", "knowledge/2"]
    database.dispose()
    other.dispose()
