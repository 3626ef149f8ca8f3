"""Verifications handed to other processes by procrastinate: killed, called off, more than there are slots."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from fakes.fork_server import PROCESSES
from fakes.patience import until
from fakes.verifying_host import VerifyingHost, serve

from sigma_core.clock import utc_now
from sigma_core.database import Database
from sigma_core.errors import Cancelled, Unavailable
from sigma_core.projects.tables import Project
from sigma_core.proposals.evidence import Evidence
from sigma_core.proposals.handing_over.handed_over import HandedOver
from sigma_core.proposals.handing_over.procrastinate_queue import ProcrastinateQueue
from sigma_core.proposals.tables import Proposal
from sigma_core.proposals.verification.patch import Change

pytestmark = pytest.mark.postgresql

MOST = 6


class Asker:
    """The process that waits: it asks in threads, as cycles do."""

    def __init__(self, database: Database, host: VerifyingHost) -> None:
        self.host, self.orders = host, host.orders(database)
        self.queue = ProcrastinateQueue(host.url, host.lease_s)
        with database.transaction() as session:
            session.add(Project(id=1, name="shop", path="/shop", head="0" * 40, created_at=utc_now()))
            proposals = [_proposal(number) for number in range(1, MOST + 1)]
            session.add_all(proposals)
        self.changes = {each.id: Change.of(each) for each in proposals}
        self.said: dict[int, list[str]] = {number: [] for number in self.changes}
        self.stop = {number: threading.Event() for number in self.changes}
        self._processes: list = []
        self._threads = ThreadPoolExecutor(MOST)

    def start(self, **different: object):
        process = PROCESSES.Process(target=serve, args=(replace(self.host, **different),))
        process.start()
        self._processes.append(process)
        return process

    def ask(self, number: int) -> Future:
        return self._threads.submit(self.verify, self.changes[number])

    def verify(self, change: Change) -> Evidence:
        found = HandedOver(self.orders, self.queue).verify(
            Project(id=1, name="shop", path="/shop", head="0" * 40, created_at=utc_now()),
            [change],
            progress=self.said[change.proposal_id].append,
            cancelled=self.stop[change.proposal_id].is_set,
        )
        return found[change.proposal_id]

    def began(self, count: int) -> Callable[[], bool]:
        return lambda: (self.host.folder / "journal").exists() and len(self.host.journal("began")) >= count

    def queued(self) -> list[str]:
        with psycopg.connect(self.host.url) as connection:
            return [status for (status,) in connection.execute("SELECT status FROM procrastinate.procrastinate_jobs")]

    def end(self) -> None:
        for each in self.stop.values():
            each.set()
        self._threads.shutdown()
        self.queue.close()
        for process in self._processes:
            process.kill()
            process.join()


def _proposal(number: int) -> Proposal:
    return Proposal(
        id=number,
        project_id=1,
        title="a fix",
        change_type="style",
        diff=f"the diff {number}",
        diff_sha256=f"{number:064}",
        base_commit="0" * 40,
        confidence=1,
        origin="dream",
        fixer="model",
        state="waiting",
        created_at=utc_now(),
        changed_at=utc_now(),
    )


@pytest.fixture
def asker(postgresql_database: Database, tmp_path: Path) -> Iterator[Asker]:
    url = postgresql_database.engine.url.render_as_string(hide_password=False)
    made = Asker(postgresql_database, VerifyingHost(url, tmp_path))
    yield made
    made.end()


def test_what_a_killed_host_had_in_hand_is_verified_by_another_once_in_effect(asker: Asker) -> None:
    first = asker.start()
    answer = asker.ask(1)
    until(asker.began(1))
    asker.start()
    first.kill()
    until(asker.began(2), lambda: asker.said[1])
    asker.host.gate.touch()
    assert answer.result(120).diff_sha256 == "the diff 1"
    ((second, proposal),) = asker.host.journal("ended")
    assert (second != first.pid, proposal) == (True, 1)
    until(lambda: asker.queued() == [])
    assert asker.orders.ask(1, [asker.changes[1]], "next") > 1


def test_what_kills_every_host_is_given_up_and_says_so(asker: Asker) -> None:
    answer = asker.ask(1)
    for count in (1, 2):
        process = asker.start(attempts=2)
        until(asker.began(count), lambda: asker.said[1])
        process.kill()
    asker.start(attempts=2)
    with pytest.raises(Unavailable, match="each host that began it fell silent"):
        answer.result(120)
    assert len(asker.host.journal("began")) == 2


def test_a_cancelled_cycle_takes_its_verification_from_the_queue_and_from_the_host(asker: Asker) -> None:
    asker.start()
    under_way = asker.ask(1)
    until(asker.began(1))
    waiting = asker.ask(2)
    until(lambda: sorted(asker.queued()) == ["doing", "todo"])
    for number, answer in ((2, waiting), (1, under_way)):
        asker.stop[number].set()
        with pytest.raises(Cancelled):
            answer.result(120)
    until(lambda: asker.host.journal("stopped") == asker.host.journal("began") and asker.queued() == [])
    assert [proposal for _, proposal in asker.host.journal("began")] == [1]


def test_no_host_has_more_in_hand_than_its_slots_and_no_more_is_queued_than_cycles_wait(asker: Asker) -> None:
    hosts = [asker.start(slots=2).pid, asker.start().pid]
    until(lambda: asker.queue.serving() == 2)
    answers = [asker.ask(number) for number in asker.changes]
    until(asker.began(3))
    assert sorted(asker.queued()) == ["doing"] * 3 + ["todo"] * 3
    assert sorted(pid for pid, _ in asker.host.journal("began")) == sorted([hosts[0], hosts[0], hosts[1]])
    unbegun = asker.changes.keys() - {proposal for _, proposal in asker.host.journal("began")}
    until(lambda: all(asker.said[each] == ["waiting for a host to verify"] for each in unbegun))
    asker.host.gate.touch()
    assert [each.result(120).diff_sha256 for each in answers] == [f"the diff {number}" for number in asker.changes]
    assert sorted(proposal for _, proposal in asker.host.journal("ended")) == list(asker.changes)


def test_a_successor_goes_on_with_what_a_dead_cycle_asked_for(asker: Asker) -> None:
    dead = asker.orders.ask(1, [asker.changes[1]], "dead")
    asker.orders.handed(dead, "dead", asker.queue.hand(dead))
    asker.start()
    until(asker.began(1))
    successor = asker.ask(1)
    until(lambda: any("running the tests" in said for said in asker.said[1]), lambda: asker.said[1])
    # Woken, the dead one calls off what is no longer its own
    assert asker.orders.drop(dead, "dead") is False
    asker.host.gate.touch()
    assert successor.result(120).diff_sha256 == "the diff 1"
    assert len(asker.host.journal("began")) == 1


def test_what_is_no_longer_what_was_asked_for_is_not_verified(asker: Asker) -> None:
    asker.start()
    with pytest.raises(Unavailable, match="are others than were meant"):
        asker.verify(replace(asker.changes[1], diff="another"))
    assert asker.queued() == []
