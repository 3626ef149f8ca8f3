"""Fills a home's database by bulk rows: what a large house has after years."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from random import Random
from typing import Any

from sqlalchemy import insert, text
from sqlmodel import SQLModel

from sigma_core.clock import utc_now
from sigma_core.database import Database
from sigma_core.issues.tables import Issue
from sigma_core.llm import rollups
from sigma_core.projects.tables import Project
from sigma_core.proposals.tables import Decision, Proposal
from sigma_core.runtime.tables import Run

AT_ONCE = 5_000
DAYS = 30
WORKERS = ("analysis", "dream", "think", "learning", "recall", "dreamer")
STATES = ("needs_human", "approved", "rejected", "applied", "stale")
SEVERITIES = ("info", "warning", "error", "critical")
DIFF = "diff --git a/m.py b/m.py\n--- a/m.py\n+++ b/m.py\n@@ -1 +1 @@\n-x\n+y\n" + "# a line of context\n" * 40
Rows = Iterator[dict[str, Any]]


@dataclass(frozen=True)
class Load:
    """How many rows of each kind."""

    projects: int = 200
    usage: int = 1_000_000
    knowledge: int = 1_000_000
    proposals: int = 10_000
    runs: int = 50_000
    issues: int = 100_000

    def smaller(self, by: int) -> "Load":
        """A hundredth, say, of everything."""
        return Load(**{name: max(5, count // by) for name, count in vars(self).items()})


class Filling:
    """Rows spread over the last month, by chance that is the same each time."""

    def __init__(self, database: Database, load: Load) -> None:
        self._database, self._load = database, load
        self._chance, self._now = Random("pages"), utc_now()

    def fill(self, tell: Callable[[str], None] = print) -> None:
        """Everything, and the rollups that go with it."""
        kinds: Sequence[tuple[type[SQLModel], Rows]] = (
            (Project, self._projects()),
            (Run, self._runs()),
            (Issue, self._issues()),
            (Proposal, self._proposals()),
            (Decision, self._decisions()),
        )
        for table, rows in kinds:
            count = 0
            while some := list(islice(rows, AT_ONCE)):
                with self._database.transaction() as session:
                    session.execute(insert(table), some)
                count += len(some)
            tell(f"{count:,} {table.__tablename__}")
        self._generate("knowledge_exchange", self._load.knowledge, _KNOWLEDGE)
        self._generate("prompt_usage", self._load.usage, _USAGE)
        tell(f"{self._load.knowledge:,} knowledge_exchange, {self._load.usage:,} prompt_usage")
        rollups.rebuild(self._database)
        with self._database.transaction() as session:
            session.execute(text(_SIZES))

    def _generate(self, table: str, count: int, values: Mapping[str, str]) -> None:
        with self._database.transaction() as session:
            known = {"end": self._now.timestamp(), "projects": self._load.projects}
            session.execute(text(_generated(table, count, values)), known)

    def _at(self, number: int, of: int) -> datetime:
        return self._now - timedelta(days=DAYS) * (1 - number / of)

    def _project(self, number: int) -> int:
        return 1 + number % self._load.projects

    def _projects(self) -> Rows:
        for number in range(1, self._load.projects + 1):
            yield {
                "id": number,
                "name": f"project-{number:03}",
                "path": f"/load/{number}",
                "head": "a" * 40,
                "created_at": self._now - timedelta(days=DAYS),
            }

    def _runs(self) -> Rows:
        for number in range(self._load.runs):
            at, worker, project = self._at(number, self._load.runs), WORKERS[number % 6], self._project(number // 6)
            took = self._chance.uniform(1, 90)
            failed = number % 40 == 0
            yield {
                "slot": f"{worker}/{project}",
                "worker": worker,
                "project_id": project,
                "attempt": 1,
                "state": "error" if failed else "success",
                "error": "It failed." if failed else None,
                "due_at": at,
                "queued_at": at,
                "started_at": at,
                "finished_at": at + timedelta(seconds=took),
                "duration_ms": round(1000 * took),
                "produced": number % 5,
                "requested_by": "schedule",
            }

    def _issues(self) -> Rows:
        for number in range(self._load.issues):
            at = self._at(number, self._load.issues)
            yield {
                "project_id": self._project(number),
                "fingerprint": f"f{number}",
                "detector": "ruff",
                "rule": f"B{number % 60:03}",
                "family": "bug",
                "file": f"src/part_{number % 97}/module_{number % 31}.py",
                "line": number % 400,
                "end_line": number % 400,
                "severity": SEVERITIES[number % 4],
                "message": "A finding.",
                "state": "open" if number % 4 else "fixed",
                "opened_commit": "a" * 40,
                "seen_commit": "a" * 40,
                "opened_at": at,
                "changed_at": at,
            }

    def _proposals(self) -> Rows:
        for number in range(self._load.proposals):
            at = self._at(number, self._load.proposals)
            yield {
                "id": number + 1,
                "project_id": self._project(number),
                "title": f"Fix number {number}",
                "change_type": "bug",
                "diff": DIFF,
                "diff_sha256": f"{number}",
                "content_sha256": f"{number}",
                "base_commit": "a" * 40,
                "files": [f"src/part_{number % 97}/module.py"],
                "confidence": 0.5,
                "origin": "dream",
                "fixer": "linter_safe",
                "rule": f"B{number % 60:03}",
                "state": STATES[number % 5],
                "created_at": at,
                "changed_at": at,
            }

    def _decisions(self) -> Rows:
        for number in range(self._load.proposals):
            yield {
                "proposal_id": number + 1,
                "verdict": ("needs_human", "approved", "rejected")[number % 5 % 3],
                "decided_by": "committee",
                "actor": "think",
                "score": self._chance.random(),
                "reasons": ["A reason."],
                "rules": {},
                "created_at": self._at(number, self._load.proposals),
            }


def _generated(table: str, count: int, values: Mapping[str, str]) -> str:
    """Rows made by the database itself; `i` is the number of a row, from 0, `at` its moment as SQLite keeps one."""
    return (
        f"INSERT INTO {table} ({', '.join(values)}) WITH RECURSIVE numbers(i) AS"
        f" (SELECT 0 UNION ALL SELECT i + 1 FROM numbers WHERE i < {count - 1}), moments AS"
        f" (SELECT i, strftime('%Y-%m-%d %H:%M:%S.000000', :end - {DAYS} * 86400.0 * (1 - i * 1.0 / {count}),"
        f" 'unixepoch') AS at FROM numbers) SELECT {', '.join(values.values())} FROM moments"
    )


_KNOWLEDGE: Mapping[str, str] = {
    "source": "'recall'",
    "target": """'["dream", "think"]'""",
    "type": "'context_enrichment'",
    "project_id": "1 + i % :projects",
    "urgency": "'normal'",
    "data": """'{"context_type": "rule B' || i || '", "enrichment": "Seen before.", "relevance": 0.5}'""",
    "meta": "'{}'",
    "digest": "'d' || i",
    "evidence_count": "1",
    "validation_status": "'valid'",
    "created_at": "at",
    "refreshed_at": "at",
}
_SIZES = (
    "INSERT INTO knowledge_size (source, type, project_id, amount)"
    " SELECT source, type, project_id, count(*) FROM knowledge_exchange GROUP BY source, type, project_id"
)
_USAGE: Mapping[str, str] = {
    "call_id": "'load-' || i",
    "prompt": "CASE i % 4 WHEN 0 THEN 'dream/error_fix' WHEN 1 THEN 'think/committee_scoring'"
    " WHEN 2 THEN 'think/risk_assessment' ELSE 'analysis/issue_assessment' END",
    "version": "CAST(1 + i / 4 % 3 AS TEXT)",
    "worker": "CASE i % 4 WHEN 0 THEN 'dream' WHEN 3 THEN 'analysis' ELSE 'think' END",
    "project_id": "1 + i % :projects",
    "model": "'load-model'",
    "input_tokens": "800",
    "output_tokens": "100",
    "cached_tokens": "0",
    "cost_nano_usd": "1000000",
    "latency_ms": "200 + abs(random()) % 4000",
    "attempts": "1",
    "success": "i % 50 <> 0",
    "context": "'{}'",
    "day": "substr(at, 1, 10)",
    "created_at": "at",
}
