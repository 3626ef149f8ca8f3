"""The laws of knowledge, under any interleaving of publish, contradict, settle, judge, retain, receive and rollback."""

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from fakes.steered_database import SteeredDatabase
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlalchemy import delete
from sqlmodel import col, select

from sigma_core.audit import AuditEntry
from sigma_core.clock import utc_now
from sigma_core.errors import Conflict
from sigma_core.exchange import sizes
from sigma_core.exchange.message import DeliveryState
from sigma_core.exchange.payload import ARCHIVE_AFTER_S
from sigma_core.exchange.registry import Registry
from sigma_core.exchange.service import Exchange
from sigma_core.exchange.tables import (
    Delivery,
    Knowledge,
    conflict,
    delivery,
    knowledge,
    origin,
    size,
    validation,
    worker_state,
)
from sigma_core.graph.tables import GraphChange, outbox

TABLES = (outbox, delivery, origin, validation, conflict, worker_state, size, knowledge, AuditEntry)
DAY = 86_400
proposals = st.sampled_from(("one", "two"))
verdicts = st.sampled_from(("good", "bad", "poor"))
sources = st.sampled_from(("operator", "integrator", "dream"))
scores = st.sampled_from((0.0, 0.5, 1.0))


class KnowledgeMachine(RuleBasedStateMachine):
    """Evidence and freshness grow by what was accepted; of what contradicts each other one claim stands."""

    open_database: Callable[[], SteeredDatabase]

    def __init__(self) -> None:
        super().__init__()
        self.database = type(self).open_database()
        with self.database.transaction() as session:
            for table in TABLES:
                session.execute(delete(table))
        self.exchange = Exchange(self.database, self.clock, Registry(), attempts=2)
        self.evidence: dict[int, int] = {}
        self.told_at: dict[int, datetime] = {}
        self.acknowledged: set[int] = set()

    def clock(self) -> datetime:
        return utc_now() + self.database.ahead

    def accepted(self, message_id: int, *, duplicate: bool) -> None:
        assert duplicate is (message_id in self.evidence)
        self.evidence[message_id] = self.evidence.get(message_id, 0) + 1
        self.told_at[message_id] = self.clock()

    @rule(source=sources, proposal=proposals, verdict=verdicts, score=scores)
    def publish(self, source: str, proposal: str, verdict: str, score: float) -> None:
        payload = {"proposal": proposal, "verdict": verdict, "score": score}
        published = self.exchange.publish(source, "proposal_quality", payload, targets=["recall"])
        self.accepted(published.message_id, duplicate=published.duplicate)

    @rule(proposal=proposals, verdict=verdicts, commits=st.booleans())
    def publish_in_a_callers_transaction(self, proposal: str, verdict: str, commits: bool) -> None:
        payload = {"proposal": proposal, "verdict": verdict, "score": 0.5}
        try:
            with self.database.transaction() as session:
                published = self.exchange.publish(
                    "dream", "proposal_quality", payload, targets=["recall"], session=session
                )
                if not commits:
                    raise InterruptedError  # noqa: TRY301 (the crash is the point)
        except InterruptedError:
            return
        self.accepted(published.message_id, duplicate=published.duplicate)

    @rule(data=st.data())
    def overturn(self, data: st.DataObject) -> None:
        entries = self.exchange.conflicts()
        if not entries:
            return
        entry = data.draw(st.sampled_from(entries))
        try:
            settled = self.exchange.settle(entry.id or 0, actor="ann", reason="why")
        except Conflict:
            return
        with self.database.reading() as session:
            assert session.get_one(Knowledge, settled.winner_id).validation_status == "valid"

    @rule(data=st.data(), score=scores)
    def judge(self, data: st.DataObject, score: float) -> None:
        if self.evidence:
            self.exchange.judge("recall", data.draw(st.sampled_from(sorted(self.evidence))), "useful", score=score)

    @rule(rejects=st.booleans(), limit=st.integers(1, 3))
    def receive(self, rejects: bool, limit: int) -> None:
        for message in self.exchange.receive("recall", limit):
            assert message.message_id not in self.acknowledged
            if rejects:
                self.exchange.reject("recall", message, "failed")
            else:
                self.exchange.acknowledge("recall", message)
                self.acknowledged.add(message.message_id)

    @rule()
    def replay(self) -> None:
        for letter in self.exchange.dead("recall"):
            try:
                self.exchange.replay(letter.delivery_id, actor="ann")
            except Conflict as error:
                assert "has lost a conflict" in str(error)  # noqa: PT017 (either is right)

    @rule(days=st.sampled_from((1, 16)))
    def time_passes(self, days: int) -> None:
        self.database.forward(days * DAY)

    @rule()
    def retain(self) -> None:
        planned = self.exchange.retain(dry_run=True)
        assert self.exchange.retain().archived == planned.archived
        assert sum(self.exchange.retain(dry_run=True).archived.values()) == 0

    @rule()
    def fold_sizes(self) -> None:
        with self.database.transaction() as session:
            sizes.fold(session, 0)

    @invariant()
    def laws_hold(self) -> None:
        with self.database.reading() as session:
            items: list[Any] = list(session.exec(select(Knowledge)))
            ready = set(session.exec(select(Delivery.knowledge_id).where(Delivery.state == DeliveryState.READY)))
            kept = sizes.by_type(session), sizes.by_source(session)
            dues = set(session.exec(select(GraphChange.origin_id).where(col(GraphChange.state) == "pending")))
        assert {item.id: item.evidence_count for item in items} == self.evidence
        assert kept == (Counter(item.type for item in items), Counter(item.source for item in items))
        # each has a change waiting: nothing was written to the graph
        assert dues == set(self.evidence)
        claims: dict[str, set[str]] = {}
        for item in items:
            assert abs((item.refreshed_at - self.told_at[item.id]).total_seconds()) < 60
            stands = item.validation_status == "valid"
            assert stands or item.id not in ready
            assert (item.contradicted_at is None) is stands
            living = self.clock() - item.refreshed_at <= timedelta(seconds=ARCHIVE_AFTER_S)
            if stands and living and item.archived_at is None:
                claims.setdefault(item.data["proposal"], set()).add(item.data["verdict"])
        assert all(len(verdicts) == 1 for verdicts in claims.values()), claims

    def teardown(self) -> None:
        self.database.dispose()


@pytest.mark.parametrize("database", ["sqlite", "postgresql"], indirect=True)
def test_the_laws_of_knowledge_hold_under_any_interleaving(database) -> None:
    url = database.engine.url.render_as_string(hide_password=False)

    class Machine(KnowledgeMachine):
        open_database = staticmethod(lambda: SteeredDatabase(url))

    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=15,
            stateful_step_count=20,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
