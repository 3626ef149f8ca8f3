"""Inboxes: order, leases, acknowledgement, rejection, dead letters."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from fakes.knowledge import fix, risk
from sqlalchemy import text
from sqlmodel import select

from sigma_core.audit import AuditEntry
from sigma_core.errors import Conflict, Invalid, NotFound
from sigma_core.exchange.message import Draft, Message
from sigma_core.exchange.registry import Registry
from sigma_core.exchange.tables import Knowledge
from sigma_core.exchange.types import SuccessfulFix

LEASE_S = 61


def numbers(messages: list[Message]) -> list[int]:
    return [one.message_id for one in messages]


def publish(bench, urgencies: list[str]) -> list[int]:
    drafts = [Draft("operator", risk(number), urgency=urgency) for number, urgency in enumerate(urgencies)]
    return [one.message_id for one in bench.exchange.publish_many(drafts)]


def test_high_urgency_comes_first_then_normal_and_low_by_age(bench) -> None:
    a, b, c, d, e = publish(bench, ["low", "normal", "high", "low", "high"])
    assert numbers(bench.exchange.receive("think", limit=4)) == [c, e, a, b]
    assert numbers(bench.exchange.receive("think")) == [d]


def test_a_received_message_carries_all_that_its_recipient_needs(bench) -> None:
    bench.exchange.publish("dream", risk(), urgency="high")
    [message] = bench.exchange.receive("think")
    assert (message.type, message.payload, message.source, message.urgency) == ("risk_pattern", risk(), "dream", "high")
    assert (message.attempts, message.evidence_count, message.project_id) == (1, 1, None)
    assert message.freshness == pytest.approx(1, abs=1e-4)


def test_a_message_is_not_delivered_twice_within_its_lease(bench) -> None:
    publish(bench, ["normal"])
    assert len(bench.exchange.receive("think")) == 1
    assert bench.exchange.receive("think") == []


def test_a_message_is_delivered_again_when_nobody_acknowledges_it(bench) -> None:
    first, second = publish(bench, ["normal", "normal"])
    bench.exchange.receive("think", limit=1)
    bench.forward(LEASE_S)
    again = bench.reopened().receive("think")
    assert [(one.message_id, one.attempts) for one in again] == [(first, 2), (second, 1)]


def test_an_acknowledged_message_never_comes_back(bench) -> None:
    publish(bench, ["normal", "high"])
    assert bench.exchange.acknowledge("think", bench.exchange.receive("think")) == 2
    bench.forward(LEASE_S)
    assert bench.exchange.receive("think") == []


def test_acknowledging_takes_receipts_as_text_too(bench) -> None:
    publish(bench, ["normal"])
    [message] = bench.exchange.receive("think")
    bench.exchange.acknowledge("think", message.receipt)
    assert bench.exchange.stats("think")[0].acknowledged == 1


def test_a_stale_receipt_is_refused_and_nothing_of_the_batch_is_done(bench) -> None:
    publish(bench, ["normal", "normal"])
    stale = bench.exchange.receive("think", limit=1)
    bench.forward(LEASE_S)
    fresh = bench.exchange.receive("think")
    with pytest.raises(Conflict, match="1 of these messages are no longer leased to think"):
        bench.exchange.acknowledge("think", [*stale, fresh[1]])
    assert bench.exchange.acknowledge("think", fresh) == 2


def test_one_receipt_cannot_be_used_twice_or_by_another_worker(bench) -> None:
    publish(bench, ["normal"])
    [message] = bench.exchange.receive("think")
    with pytest.raises(Conflict):
        bench.exchange.acknowledge("learning", message)
    bench.exchange.acknowledge("think", [message, message])
    with pytest.raises(Conflict):
        bench.exchange.acknowledge("think", message)


@pytest.mark.parametrize("receipt", ["", "1", "x.y", "1.", "-1.a", "9" * 30 + ".a", "٣.a"])
def test_a_malformed_receipt_is_refused(bench, receipt: str) -> None:
    with pytest.raises(Invalid, match="is not a receipt"):
        bench.exchange.acknowledge("think", receipt)


def test_effect_and_acknowledgement_commit_or_vanish_together(bench) -> None:
    publish(bench, ["normal"])
    [message] = bench.exchange.receive("think")

    def work(*, fails: bool) -> None:
        with bench.database.transaction() as session:
            bench.exchange.publish("think", fix(), session=session)
            bench.exchange.acknowledge("think", message, session=session)
            if fails:
                raise RuntimeError

    with pytest.raises(RuntimeError):
        work(fails=True)
    assert bench.exchange.receive("dream") == []
    work(fails=False)
    assert len(bench.exchange.receive("dream")) == 1


def test_an_item_is_processed_when_its_last_recipient_is_done(bench) -> None:
    [message_id] = publish(bench, ["normal"])

    def processed() -> bool:
        bench.exchange.keep_figures()
        with bench.database.reading() as session:
            return session.get_one(Knowledge, message_id).processed_at is not None

    bench.exchange.acknowledge("think", bench.exchange.receive("think"))
    assert not processed()
    bench.exchange.acknowledge("learning", bench.exchange.receive("learning"))
    assert processed()


def test_a_rejected_message_comes_back_at_once_at_its_old_place(bench) -> None:
    first, second = publish(bench, ["normal", "normal"])
    [message] = bench.exchange.receive("think", limit=1)
    assert bench.exchange.reject("think", message, "not now")
    assert numbers(bench.exchange.receive("think")) == [first, second]


def test_a_rejected_message_stays_away_for_its_delay(bench) -> None:
    first, second = publish(bench, ["normal", "normal"])
    [message] = bench.exchange.receive("think", limit=1)
    bench.exchange.reject("think", message, "not now", delay_s=300)
    assert numbers(bench.exchange.receive("think")) == [second]
    bench.forward(LEASE_S)
    assert numbers(bench.exchange.receive("think")) == [second]
    bench.forward(300)
    assert numbers(bench.exchange.receive("think")) == [first, second]


@pytest.mark.parametrize("delay_s", [-1, float("nan"), float("inf"), 1e9])
def test_a_delay_without_sense_is_refused(bench, delay_s: float) -> None:
    publish(bench, ["normal"])
    [message] = bench.exchange.receive("think")
    with pytest.raises(Invalid, match="delay_s"):
        bench.exchange.reject("think", message, "why", delay_s=delay_s)


def test_a_message_rejected_too_often_is_dead_with_its_error_and_can_be_replayed(bench) -> None:
    [message_id] = publish(bench, ["normal"])
    for attempt in (1, 2, 3):
        [message] = bench.exchange.receive("think")
        assert bench.exchange.reject("think", message, f"broke\0 {attempt}") is (attempt < 3)
    assert bench.exchange.receive("think") == []
    [letter] = bench.exchange.dead("think")
    assert (letter.message_id, letter.recipient, letter.attempts, letter.error) == (message_id, "think", 3, "broke� 3")
    bench.exchange.replay(letter.delivery_id, actor="somebody")
    assert bench.exchange.dead() == []
    assert [(one.message_id, one.attempts) for one in bench.exchange.receive("think")] == [(message_id, 1)]
    with bench.database.reading() as session:
        assert session.exec(select(AuditEntry.actor, AuditEntry.action)).all() == [("somebody", "replay")]


def test_a_message_whose_consumer_dies_of_it_is_dead_in_the_end_and_holds_nobody(bench) -> None:
    poison, other = publish(bench, ["high", "normal"])
    for _ in range(3):
        bench.exchange.receive("think", limit=1)
        bench.forward(LEASE_S)
    assert numbers(bench.exchange.receive("think")) == [other]
    [letter] = bench.exchange.dead()
    assert letter.message_id == poison
    assert letter.error == "received 3 times and never acknowledged"


def test_a_message_that_its_type_no_longer_knows_is_dead_and_holds_nobody(bench) -> None:
    publish(bench, ["normal"])
    bench.exchange.publish("operator", fix())
    later = bench.reopened(Registry((SuccessfulFix,)))
    assert [one.type for one in later.receive("learning")] == ["successful_fix"]
    [letter] = later.dead("learning")
    assert letter.error.startswith("its payload does not fit its type any more: type: 'risk_pattern'")


def test_what_is_not_dead_cannot_be_replayed(bench) -> None:
    publish(bench, ["normal"])
    with pytest.raises(Conflict, match="is not dead but ready"):
        bench.exchange.replay(1, actor="somebody")
    with pytest.raises(NotFound, match="No delivery 99"):
        bench.exchange.replay(99, actor="somebody")


def test_nobody_else_has_an_inbox(bench) -> None:
    for call in (bench.exchange.receive, bench.exchange.dead):
        with pytest.raises(NotFound, match="No worker 'operator'"):
            call("operator")
    with pytest.raises(NotFound, match="No worker 'nobody'"):
        bench.exchange.stats("nobody")


@pytest.mark.parametrize("limit", [0, -1, 1001])
def test_a_limit_without_sense_is_refused(bench, limit: int) -> None:
    with pytest.raises(Invalid, match="limit: must be 1 to 1000"):
        bench.exchange.receive("think", limit)


def test_consumers_of_one_inbox_never_share_a_message(bench) -> None:
    publish(bench, ["normal"] * 60)
    taken: list[int] = []
    start = threading.Barrier(4)

    def consume() -> None:
        start.wait()
        while messages := bench.exchange.receive("think", limit=4):
            bench.exchange.acknowledge("think", messages)
            taken.extend(numbers(messages))

    threads = [threading.Thread(target=consume) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken) == sorted(set(taken))
    assert len(taken) == 60


def test_figures_tell_what_a_worker_exchanged(bench) -> None:
    publish(bench, ["normal"] * 3)
    bench.exchange.publish("think", fix())
    with pytest.raises(Invalid):
        bench.exchange.publish("think", "successful_fix", {})
    bench.exchange.acknowledge("think", bench.exchange.receive("think", limit=1))
    bench.forward(600)
    [think] = bench.exchange.stats("think")
    assert (think.published, think.refused, think.validation_rate) == (1, 1, 0.5)
    assert (think.received, think.acknowledged, think.ready, think.leased, think.dead) == (1, 1, 2, 0, 0)
    assert think.lag_s == pytest.approx(600, abs=30)
    assert think.mean_freshness == pytest.approx(0.999, abs=1e-3)
    assert bench.exchange.stats("recall")[0].mean_freshness is None
    bench.exchange.keep_figures()
    assert len(bench.exchange.stats()) == 6


@contextmanager
def plans(bench) -> Iterator[list[str]]:
    """How SQLite means to run each statement."""
    from sqlalchemy import event

    found: list[str] = []

    def explain(connection, cursor, statement, parameters, context, executemany) -> None:
        if statement.startswith(("SELECT", "UPDATE")) and not executemany:
            cursor.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)
            found.extend(row[3] for row in cursor.fetchall())

    event.listen(bench.database.engine, "before_cursor_execute", explain)
    yield found
    event.remove(bench.database.engine, "before_cursor_execute", explain)


def test_no_step_of_the_way_scans_or_sorts_a_growing_table(bench) -> None:
    if not bench.database.is_sqlite:
        pytest.skip("reads SQLite's plans")
    bench.exchange.publish("operator", risk(1))
    with bench.database.transaction() as session:
        session.execute(text("ANALYZE"))
    with plans(bench) as steps:
        bench.exchange.publish("operator", risk(1), origin="note/1")
        bench.exchange.publish("operator", risk(2, severity="low"), origin="note/2")
        [one, *_] = bench.exchange.receive("think")
        bench.exchange.reject("think", one, "why", delay_s=5)
        bench.forward(LEASE_S)
        bench.exchange.acknowledge("think", bench.exchange.receive("think"))
    assert steps
    costly = [step for step in steps if step.startswith("SCAN") or "TEMP B-TREE FOR ORDER" in step]
    assert [step for step in costly if step != "SCAN CONSTANT ROW"] == []
