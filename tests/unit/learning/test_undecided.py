"""A decision for want of evidence is no failure: whoever hears of outcomes takes it for neither."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fakes.knowledge import VALID
from fakes.runner_parts import add_projects
from sqlmodel import select

from sigma_core.database import Database
from sigma_core.dreamer.comparison import shares
from sigma_core.exchange.registry import Registry
from sigma_core.exchange.service import Exchange
from sigma_core.exchange.tables import Knowledge
from sigma_core.proposals.costs import fixes_since
from sigma_core.proposals.outcomes.acceptance import ProposalAccepted
from sigma_core.proposals.tables import Decision, Proposal
from sigma_core.recall.knowledge import KnowledgeSource

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
OUTCOMES = {"approved": True, "rejected": False, "undecided": False}


def decided(database: Database, number: int, verdict: str) -> None:
    with database.transaction() as session:
        session.add(
            Proposal(
                id=number,
                project_id=1,
                title="t",
                change_type="bug",
                rule="E711",
                diff="",
                diff_sha256=str(number),
                content_sha256=str(number),
                base_commit="c",
                confidence=0.9,
                origin="dream",
                fixer="model",
                prompt_version="dream/fix@v1",
                knowledge_ids=[1],
                state=verdict,
                created_at=NOON,
                changed_at=NOON,
            )
        )
        session.flush()
        session.add(
            Decision(
                proposal_id=number, verdict=verdict, decided_by="committee", actor="think", reasons=[], created_at=NOON
            )
        )


@pytest.fixture
def decisions(database: Database) -> Database:
    add_projects(database, (1,))
    for number, verdict in enumerate(("approved", "rejected", "needs_human", "needs_human"), 1):
        decided(database, number, verdict)
    return database


@pytest.fixture
def exchange(database: Database) -> Exchange:
    add_projects(database, (1,))
    return Exchange(database, lambda: NOON, Registry())


def publish(exchange: Exchange, outcome: str | None, success: bool, decision: str = "elsewhere/1") -> int:
    payload: dict[str, Any] = VALID["decision_outcome"] | {"decision": decision, "success": success}
    said = payload | ({"outcome": outcome} if outcome else {})
    return exchange.publish("operator", "decision_outcome", said, project_id=1).message_id


def test_the_dreamer_compares_what_was_decided_alone(decisions: Database) -> None:
    with decisions.reading() as session:
        with_knowledge, without = shares(session, 1)
    assert (with_knowledge.accepted, with_knowledge.decided, without.decided) == (1, 2, 0)


def test_a_canary_counts_what_was_decided_alone(decisions: Database) -> None:
    with decisions.reading() as session:
        arm = ProposalAccepted().count(session, "dream/fix", "v1", NOON - timedelta(days=1))
    assert (arm.good, arm.bad) == (1, 1)


def test_costs_are_of_what_was_approved_alone(decisions: Database) -> None:
    with decisions.reading() as session:
        assert fixes_since(session, NOON.date()).accepted == 1


@pytest.mark.parametrize("first", ["approved", "rejected"])
def test_undecided_contradicts_nothing(exchange: Exchange, first: str) -> None:
    publish(exchange, "undecided", False)
    publish(exchange, first, OUTCOMES[first])
    publish(exchange, "undecided", False)
    assert exchange.conflicts() == []
    other = "rejected" if first == "approved" else "approved"
    publish(exchange, other, OUTCOMES[other])
    assert len(exchange.conflicts()) == 1


@pytest.mark.parametrize(
    ("outcome", "success", "said"),
    [
        ("approved", True, "success True"),
        ("rejected", False, "success False"),
        ("undecided", False, None),
        (None, False, None),
        (None, True, "success True"),
    ],
)
def test_recall_says_of_no_outcome_that_it_failed_which_did_not(
    exchange: Exchange, database: Database, outcome: str | None, success: bool, said: str | None
) -> None:
    id_ = publish(exchange, outcome, success)
    with database.reading() as session:
        (document,) = KnowledgeSource(Registry()).documents(session, [id_])
    assert ("success" in document.text) == (said is not None)
    assert said is None or said in document.text


@pytest.mark.parametrize("worker", ["think", "learning", "dream", "analysis", "recall", "dreamer"])
def test_nobody_is_told_of_what_is_undecided(exchange: Exchange, database: Database, worker: str) -> None:
    publish(exchange, "undecided", False)
    assert exchange.receive(worker) == []
    with database.reading() as session:
        assert session.exec(select(Knowledge.target)).all() == [[]]
