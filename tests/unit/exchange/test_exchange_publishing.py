"""Publishing: one transaction, each finding once, refusals in the ledger."""

import threading
from datetime import UTC, datetime

import pytest
from fakes.knowledge import VALID, fix, issues, risk
from sqlmodel import Session, col, func, select

from sigma_core.errors import Invalid
from sigma_core.exchange.message import Draft, Published
from sigma_core.exchange.tables import Delivery, Knowledge, KnowledgeOrigin, Validation
from sigma_core.projects.tables import Project

HOUR = 3600


def ledger(bench) -> list[Validation]:
    with bench.database.reading() as session:
        found = list(session.exec(select(Validation).order_by(col(Validation.id))))
        session.expunge_all()
        return found


def item(bench, message_id: int) -> Knowledge:
    with bench.database.reading() as session:
        found = session.get_one(Knowledge, message_id)
        session.expunge_all()
        return found


def count(bench, table) -> int:
    with bench.database.reading() as session:
        return session.exec(select(func.count()).select_from(table)).one()


def test_a_message_reaches_every_interested_worker_but_its_source(bench) -> None:
    published = bench.exchange.publish("learning", fix())
    assert published == Published(published.message_id, ("analysis", "dream"), duplicate=False)
    assert [one.payload for one in bench.exchange.receive("dream")] == [fix()]
    assert bench.exchange.receive("learning") == []


def test_named_targets_alone_get_it(bench) -> None:
    assert bench.exchange.publish("operator", risk(), targets=["recall"]).recipients == ("recall",)
    assert bench.exchange.receive("think") == []


def test_a_message_for_its_source_alone_is_kept_without_recipients(bench) -> None:
    published = bench.exchange.publish("analysis", issues())
    assert published.recipients == ()
    assert item(bench, published.message_id).processed_at is not None
    assert bench.exchange.dead() == []


def test_the_same_knowledge_is_one_item_whose_evidence_grows(bench) -> None:
    first = bench.exchange.publish("learning", risk(confidence=0.6))
    bench.forward(HOUR)
    again = bench.exchange.publish("operator", risk(confidence=0.9))
    assert again == Published(first.message_id, ("think",), duplicate=True)
    known = item(bench, first.message_id)
    assert known.evidence_count == 2
    assert known.data["confidence"] == 0.9
    assert (known.refreshed_at - known.created_at).total_seconds() >= HOUR
    assert known.meta == {"confirmed_by": ["operator"]}
    assert len(bench.exchange.receive("think")) == 1


def test_repeated_knowledge_reaches_only_those_to_whom_it_is_news(bench) -> None:
    bench.exchange.publish("operator", risk(), targets=["think"])
    again = bench.exchange.publish("integrator", risk(), targets=["think", "recall"])
    assert again.recipients == ("think", "recall")
    assert len(bench.exchange.receive("think")) == 1
    assert len(bench.exchange.receive("recall")) == 1


def test_the_first_source_does_not_get_its_own_knowledge_back(bench) -> None:
    bench.exchange.publish("think", risk())
    bench.exchange.publish("learning", risk())
    assert bench.exchange.receive("think") == []


def test_knowledge_past_its_life_is_new_again(bench) -> None:
    first = bench.exchange.publish("operator", "context_enrichment", VALID["context_enrichment"])
    bench.forward(43 * HOUR)
    again = bench.exchange.publish("operator", "context_enrichment", VALID["context_enrichment"])
    assert not again.duplicate
    assert item(bench, first.message_id).archived_at is not None


def test_a_finding_is_published_once_however_often_it_is_handed_in(bench) -> None:
    first = bench.exchange.publish("analysis", issues(3), origin="issue/1")
    again = bench.exchange.publish("analysis", issues(4, severity="critical"), origin="issue/1")
    assert again == Published(first.message_id, (), duplicate=True)
    assert item(bench, first.message_id).evidence_count == 1


def test_another_finding_of_the_same_is_evidence_once(bench) -> None:
    first = bench.exchange.publish("analysis", issues(3), origin="issue/1")
    for _ in range(3):
        bench.exchange.publish("analysis", issues(3), origin="issue/2")
    assert item(bench, first.message_id).evidence_count == 2


def test_the_same_knowledge_of_two_projects_is_two_items(bench) -> None:
    with bench.database.transaction() as session:
        for name in ("one", "two"):
            session.add(Project(name=name, path=f"/{name}", head="0" * 40, created_at=datetime.now(UTC)))
    one = bench.exchange.publish("analysis", issues(), project_id=1)
    two = bench.exchange.publish("analysis", issues(), project_id=2)
    assert one.message_id != two.message_id


def test_an_unknown_project_is_refused(bench) -> None:
    with pytest.raises(Invalid, match="project_id: there is no project 7"):
        bench.exchange.publish("analysis", issues(), project_id=7)
    assert count(bench, Knowledge) == 0


def test_a_batch_knows_its_own_repetitions(bench) -> None:
    drafts = [Draft("operator", risk(number % 3), origin=f"note/{number % 4}") for number in range(12)]
    published = bench.exchange.publish_many(drafts)
    assert [one.duplicate for one in published] == [False] * 3 + [True] * 9
    assert [one.message_id for one in published[:4]] == [*(one.message_id for one in published[:3]), 1]
    assert count(bench, Knowledge) == 3
    assert count(bench, KnowledgeOrigin) == 4
    assert item(bench, 1).evidence_count == 2


def test_repetitions_within_a_batch_reach_those_to_whom_they_are_news(bench) -> None:
    drafts = [
        Draft("operator", risk(), targets=["think"], urgency="high"),
        Draft("dream", risk(confidence=0.3), targets=["think", "learning"]),
        Draft("learning", risk(), targets=["recall", "learning"]),
    ]
    published = bench.exchange.publish_many(drafts)
    assert [one.recipients for one in published] == [
        ("think",),
        ("think", "learning"),
        ("think", "learning", "recall"),
    ]
    stored = item(bench, 1)
    assert (stored.target, stored.meta) == (["think", "learning", "recall"], {"confirmed_by": ["dream", "learning"]})
    assert (stored.evidence_count, stored.urgency, stored.data["confidence"]) == (3, "high", risk().confidence)
    assert [len(bench.exchange.receive(name)) for name in ("think", "learning", "recall")] == [1, 1, 1]


def test_messages_of_one_batch_are_received_in_its_order(bench) -> None:
    drafts = [
        Draft("operator", risk(number), targets=["think", "dream"] if number % 3 else ["think"]) for number in range(9)
    ]
    published = [one.message_id for one in bench.exchange.publish_many(drafts)]
    assert [one.message_id for one in bench.exchange.receive("think", 20)] == published


def test_one_bad_draft_keeps_the_whole_batch_out(bench) -> None:
    drafts = [Draft("operator", risk()), Draft("operator", "risk_pattern", {"pattern": ""}), Draft("nobody", risk())]
    with pytest.raises(Invalid) as refused:
        bench.exchange.publish_many(drafts)
    assert {"1.pattern", "1.severity", "2.source"} <= set(refused.value.fields)
    assert count(bench, Knowledge) == 0
    assert [one.valid for one in ledger(bench)] == [False, False]


def test_an_empty_batch_does_nothing(bench) -> None:
    assert bench.exchange.publish_many([]) == []


def test_a_refusal_is_in_the_ledger_and_nothing_else_is_stored(bench) -> None:
    with pytest.raises(Invalid):
        bench.exchange.publish("think\0" * 50, "risk_\ud800pattern" * 50, {"confidence": 7})
    [entry] = ledger(bench)
    assert (entry.valid, entry.knowledge_id, entry.validator) == (False, None, "payload_model")
    assert set(entry.feedback) == {"source", "type"}
    assert count(bench, Knowledge) == count(bench, Delivery) == 0


def test_acceptance_is_in_the_ledger_where_the_type_requires_it(bench) -> None:
    required = bench.exchange.publish("operator", risk())
    bench.exchange.publish("operator", issues())
    [entry] = ledger(bench)
    assert (entry.knowledge_id, entry.valid, entry.score) == (required.message_id, True, 1.0)


def test_publishing_commits_with_the_callers_transaction(bench) -> None:
    def work(*, fails: bool) -> None:
        with bench.database.transaction() as session:
            bench.exchange.publish("operator", risk(), session=session)
            if fails:
                raise RuntimeError

    with pytest.raises(RuntimeError):
        work(fails=True)
    assert count(bench, Knowledge) == count(bench, Delivery) == count(bench, Validation) == 0
    work(fails=False)
    assert len(bench.exchange.receive("think")) == 1


@pytest.mark.parametrize("commits", [True, False])
def test_a_refusal_in_the_callers_transaction_is_recorded_however_that_ends(bench, commits: bool) -> None:
    def attempt(session: Session) -> None:
        with pytest.raises(Invalid):
            bench.exchange.publish("operator", "risk_pattern", {}, session=session)
        if not commits:
            raise RuntimeError

    try:
        with bench.database.transaction() as session:
            attempt(session)
    except RuntimeError:
        assert not commits
    assert len(ledger(bench)) == 1
    assert count(bench, Knowledge) == 0


def test_two_publishers_of_the_same_knowledge_make_one_item(bench) -> None:
    start = threading.Barrier(4)
    results: list[Published] = []

    def publish(source: str) -> None:
        start.wait()
        results.extend(
            bench.exchange.publish(source, risk(number), origin=f"{source}/{number}") for number in range(10)
        )

    threads = [threading.Thread(target=publish, args=(name,)) for name in ("operator", "integrator", "dream", "recall")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 40
    assert sum(not one.duplicate for one in results) == 10
    assert count(bench, Knowledge) == 10
    assert count(bench, Delivery) == 20
    assert [item(bench, number + 1).evidence_count for number in range(10)] == [4] * 10
