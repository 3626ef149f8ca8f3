"""What was recorded under an older schema counts under the new one, on both databases."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from fakes.migrating import alembic_config

from sigma_core.database import Database
from sigma_core.exchange import sizes
from sigma_core.issues.service import Issues
from sigma_core.llm.ledger import Rebuilt, UsageLedger, total_of

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return (
        f"sqlite:///{tmp_path / 'sigma.db'}" if request.param == "sqlite" else request.getfixturevalue("postgresql_url")
    )


def upgrade(url: str, revision: str) -> Database:
    """The database at a revision."""
    database = Database(url)
    command.upgrade(alembic_config(database), revision)
    return database


def insert(database: Database, name: str, *rows: dict[str, Any]) -> None:
    """Into a table as it is there, not as the code knows it."""
    with database.engine.begin() as connection:
        table = sa.Table(name, sa.MetaData(), autoload_with=connection)
        connection.execute(table.insert(), list(rows))
    database.dispose()


def old_call(number: int, **changed: Any) -> dict[str, Any]:
    return {
        "call_id": f"c{number}",
        "prompt": "think/committee_scoring",
        "version": "builtin-1",
        "worker": "think",
        "model": "m-1",
        "input_tokens": 100,
        "output_tokens": 10,
        "cached_tokens": None,
        "cost_nano_usd": 5_000,
        "latency_ms": 100 * (number + 1),
        "attempts": 1,
        "success": True,
        "context": {},
        "day": date(2026, 5, 1),
        "created_at": NOON,
        **changed,
    }


def test_calls_recorded_before_there_were_sums_are_added_up(url: str) -> None:
    other_day = date(2026, 5, 2)
    rows = [
        *(old_call(number) for number in range(4)),
        old_call(4, success=False, cost_nano_usd=None, input_tokens=None, output_tokens=None),
        old_call(5, day=other_day, model="offline-rules", cost_nano_usd=0),
    ]
    insert(upgrade(url, "0005"), "prompt_usage", *rows)
    database = upgrade(url, "head")
    ledger = UsageLedger(database)
    by_model = {total.key["model"]: total for total in ledger.totals(("model",))}
    paid, free = by_model["m-1"], by_model["offline-rules"]
    assert (paid.calls, paid.failures, paid.unpriced, paid.cost_nano_usd) == (5, 1, 1, 20_000)
    assert (paid.input_tokens, paid.output_tokens, free.calls, free.cost_nano_usd) == (400, 40, 1, 0)
    assert paid.p50_ms == pytest.approx(300, rel=0.01)
    assert paid.p95_ms == pytest.approx(500, rel=0.01)
    assert ledger.rebuild() == Rebuilt(calls=6, wrong=0)
    database.dispose()


def test_sums_are_told_apart_by_project_and_put_together_again(url: str) -> None:
    database = upgrade(url, "0012")
    insert(
        database,
        "prompt_usage",
        *(old_call(number, project_id=(None, 7, 8)[number % 3], list_nano_usd=3) for number in range(9)),
    )
    database = upgrade(url, "head")
    ledger = UsageLedger(database)
    assert [total_of(ledger.rollups(date.min, date.max, each)).calls for each in (None, 7, 8, 9)] == [9, 3, 3, 0]
    assert ledger.rebuild() == Rebuilt(calls=9, wrong=0)
    command.downgrade(alembic_config(database), "0012")
    with database.engine.connect() as connection:
        rows = connection.execute(sa.text("SELECT calls, cost_nano_usd, list_nano_usd FROM prompt_analytics")).all()
    assert rows == [(9, 45_000, 27)]
    database.dispose()


def test_knowledge_from_before_its_sizes_were_kept_is_counted(url: str) -> None:
    item = {
        "source": "dream",
        "target": [],
        "type": "risk_pattern",
        "project_id": None,
        "urgency": "normal",
        "data": {},
        "meta": {},
        "evidence_count": 1,
        "validation_status": "valid",
        "created_at": NOON,
        "refreshed_at": NOON,
    }
    insert(upgrade(url, "0040"), "knowledge_exchange", item, item, {**item, "type": "successful_fix"})
    database = upgrade(url, "head")
    with database.reading() as session:
        assert sizes.by_type(session) == {"risk_pattern": 2, "successful_fix": 1}
        assert (sizes.by_source(session), sizes.by_type(session, 1)) == ({"dream": 3}, {})
    command.downgrade(alembic_config(database), "0040")
    database.dispose()


def test_an_issue_known_before_it_could_be_judged_keeps_its_severity(url: str) -> None:
    database = upgrade(url, "0010")
    insert(
        database,
        "project",
        {
            "name": "p",
            "path": "/p",
            "head": "c1",
            "reduced_sandbox": False,
            "trusted": False,
            "model_allowed": False,
            "created_at": NOON,
        },
    )
    issue = {
        "project_id": 1,
        "fingerprint": "a",
        "detector": "ruff",
        "rule": "S602",
        "family": "security",
        "file": "m.py",
        "line": 1,
        "end_line": 1,
        "severity": "error",
        "message": "m",
        "state": "open",
        "opened_commit": "c1",
        "seen_commit": "c1",
        "opened_at": NOON,
        "changed_at": NOON,
    }
    insert(database, "issue", issue)
    database = upgrade(url, "head")
    (known,) = Issues(database, lambda: NOON).list(1)
    assert (known.severity, known.found_severity, known.priority, known.to_judge) == ("error", "error", None, False)
    database.dispose()


def test_a_fix_whose_application_was_counted_as_a_second_acceptance_counts_once(url: str) -> None:
    database = upgrade(url, "0012")
    insert(
        database,
        "project",
        {
            "name": "p",
            "path": "/p",
            "head": "c1",
            "reduced_sandbox": False,
            "trusted": False,
            "model_allowed": False,
            "created_at": NOON,
        },
    )
    insert(
        database,
        "proposal",
        *(
            {
                "project_id": 1,
                "title": "t",
                "description": "",
                "change_type": "bug",
                "diff": "",
                "files": [],
                "diff_sha256": str(number),
                "content_sha256": "",
                "base_commit": "c1",
                "confidence": 1.0,
                "origin": "dream",
                "fixer": "linter_safe",
                "rule": "E711",
                "knowledge_ids": [],
                "state": "approved",
                "created_at": NOON,
                "changed_at": NOON,
            }
            for number in range(3)
        ),
    )
    verdicts = ((1, "approved"), (1, "approved"), (2, "rejected"), (2, "approved"), (3, "needs_human"))
    insert(
        database,
        "decision",
        *(
            {
                "proposal_id": proposal,
                "verdict": verdict,
                "decided_by": "committee",
                "actor": "think",
                "reasons": [],
                "rules": {},
                "knowledge": [],
                "created_at": NOON,
            }
            for proposal, verdict in verdicts
        ),
    )
    insert(database, "learned_decision", *({"decision_id": key, "counted_at": NOON} for key in range(1, 6)))
    insert(
        database,
        "learned_pattern",
        {
            "project_id": 1,
            "rule": "E711",
            "fixer": "linter_safe",
            "name": "n",
            "type": "fix",
            "description": "",
            "successes": 4,
            "failures": 1,
            "changed_at": NOON,
        },
    )
    database = upgrade(url, "head")
    with database.engine.begin() as connection:
        counts = connection.execute(sa.text("SELECT successes, failures FROM learned_pattern")).all()
    assert counts == [(3, 0)]  # one of them was told from outside
    database.dispose()
