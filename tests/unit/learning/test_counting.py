"""What is counted of decisions: each change once, as it stands. On both databases."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from fakes.knowledge import VALID
from sqlmodel import Session

from sigma_core.database import Database
from sigma_core.exchange.registry import Registry
from sigma_core.exchange.service import Exchange
from sigma_core.learning.expectations import Expectations
from sigma_core.learning.past_reading import PastReading
from sigma_core.learning.service import Learning
from sigma_core.projects.git.clone import Clone
from sigma_core.projects.tables import Project
from sigma_core.proposals.costs import fixes_since
from sigma_core.proposals.tables import Decision, Proposal, Verification

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


def proposed(session: Session, base: str, predecessor: Proposal | None = None) -> Proposal:
    if session.get(Project, 1) is None:
        session.add(Project(name="p", path="/p", head="c", created_at=NOON))
        session.flush()
    proposal = Proposal(
        project_id=1,
        title="Compare with None by identity",
        change_type="bug",
        diff="",
        diff_sha256=base,
        base_commit=base,
        confidence=1.0,
        origin="dream",
        fixer="linter_unsafe",
        rule="E711",
        state="waiting",
        created_at=NOON,
        changed_at=NOON,
        predecessor_id=predecessor.id if predecessor else None,
        lineage_id=(predecessor.lineage_id or predecessor.id) if predecessor else None,
    )
    session.add(proposal)
    session.flush()
    return proposal


def decide(
    session: Session, proposal: Proposal, verdict: str, by: str = "committee", verification_id: int | None = None
) -> None:
    session.add(
        Decision(
            proposal_id=proposal.id or 0,
            verdict=verdict,
            decided_by=by,
            actor="think",
            verification_id=verification_id,
            reasons=["why"],
            created_at=NOON,
        )
    )
    session.flush()


def prove(session: Session, proposal: Proposal, verdict: str) -> None:
    verification = Verification(proposal_id=proposal.id or 0, evidence={}, duration_ms=4000, created_at=NOON)
    session.add(verification)
    session.flush()
    decide(session, proposal, verdict, verification_id=verification.id)


@pytest.fixture
def learning(database: Database) -> Learning:
    return Learning(database, lambda: NOON)


def counted(learning: Learning) -> tuple[int, int]:
    [pattern] = learning.track_records(1)
    return pattern.successes, pattern.failures


def test_a_fix_that_is_verified_again_to_be_applied_counts_once(database: Database, learning: Learning) -> None:
    with database.transaction() as session:
        fix = proposed(session, "a")
        decide(session, fix, "approved")
        decide(session, fix, "approved")
        assert len(learning.study(session, 1)) == 1
        decide(session, fix, "approved")
        assert learning.study(session, 1) == []
    assert counted(learning) == (1, 0)
    assert learning.acceptance(1) == {"E711": pytest.approx(2 / 3)}
    assert len(learning.outcomes(1, 10)[0]) == 1


def test_a_fix_counts_as_it_stands_and_while_undecided_not_at_all(database: Database, learning: Learning) -> None:
    for verdict, by, expected in (
        ("approved", "committee", (1, 0)),
        ("needs_human", "committee", (0, 0)),
        ("rejected", "person", (0, 1)),
        ("approved", "person", (1, 0)),
    ):
        with database.transaction() as session:
            fix = session.get(Proposal, 1) or proposed(session, "a")
            decide(session, fix, verdict, by)
            learning.study(session, 1)
        assert counted(learning) == expected


def test_a_change_that_is_carried_from_commit_to_commit_counts_once(database: Database, learning: Learning) -> None:
    with database.transaction() as session:
        fix = None
        for base in ("a", "b", "c"):
            fix = proposed(session, base, fix)
            decide(session, fix, "approved")
            learning.study(session, 1)
        assert fixes_since(session, NOON.date()).accepted == 1
    assert counted(learning) == (1, 0)
    assert learning.evolutions(1)["linter_unsafe fix of E711"].steps == 1


def test_what_is_expected_of_a_rule_counts_each_change_once(
    database: Database, learning: Learning, tmp_path: Path
) -> None:
    past = PastReading(database, lambda: NOON, lambda _: Clone(tmp_path / "none"))
    expectations = Expectations(database, lambda: NOON, past)
    with database.transaction() as session:
        good, bad = proposed(session, "a"), proposed(session, "b")
        prove(session, good, "approved")
        prove(session, bad, "rejected")
        learning.study(session, 1)
        project = session.get_one(Project, 1)
        [before, *_] = expectations.reckon(session, project)
        shown = (before.verifies, before.seconds)
        prove(session, good, "approved")  # again, to be applied
        prove(session, proposed(session, "c", good), "approved")  # on a later commit
        [after, *_] = expectations.reckon(session, project)
        assert (after.verifies, after.seconds) == shown


def test_what_is_undecided_elsewhere_teaches_nothing(database: Database, learning: Learning) -> None:
    exchange = Exchange(database, lambda: NOON, Registry())
    with database.transaction() as session:
        proposed(session, "a")
    about = {"context": {"rule": "E711", "fixer": "linter_unsafe"}}
    outcomes = (("approved", True), ("rejected", False), ("undecided", False), (None, False))
    for number, (outcome, success) in enumerate(outcomes):
        payload = VALID["decision_outcome"] | about | {"decision": f"elsewhere/{number}", "success": success}
        exchange.publish(
            "operator",
            "decision_outcome",
            payload | ({"outcome": outcome} if outcome else {}),
            targets=["learning"],
            project_id=1,
        )
    with database.transaction() as session:
        for message in exchange.receive("learning"):
            learning.hear(session, message)
    assert counted(learning) == (1, 2)
