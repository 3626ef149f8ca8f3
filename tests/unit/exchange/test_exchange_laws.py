"""The laws of delivery, under any interleaving of publish, receive, expiry, acknowledge, reject, crash and restart."""

from collections.abc import Callable

import pytest
from fakes.exchange_model import ATTEMPTS, LEASE_S, Model
from fakes.knowledge import risk
from fakes.steered_database import SteeredDatabase
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test
from sqlalchemy import delete

from sigma_core.clock import utc_now
from sigma_core.errors import Conflict
from sigma_core.exchange.registry import Registry
from sigma_core.exchange.service import Exchange
from sigma_core.exchange.tables import conflict, delivery, hold, knowledge, origin, validation, worker_state
from sigma_core.graph.tables import outbox
from sigma_core.jobs import WORKERS

INBOXES = ("think", "learning", "recall")
workers = st.sampled_from(INBOXES)
sources = st.sampled_from(("operator", "dream", "think", "learning"))
targets = st.none() | st.lists(st.sampled_from(INBOXES), min_size=1, unique=True)


class DeliveryMachine(RuleBasedStateMachine):
    """Nothing accepted is lost, nothing comes after its acknowledgement, order per recipient, never to the source."""

    open_database: Callable[[], SteeredDatabase]

    def __init__(self) -> None:
        super().__init__()
        self.database = type(self).open_database()
        with self.database.transaction() as session:
            for table in (outbox, hold, delivery, origin, validation, conflict, worker_state, knowledge):
                session.execute(delete(table))
        self.model = Model()
        self.receipts: list[tuple[str, str]] = []
        self.restart()

    @rule()
    def restart(self) -> None:
        ahead = self.database.ahead
        self.database.dispose()
        self.database = type(self).open_database()
        self.database.ahead = ahead
        self.exchange = Exchange(self.database, utc_now, Registry(), lease_s=LEASE_S, attempts=ATTEMPTS)

    @rule(source=sources, number=st.integers(0, 12), chosen=targets, urgency=st.sampled_from(("low", "normal", "high")))
    def publish(self, source: str, number: int, chosen: list[str] | None, urgency: str) -> None:
        published = self.exchange.publish(source, risk(number), urgency=urgency, targets=chosen)
        assert published.duplicate is (number in self.model.items)
        recipients = [worker for worker in WORKERS if worker in (chosen or ("think", "learning"))]
        self.model.accept(number, published.message_id, source, recipients, urgent=urgency == "high")

    @rule(number=st.integers(0, 12))
    def publish_and_crash_before_commit(self, number: int) -> None:
        try:
            with self.database.transaction() as session:
                self.exchange.publish("operator", risk(number), session=session)
                raise InterruptedError  # noqa: TRY301 (the crash is the point)
        except InterruptedError:
            return

    @rule(worker=workers, limit=st.integers(1, 4))
    def receive(self, worker: str, limit: int) -> None:
        expected = self.model.receive(worker, limit)
        received = self.exchange.receive(worker, limit)
        assert [(one.message_id, one.attempts) for one in received] == [
            (copy.message_id, copy.attempts) for copy in expected
        ]
        for copy, message in zip(expected, received, strict=True):
            assert message.source != worker
            copy.receipt = message.receipt
            self.receipts.append((worker, message.receipt))

    @rule(data=st.data())
    def acknowledge(self, data: st.DataObject) -> None:
        if self.receipts:
            worker, receipt = data.draw(st.sampled_from(self.receipts))
            copy = self.model.holder(worker, receipt)
            if copy is None:
                with pytest.raises(Conflict):
                    self.exchange.acknowledge(worker, receipt)
            else:
                self.exchange.acknowledge(worker, receipt)
                self.model.finish(copy)

    @rule(data=st.data(), delay_s=st.sampled_from((0, 30)))
    def reject(self, data: st.DataObject, delay_s: float) -> None:
        if self.receipts:
            worker, receipt = data.draw(st.sampled_from(self.receipts))
            copy = self.model.holder(worker, receipt)
            if copy is None:
                with pytest.raises(Conflict):
                    self.exchange.reject(worker, receipt, "failed")
            else:
                again = self.exchange.reject(worker, receipt, "failed", delay_s)
                self.model.reject(copy, delay_s)
                assert again is (copy.state != "dead")

    @rule(seconds=st.sampled_from((20, 60)))
    def time_passes(self, seconds: float) -> None:
        self.database.forward(seconds)
        self.model.now_s += seconds

    @rule(worker=workers)
    def replay_the_dead(self, worker: str) -> None:
        dead = [copy for copy in self.model.inboxes.get(worker, []) if copy.state == "dead"]
        letters = self.exchange.dead(worker)
        assert sorted(one.message_id for one in letters) == sorted(copy.message_id for copy in dead)
        for letter in letters:
            self.exchange.replay(letter.delivery_id, actor="test")
        for copy in dead:
            copy.state, copy.attempts = "ready", 0

    def teardown(self) -> None:
        """Whatever was accepted and is not done or dead comes out in the end."""
        self.time_passes(1000)
        for worker in INBOXES:
            self.receive(worker, 100)
        self.database.dispose()


@pytest.mark.parametrize("database", ["sqlite", "postgresql"], indirect=True)
def test_the_laws_of_delivery_hold_under_any_interleaving(database) -> None:
    url = database.engine.url.render_as_string(hide_password=False)

    class Machine(DeliveryMachine):
        open_database = staticmethod(lambda: SteeredDatabase(url))

    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=30, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
