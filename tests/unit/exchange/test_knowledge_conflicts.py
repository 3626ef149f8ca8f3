"""Contradictions: found by subject and claim, ruled, overturned; verdicts; the end of knowledge."""

from datetime import UTC, datetime, timedelta

import pytest
from fakes.knowledge import VALID, risk
from sqlmodel import select, update

from sigma_core.audit import AuditEntry
from sigma_core.errors import Conflict, Invalid, NotFound
from sigma_core.exchange.conflict_rules import Contestant, rule
from sigma_core.exchange.message import Draft
from sigma_core.exchange.payload import ConflictStrategy
from sigma_core.exchange.registry import Registry
from sigma_core.exchange.service import Exchange
from sigma_core.exchange.tables import Knowledge, KnowledgeConflict

NOW = datetime(2026, 1, 1, tzinfo=UTC)
DAY = 86_400


def contestant(number: int, *, confidence: float = 0.5, age_s: float = 0, evidence: int = 1) -> Contestant:
    return Contestant(number, "risk_pattern", {}, confidence, NOW - timedelta(seconds=age_s), DAY, evidence)


@pytest.mark.parametrize(
    ("strategy", "winner"),
    [
        (ConflictStrategy.NEWEST, 2),
        (ConflictStrategy.HIGHEST_CONFIDENCE, 1),
        (ConflictStrategy.EVIDENCE_WEIGHTED, 2),
        (ConflictStrategy.MANUAL, None),
    ],
)
def test_each_strategy_weighs_in_its_own_way(strategy: ConflictStrategy, winner: int | None) -> None:
    standing = contestant(1, confidence=0.9, age_s=DAY, evidence=3)
    assert rule(strategy, standing, contestant(2, confidence=0.8, evidence=2), NOW).winner_id == winner


def test_contradicting_severities_of_one_pattern_are_a_conflict_that_evidence_decides(bench) -> None:
    for source in ("operator", "integrator"):
        bench.exchange.publish(source, risk(severity="high"))
    challenger = bench.exchange.publish("dream", risk(severity="low"))
    assert challenger.recipients == ()
    assert [one.payload.severity for one in bench.exchange.receive("think")] == ["high"]
    [entry] = bench.exchange.conflicts()
    assert (entry.standing_id, entry.challenger_id, entry.winner_id) == (1, challenger.message_id, 1)
    assert (entry.strategy, entry.decided_by) == ("evidence_weighted", "rule")
    assert entry.weights["standing"] > entry.weights["challenger"] == pytest.approx(0.8)


def test_what_agrees_or_is_of_another_subject_is_no_conflict(bench) -> None:
    bench.exchange.publish("operator", risk(1, severity="high"))
    bench.exchange.publish("operator", risk(2, severity="low"))
    bench.exchange.publish("operator", risk(1, severity=" HIGH ", confidence=0.2))
    assert bench.exchange.conflicts() == []


def test_the_loser_is_withdrawn_from_inboxes_that_have_not_received_it(bench) -> None:
    bench.exchange.publish("operator", risk(severity="high", confidence=0.3))
    bench.exchange.receive("learning")
    bench.exchange.publish("operator", risk(severity="low", confidence=0.9))
    assert [one.payload.severity for one in bench.exchange.receive("think")] == ["low"]
    assert [one.payload.severity for one in bench.exchange.receive("learning")] == ["low"]
    bench.forward(61)
    assert [one.payload.severity for one in bench.exchange.receive("learning")] == ["low"]


def test_a_loser_that_gathers_evidence_stands_again(bench) -> None:
    bench.exchange.publish("operator", risk(severity="high"))
    bench.exchange.publish("operator", risk(severity="high"))
    bench.exchange.publish("operator", risk(severity="low"))
    bench.exchange.publish("integrator", risk(severity="low"))
    [latest, first] = bench.exchange.conflicts()
    assert (first.winner_id, latest.winner_id) == (1, 2)
    assert [one.payload.severity for one in bench.exchange.receive("think")] == ["low"]


def test_contradictions_within_one_batch_are_found(bench) -> None:
    drafts = [Draft("operator", risk(severity=name, confidence=0.5)) for name in ("high", "low", "high", "low")]
    bench.exchange.publish_many(drafts)
    assert len(bench.exchange.receive("think")) == 1


def test_what_loses_at_once_reaches_nobody_however_often_its_batch_says_it(bench) -> None:
    for source in ("operator", "integrator", "think"):
        bench.exchange.publish(source, risk(severity="high"), targets=["learning"])
    weak = risk(severity="low", confidence=0.1)
    lost = [Draft("operator", weak, targets=["think"]), Draft("operator", weak, targets=["dream"])]
    bench.exchange.publish_many(lost)
    assert [bench.exchange.receive(name) for name in ("think", "dream")] == [[], []]


def test_a_person_overturns_a_ruling_and_no_rule_undoes_it(bench) -> None:
    bench.exchange.publish("operator", risk(severity="high", confidence=0.3))
    bench.exchange.publish("operator", risk(severity="low", confidence=0.9))
    [entry] = bench.exchange.conflicts()
    settled = bench.exchange.settle(entry.id, actor="ann", reason="seen it break")
    assert (settled.winner_id, settled.decided_by, settled.reason) == (1, "ann", "seen it break")
    for _ in range(5):
        bench.exchange.publish("integrator", risk(severity="low", confidence=0.9))
    assert [one.payload.severity for one in bench.exchange.receive("think")] == ["high"]
    with bench.database.reading() as session:
        assert session.exec(select(AuditEntry.actor, AuditEntry.object)).all() == [("ann", f"conflict/{entry.id}")]


def test_by_the_manual_strategy_both_stand_until_a_person_decides(bench) -> None:
    exchange = Exchange(
        bench.database,
        lambda: datetime.now(UTC),
        Registry(),
        strategies={"risk_pattern": ConflictStrategy.MANUAL},
    )
    exchange.publish("operator", risk(severity="high"))
    exchange.publish("operator", risk(severity="low"))
    [entry] = exchange.conflicts(open_only=True)
    with pytest.raises(Invalid, match="is open: name the item that is to stand"):
        exchange.settle(entry.id, actor="ann", reason="why")
    exchange.settle(entry.id, actor="ann", reason="why", winner_id=2)
    assert exchange.conflicts(open_only=True) == []
    assert [one.payload.severity for one in exchange.receive("think")] == ["low"]


def test_settling_needs_a_reason_a_conflict_and_one_of_its_sides(bench) -> None:
    bench.exchange.publish("operator", risk(severity="high"))
    bench.exchange.publish("operator", risk(severity="low"))
    with pytest.raises(Invalid, match="reason"):
        bench.exchange.settle(1, actor="ann", reason=" ")
    with pytest.raises(NotFound, match="No conflict 9"):
        bench.exchange.settle(9, actor="ann", reason="why")
    with pytest.raises(Invalid, match=r"winner: must be one of \(1, 2\)"):
        bench.exchange.settle(1, actor="ann", reason="why", winner_id=9)


def test_a_later_trend_follows_the_earlier_one(bench) -> None:
    payload = VALID["pattern_evolution"]
    for _ in range(5):
        bench.exchange.publish("operator", "pattern_evolution", payload)
    later = bench.exchange.publish("operator", "pattern_evolution", payload | {"trend": "declining"})
    assert later.recipients == ("dream", "learning")
    assert bench.exchange.conflicts()[0].strategy == "newest"


def test_verdicts_of_recipients_weigh_in_conflicts(bench) -> None:
    bench.exchange.publish("operator", risk(severity="high"))
    bench.exchange.publish("operator", risk(severity="high"))
    bench.exchange.judge("think", 1, "not_useful", score=0.9)
    bench.exchange.judge("think", 1, "contradicted", score=0.0, feedback="the tests say otherwise")
    bench.exchange.judge("learning", 1, "contradicted", score=0.0)
    bench.exchange.publish("dream", risk(severity="low"))
    [entry] = bench.exchange.conflicts()
    assert entry.winner_id == 2
    assert entry.weights["standing"] == pytest.approx(0.8 * 2 / 3, abs=0.01)


def test_a_verdict_without_sense_is_refused(bench) -> None:
    bench.exchange.publish("operator", risk())
    with pytest.raises(Invalid) as refused:
        bench.exchange.judge("operator", 1, "nice", score=float("nan"), feedback="x" * 3000)
    assert set(refused.value.fields) == {"worker", "verdict", "score", "feedback"}
    with pytest.raises(NotFound, match="No message 7"):
        bench.exchange.judge("think", 7, "useful", score=1)


def test_short_lived_knowledge_expires_medium_is_archived_long_stays(bench) -> None:
    for name in ("context_enrichment", "proposal_quality", "risk_pattern"):
        bench.exchange.publish("operator", name, VALID[name], targets=["recall"])
    bench.forward(31 * DAY)
    assert bench.exchange.retain().expired == {"context_enrichment": 0}
    bench.exchange.acknowledge("recall", bench.exchange.receive("recall"))
    planned = bench.exchange.retain(dry_run=True)
    assert planned.dry_run
    done = bench.exchange.retain()
    assert (planned.expired, planned.archived) == (done.expired, done.archived)
    assert done.expired == {"context_enrichment": 1}
    assert done.archived["proposal_quality"] == 1
    assert bench.exchange.publish("operator", "risk_pattern", VALID["risk_pattern"]).duplicate
    assert not bench.exchange.publish("operator", "proposal_quality", VALID["proposal_quality"]).duplicate


def severities(bench, worker: str = "think") -> list[str]:
    return [one.payload.severity for one in bench.exchange.receive(worker)]


def test_a_message_rejected_after_its_item_lost_does_not_come_back(bench) -> None:
    bench.exchange.publish("operator", risk(severity="high", confidence=0.3))
    [held] = bench.exchange.receive("think")
    bench.exchange.publish("operator", risk(severity="low", confidence=0.9))
    bench.exchange.reject("think", held, "not now")
    assert severities(bench) == ["low"]
    bench.exchange.settle(1, actor="ann", reason="seen it break")
    assert severities(bench) == ["high"]


def test_a_dead_letter_of_an_item_that_lost_is_not_replayed(bench) -> None:
    bench.exchange.publish("operator", risk(severity="high", confidence=0.3))
    for _ in range(3):
        [held] = bench.exchange.receive("think")
        bench.exchange.reject("think", held, "broke")
    bench.exchange.publish("operator", risk(severity="low", confidence=0.9))
    [letter] = bench.exchange.dead("think")
    with pytest.raises(Conflict, match="Message 1 has lost a conflict"):
        bench.exchange.replay(letter.delivery_id, actor="ann")


def test_whom_a_person_lets_stand_stands_against_all_that_contradict_it(bench) -> None:
    for severity, confidence in (("high", 0.3), ("low", 0.6), ("medium", 0.9)):
        bench.exchange.publish("operator", risk(severity=severity, confidence=confidence))
    first = bench.exchange.conflicts()[-1]
    bench.exchange.settle(first.id, actor="ann", reason="seen it break")
    assert severities(bench) == ["high"]
    latest = bench.exchange.conflicts()[0]
    assert (latest.standing_id, latest.challenger_id, latest.winner_id) == (3, 1, 1)
    assert (latest.decided_by, latest.reason) == ("ann", "seen it break")
    bench.exchange.publish("integrator", risk(severity="medium", confidence=0.9))
    assert severities(bench, "learning") == ["high"]


def test_a_word_on_items_without_a_subject_touches_no_other_item(bench) -> None:
    """Rows of a release in which the type had no subject yet: they are alike in having none, and in nothing else."""
    others = ("medium", "none")
    for number, severity in enumerate(("high", "low", *others)):
        bench.exchange.publish("operator", risk(number, severity=severity))
    with bench.database.transaction() as session:
        session.execute(update(Knowledge).values(subject=None))
        session.add(
            KnowledgeConflict(
                type="risk_pattern",
                standing_id=1,
                challenger_id=2,
                winner_id=2,
                strategy="newest",
                decided_by="rule",
                created_at=NOW,
            )
        )
    bench.exchange.settle(1, actor="ann", reason="seen it break")
    assert severities(bench) == ["high", *others]
    assert len(bench.exchange.conflicts()) == 1


def test_a_loser_that_was_archived_is_known_again_when_it_is_let_stand(bench) -> None:
    payload = VALID["proposal_quality"]
    bench.exchange.publish("operator", "proposal_quality", payload | {"verdict": "bad"}, targets=["recall"])
    bench.exchange.acknowledge("recall", bench.exchange.receive("recall"))
    bench.exchange.publish("operator", "proposal_quality", payload)
    assert bench.exchange.retain().archived["proposal_quality"] == 1
    bench.exchange.settle(1, actor="ann", reason="looked again")
    assert bench.exchange.publish("dream", "proposal_quality", payload | {"verdict": "bad"}).message_id == 1


def test_a_loser_that_was_archived_gives_way_to_its_fresher_copy(bench) -> None:
    payload = VALID["proposal_quality"] | {"verdict": "bad"}
    bench.exchange.publish("operator", "proposal_quality", payload, targets=["recall"])
    bench.exchange.acknowledge("recall", bench.exchange.receive("recall"))
    bench.exchange.publish("operator", "proposal_quality", VALID["proposal_quality"])
    bench.exchange.retain()
    copy = bench.exchange.publish("operator", "proposal_quality", payload)
    with pytest.raises(Conflict, match=f"Message 1 is archived; message {copy.message_id} says the same"):
        bench.exchange.settle(1, actor="ann", reason="looked again")


def test_what_is_past_its_life_contradicts_nothing(bench) -> None:
    exchange = Exchange(
        bench.database,
        lambda: datetime.now(UTC) + bench.database.ahead,
        Registry(),
        strategies={"proposal_quality": ConflictStrategy.MANUAL},
    )
    exchange.publish("operator", "proposal_quality", VALID["proposal_quality"] | {"verdict": "bad"})
    bench.forward(31 * DAY)
    exchange.publish("operator", "proposal_quality", VALID["proposal_quality"])
    assert exchange.conflicts() == []
