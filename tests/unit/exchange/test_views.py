"""What people see of the exchange: true figures, a fixed number of queries, found by index."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from statistics import fmean

import pytest
from fakes.knowledge import VALID, fix, risk
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event, select, text, update

from sigma_core.clock import utc_now
from sigma_core.console.components.freshness import STALE, shade
from sigma_core.database import Database
from sigma_core.errors import Invalid, NotFound
from sigma_core.exchange import items, statistics
from sigma_core.exchange.console_service import ConsoleService
from sigma_core.exchange.freshness import freshness, freshness_sql
from sigma_core.exchange.message import Draft
from sigma_core.exchange.tables import knowledge


@pytest.fixture
def desk(bench) -> ConsoleService:
    return ConsoleService(bench.database, utc_now, bench.exchange)


@contextmanager
def counted(database: Database) -> Iterator[list[str]]:
    """The statements sent meanwhile, transaction control aside."""
    sent: list[str] = []

    def note(_connection, _cursor, statement, *_rest) -> None:
        if not statement.startswith(("BEGIN", "SET ")):
            sent.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    yield sent
    event.remove(database.engine, "before_cursor_execute", note)


def age(bench, seconds: dict[int, float]) -> datetime:
    """Let these items be so old; the moment it counts from."""
    now = utc_now()
    with bench.database.transaction() as session:
        for id_, age_s in seconds.items():
            then = now - timedelta(seconds=age_s)
            session.execute(update(knowledge).where(knowledge.c.id == id_).values(refreshed_at=then))
    return now


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ages=st.lists(st.floats(0, 5e6), min_size=9, max_size=9))
def test_the_heat_map_shows_what_sql_and_python_compute(bench, desk: ConsoleService, ages: list[float]) -> None:
    if not desk.newest(1):
        bench.exchange.publish_many([Draft("operator", name, payload) for name, payload in VALID.items()])
    now = age(bench, dict(enumerate(ages, start=1)))
    registry = bench.exchange.registry
    with bench.database.reading() as session:
        shown = statistics.heat(session, registry, now)
        fresh = freshness_sql(knowledge.c.refreshed_at, knowledge.c.type, now, registry)
        rows = session.execute(select(knowledge.c.type, knowledge.c.target, knowledge.c.refreshed_at, fresh)).all()
    for type_name, target, refreshed_at, in_sql in rows:
        in_python = freshness(refreshed_at, now, registry.decay_s(type_name))
        assert in_sql == pytest.approx(in_python, abs=1e-6)
        assert {shown.cells[type_name, worker] for worker in target} == {in_python}
        assert (shade(in_python) == "stale") is (in_python < STALE)
    assert shown.mean == pytest.approx(fmean(row[3] for row in rows), abs=1e-6)
    assert pytest.approx(1 / math.e) == STALE


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ages=st.lists(st.integers(0, 3_000_000), min_size=18, max_size=18), limit=st.integers(1, 20))
def test_the_freshest_by_index_are_the_freshest_of_all(
    bench, desk: ConsoleService, ages: list[int], limit: int
) -> None:
    if not desk.newest(1):
        bench.exchange.publish_many([Draft("operator", make(number)) for number in range(6) for make in (risk, fix)])
        enriching = [VALID["context_enrichment"] | {"enrichment": f"e{number}"} for number in range(6)]
        bench.exchange.publish_many([Draft("operator", "context_enrichment", one) for one in enriching])
    now = age(bench, dict(enumerate(ages, start=1)))
    registry = bench.exchange.registry
    with bench.database.reading() as session:
        every = session.execute(select(knowledge)).all()
        found = items.freshest(session, registry, now, limit)
    by_scan = sorted((freshness(row.refreshed_at, now, registry.decay_s(row.type)) for row in every), reverse=True)
    assert [fresh for _, fresh in found] == by_scan[:limit]


def test_the_freshest_and_the_newest_are_read_from_an_index(sqlite_database: Database) -> None:
    by_type = items.newest_of_each(["risk_pattern", "successful_fix"], 20)
    plan = plan_of(sqlite_database, by_type)
    assert plan.count("INDEX ix_knowledge_exchange_type_refreshed_at (type=?)") == 2
    assert "TEMP B-TREE FOR ORDER BY" not in plan
    newest = select(knowledge).order_by(knowledge.c.refreshed_at.desc(), knowledge.c.id.desc()).limit(20)
    assert "ix_knowledge_exchange_refreshed_at" in plan_of(sqlite_database, newest)


def plan_of(database: Database, query) -> str:
    compiled = query.compile(database.engine, compile_kwargs={"literal_binds": True})
    with database.reading() as session:
        return "\n".join(row[3] for row in session.execute(text(f"EXPLAIN QUERY PLAN {compiled}")))


def test_the_number_of_queries_does_not_grow_with_what_is_stored(bench, desk: ConsoleService) -> None:
    def look() -> list[int]:
        counts = []
        two_types = ("risk_pattern", "successful_fix")
        reads = (
            desk.overview,
            lambda: desk.disputes(9),
            lambda: desk.open_disputes(9),
            lambda: desk.newest(15),
            lambda: desk.newest(15, two_types),
            lambda: desk.dossier(1),
            lambda: desk.freshest(5),
        )
        for read in reads:
            with counted(bench.database) as sent:
                read()
            assert all(statement.lstrip().startswith("SELECT") for statement in sent)
            assert not [each for each in sent if "count(" in each and each.endswith("FROM knowledge_exchange")]
            counts.append(len(sent))
        return counts

    bench.exchange.publish("dream", risk(0, severity="high"))
    bench.exchange.publish("dream", risk(0, severity="low"))
    few = look()
    for number in range(40):
        bench.exchange.publish("dream", risk(number, severity="high"))
        bench.exchange.publish("recall", risk(number, severity="low"))
    assert look() == few
    assert sum(few) <= 27


def test_the_view_of_an_item_holds_all_that_is_known_of_it(bench, desk: ConsoleService) -> None:
    first = bench.exchange.publish("dream", risk(severity="high"), origin="issue/7").message_id
    bench.exchange.publish("recall", risk(severity="high"))
    bench.exchange.judge("think", first, "useful", score=0.9, feedback="it held")
    bench.exchange.publish("operator", risk(severity="low", confidence=0.1))
    found = desk.dossier(first)
    assert (found.item.evidence_count, found.item.confirmed_by, found.origins) == (2, ("recall",), ("issue/7",))
    assert [copy.recipient for copy in found.copies] == ["think", "learning"]
    assert [(entry.validator, entry.verdict, entry.feedback) for entry in found.judgements][-1] == (
        "think",
        "useful",
        "it held",
    )
    [dispute] = found.disputes
    assert dispute.suggested_id == dispute.winner_id == first
    assert dispute.standing.weight > dispute.challenger.weight
    with pytest.raises(NotFound):
        desk.dossier(99)


def test_inboxes_tell_what_waits_and_what_was_refused(bench, desk: ConsoleService) -> None:
    bench.exchange.publish("dream", fix())
    with pytest.raises(Invalid):
        bench.exchange.publish("dream", "risk_pattern", {})
    bench.exchange.receive("analysis")
    figures = {one.worker: one for one in desk.overview().inboxes}
    assert (figures["learning"].ready, figures["analysis"].ready, figures["analysis"].taken) == (1, 0, 1)
    assert figures["learning"].lag_s is not None
    assert figures["analysis"].lag_s is None
    assert (figures["dream"].validation_rate, figures["recall"].validation_rate) == (0.5, None)


def test_publishing_for_a_person_is_audited_and_a_refusal_leaves_only_its_entry(bench, desk: ConsoleService) -> None:
    desk.publish("risk_pattern", VALID["risk_pattern"], actor="ada", targets=["dream"])
    [message] = bench.exchange.receive("dream")
    assert message.source == "operator"
    with pytest.raises(Invalid) as refused:
        desk.publish("risk_pattern", {"confidence": 2.0}, actor="ada", urgency="urgent", targets=["nobody"])
    assert refused.value.fields.keys() == {"pattern", "severity", "confidence", "context", "urgency", "targets"}
    with bench.database.reading() as session:
        assert session.execute(text("SELECT actor, action, object FROM audit_log")).all() == [
            ("ada", "publish", "knowledge/1")
        ]
    assert bench.exchange.stats("operator")[0].refused == 1
