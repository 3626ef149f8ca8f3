"""What a fix costs: calls of a time beside the fixes accepted and seen to survive in it."""

from datetime import UTC, datetime, timedelta

from fakes.runner_parts import add_projects

from sigma_core.database import Database
from sigma_core.proposals.costs import Fixes, fixes_since
from sigma_core.proposals.tables import Decision, Outcome, Proposal

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def decide(database: Database, number: int, *verdicts: str, at: datetime = NOON, survived: bool = False) -> None:
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
                state="approved",
                created_at=at,
                changed_at=at,
            )
        )
        session.flush()
        for verdict in verdicts:
            decision = Decision(
                proposal_id=number, verdict=verdict, decided_by="committee", actor="think", reasons=[], created_at=at
            )
            session.add(decision)
            session.flush()
        if survived:
            survived_10 = Outcome(line_id=number, proposal_id=number, project_id=1, kind="survived_10", actor="ada")
            survived_10.at = survived_10.created_at = at
            session.add(survived_10)


def test_a_fix_counts_once_by_its_latest_decision_in_the_time(database: Database) -> None:
    add_projects(database, (1,))
    decide(database, 1, "approved", survived=True)
    decide(database, 2, "needs_human", "approved")
    decide(database, 3, "approved", "rejected")
    decide(database, 4, "approved", at=NOON - timedelta(days=3), survived=True)
    with database.reading() as session:
        assert fixes_since(session, NOON.date()) == Fixes(accepted=2, survived=1)
        assert fixes_since(session, (NOON - timedelta(days=3)).date()) == Fixes(accepted=3, survived=2)


def test_without_fixes_or_without_a_price_nothing_is_said_of_what_one_cost() -> None:
    assert Fixes(2, 1).document(100) == {
        "accepted": 2,
        "survived": 1,
        "cost_per_accepted_nano_usd": 50,
        "cost_per_survived_nano_usd": 100,
    }
    assert Fixes(0, 0).document(100)["cost_per_accepted_nano_usd"] is None
    assert Fixes(2, 1).document(None)["cost_per_survived_nano_usd"] is None
