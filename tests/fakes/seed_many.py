"""Fills a database with very many proposals."""

from datetime import timedelta

from sqlalchemy import insert

from sigma_core.clock import utc_now
from sigma_core.database import Database
from sigma_core.proposals.tables import Decision, Proposal

STATES = ("needs_human", "approved", "rejected", "waiting", "stale")
DIFF = "diff --git a/m.py b/m.py\n--- a/m.py\n+++ b/m.py\n@@ -1 +1 @@\n-x\n+y\n" + "# a long line of context\n" * 150


def seed_proposals(database: Database, number: int, *, project_id: int = 1, first_id: int = 1000) -> None:
    """So many, of all states in turn, each made a second after the one before; every one but the waiting is decided."""
    begin = utc_now() - timedelta(days=30)
    rows = [
        {
            "id": first_id + at,
            "project_id": project_id,
            "title": f"Fix number {at}",
            "description": "",
            "change_type": "bug",
            "diff": DIFF,
            "diff_sha256": f"{project_id}-{at}",
            "content_sha256": "",
            "base_commit": "a" * 40,
            "files": [f"src/part_{at % 7}/module_{at}.py", "src/Überblick.py"],
            "confidence": 0.5,
            "origin": "dream",
            "fixer": "linter_safe",
            "rule": f"B{at % 100:03d}",
            "knowledge_ids": [],
            "state": STATES[at % 5],
            "created_at": begin + timedelta(seconds=at),
            "changed_at": begin + timedelta(seconds=at),
        }
        for at in range(number)
    ]
    decisions = [
        {
            "proposal_id": row["id"],
            "verdict": row["state"],
            "decided_by": "committee",
            "actor": "think",
            "reasons": [f"Reason {turn} of {row['id']}."],
            "rules": {},
            "knowledge": [],
            "created_at": row["created_at"],
        }
        for row in rows
        if row["state"] in STATES[:3]
        for turn in (1, 2)
    ]
    with database.transaction() as session:
        session.execute(insert(Proposal), rows)
        session.execute(insert(Decision), decisions)
