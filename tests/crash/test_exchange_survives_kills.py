"""Publishers, consumers and the updater are killed or suspended; nothing accepted is lost, no effect happens twice.

All is counted from the outside: in the publishers' own logs, in the tables, and in the file that the graph is.
"""

import multiprocessing
import os
import random
import signal
import time
from collections import defaultdict
from collections.abc import Iterator
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest
from fakes.exchange_actor import CONSUMERS, LEASE_S, SUBJECTS, UPDATER_LEASE_S, Part, effects, own_metadata, play
from fakes.graph_file import GraphFile
from fakes.patience import until
from sqlmodel import col, func, select

from sigma_core.clock import utc_now
from sigma_core.database import Database
from sigma_core.exchange.message import DeliveryState
from sigma_core.exchange.registry import Registry
from sigma_core.exchange.service import Exchange
from sigma_core.exchange.tables import Delivery, Knowledge
from sigma_core.graph.tables import GraphChange

PROCESSES = multiprocessing.get_context("forkserver")
KILLS = int(os.environ.get("SIGMA_TEST_KILLS", "100"))
PUBLISHERS = ("publisher-0", "publisher-1")
CAST = (*PUBLISHERS, *CONSUMERS, "updater-0", "updater-1")
OPEN = (DeliveryState.READY, DeliveryState.LEASED, DeliveryState.WAITING)


class Stage:
    """The processes of a test, by the names of their parts."""

    def __init__(self, database: Database, folder: Path) -> None:
        self.database = database
        self.folder = folder
        self.kills = 0
        self._url = database.engine.url.render_as_string(hide_password=False)
        self._actors: dict[str, BaseProcess] = {}

    def start(self, *names: str, stops_once: bool = False) -> None:
        for name in names:
            part = Part(self._url, name, self.folder, stops_once)
            self._actors[name] = PROCESSES.Process(target=play, args=(part,), daemon=True)
            self._actors[name].start()

    def kill(self, *names: str) -> None:
        """All at the same moment; none may have ended by itself before."""
        for name in names:
            assert self._actors[name].is_alive(), f"{name} ended by itself"
        for name in names:
            self._actors[name].kill()
        for name in names:
            self._actors[name].join()
            self.kills += 1

    def resume(self, name: str) -> None:
        os.kill(self._actors[name].pid or 0, signal.SIGCONT)

    def log(self, name: str) -> list[str]:
        path = self.folder / f"{name}.log"
        return path.read_text().splitlines() if path.exists() else []

    def end(self) -> None:
        for actor in self._actors.values():
            actor.kill()
            actor.join()


@pytest.fixture
def stage(database: Database, tmp_path: Path) -> Iterator[Stage]:
    own_metadata.create_all(database.engine)
    stage = Stage(database, tmp_path)
    yield stage
    stage.end()


def test_killed_publishers_consumers_and_updaters_lose_nothing_and_repeat_no_effect(stage: Stage) -> None:
    chance = random.Random(7)
    # PostgreSQL starts a process for each connection: the same number of kills takes three times as long there
    kills = KILLS if stage.database.is_sqlite else max(1, KILLS // 3)
    stage.start(*CAST)
    while stage.kills < kills:
        time.sleep(chance.uniform(0.1, 0.5))
        victims = chance.sample(CAST, k=min(chance.randint(1, 4), kills - stage.kills))
        stage.kill(*victims)
        stage.start(*victims)
    until(lambda: all(len(stage.log(name)) > 20 for name in PUBLISHERS))
    stage.kill(*PUBLISHERS)
    until(lambda: nothing_waits(stage.database))
    stage.end()
    assert stage.kills >= kills
    assert_nothing_accepted_is_lost(stage)
    assert_each_finding_is_one_item(stage)
    assert_each_effect_happened_once(stage.database)
    assert_the_graph_shows_the_database(stage)
    assert_each_subject_was_written_in_order(stage)


def test_a_consumer_suspended_beyond_its_lease_can_neither_keep_nor_repeat_an_effect(stage: Stage) -> None:
    stage.start("publisher-0")
    until(lambda: len(stage.log("publisher-0")) > 10)
    stage.kill("publisher-0")
    stage.start("think", stops_once=True)
    until(lambda: stage.log("think") != [])
    time.sleep(LEASE_S)
    stage.start("think-again", *(set(CONSUMERS) - {"think"}))
    until(lambda: nothing_is_unfinished(stage.database))
    stage.resume("think")
    until(lambda: len(stage.log("think")) > 1)
    assert "no longer leased to think" in stage.log("think")[1]
    assert_each_effect_happened_once(stage.database)


def test_an_updater_suspended_beyond_its_lease_does_not_overwrite_what_is_newer(stage: Stage) -> None:
    stage.start("publisher-0", "updater-0", stops_once=True)
    until(lambda: stage.log("updater-0") != [])
    time.sleep(UPDATER_LEASE_S)
    stage.start("updater-1")
    until(lambda: len(stage.log("publisher-0")) > 6 * SUBJECTS)
    stage.kill("publisher-0")
    until(lambda: everything_is_written(stage.database))
    stage.resume("updater-0")
    until(lambda: "wrote late" in stage.log("updater-0"))
    assert_the_graph_shows_the_database(stage)


def nothing_is_unfinished(database: Database) -> bool:
    with database.reading() as session:
        waiting = select(func.count()).select_from(Delivery).where(col(Delivery.state).in_(OPEN))
        return session.exec(waiting).one() == 0


def everything_is_written(database: Database) -> bool:
    with database.reading() as session:
        return session.exec(select(func.count()).select_from(GraphChange)).one() == 0


def nothing_waits(database: Database) -> bool:
    return nothing_is_unfinished(database) and everything_is_written(database)


def assert_nothing_accepted_is_lost(stage: Stage) -> None:
    """What publishers wrote down as accepted is stored, and whoever should have it had it."""
    told = {int(number) for name in PUBLISHERS for line in stage.log(name) for number in line.split()}
    assert told
    assert Exchange(stage.database, utc_now, Registry()).dead() == []
    with stage.database.reading() as session:
        assert told <= set(session.exec(select(Knowledge.id)))
        copies = session.exec(
            select(Knowledge.id, func.count())
            .join(Delivery, col(Delivery.knowledge_id) == Knowledge.id)
            .where(Knowledge.type == "risk_pattern", Delivery.state == DeliveryState.DONE)
            .group_by(col(Knowledge.id))
        ).all()
        stored = session.exec(select(Knowledge.id).where(Knowledge.type == "risk_pattern")).all()
    assert {id_ for id_, _ in copies} == set(stored)
    assert {count for _, count in copies} == {len(CONSUMERS)}


def assert_each_finding_is_one_item(stage: Stage) -> None:
    """What a publisher handed in again after its death, not knowing whether it was accepted, was not counted twice."""
    announced = sum(len((stage.folder / f"{name}.announced").read_text().splitlines()) for name in PUBLISHERS)
    with stage.database.reading() as session:
        news = session.exec(select(Knowledge.evidence_count).where(Knowledge.type == "risk_pattern")).all()
    assert set(news) == {1}
    # The last announcement of each may have died before it was published
    assert 2 * (announced - len(PUBLISHERS)) <= len(news) <= 2 * announced


def assert_each_effect_happened_once(database: Database) -> None:
    """One effect for each delivery that is done, none for those withdrawn, none twice."""
    with database.reading() as session:
        happened = [tuple(row) for row in session.execute(select(effects.c.worker, effects.c.message_id))]
        done = session.exec(
            select(Delivery.recipient, Delivery.knowledge_id).where(Delivery.state == DeliveryState.DONE)
        ).all()
    assert happened
    assert len(happened) == len(set(happened))
    assert set(happened) == {tuple(row) for row in done}


def assert_the_graph_shows_the_database(stage: Stage) -> None:
    with stage.database.reading() as session:
        rows = session.exec(select(Knowledge)).all()
    shown = {
        f"knowledge/{row.id}": {
            "pattern": row.data["pattern"],
            "evidence": row.evidence_count,
            "invalid": row.contradicted_at is not None,
        }
        for row in rows
    }
    assert GraphFile(stage.folder / "graph.db").items() == shown


def assert_each_subject_was_written_in_order(stage: Stage) -> None:
    with stage.database.reading() as session:
        subjects = {
            f"knowledge/{id_}": subject for id_, subject in session.exec(select(Knowledge.id, Knowledge.subject))
        }
    written = defaultdict(list)
    for key, sequence in GraphFile(stage.folder / "graph.db").effects():
        written[subjects[key]].append(sequence)
    assert max(map(len, written.values())) > SUBJECTS
    for sequences in written.values():
        assert sequences == sorted(sequences)
