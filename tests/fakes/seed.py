"""Fills a database with believable rows of every kind, relative to now."""

import hashlib
import random
from datetime import datetime, timedelta
from functools import cache, partial
from itertools import product

from fakes.kept_rows import KeptRows
from fakes.seed_knowledge import seed_knowledge
from sqlmodel import Session

from sigma_core.clock import utc_now
from sigma_core.database import Database
from sigma_core.issues.tables import Issue
from sigma_core.learning.tables import TrackRecord
from sigma_core.llm import rollups
from sigma_core.llm.budget_tables import SpendingBudget
from sigma_core.llm.tables import PromptUsage
from sigma_core.projects.sandbox import Grade
from sigma_core.projects.tables import CodeSnapshot, Project
from sigma_core.proposals.evidence import (
    ChangeCoverage,
    ChangedFinding,
    Complexity,
    ControlRun,
    ControlState,
    Deltas,
    DifferenceState,
    Differential,
    Evidence,
    MutatedStatement,
    SuiteRunState,
    TargetCheck,
    TestComparison,
    TestCounts,
    TestRun,
)
from sigma_core.proposals.tables import CommitteeScore, Decision, Outcome, Proposal, Verification
from sigma_core.runtime.tables import Executor, Job, Run, RunStep

BASE = "4f1d2c9a" * 5
EVERY = {"analysis": 600, "dream": 600, "think": 600, "learning": 900, "recall": 900, "dreamer": 900, "exchange": 30}
WEIGHTS = {"architect": 0.22, "reviewer": 0.22, "tester": 0.24, "security": 0.20, "optimizer": 0.12}
RULES = {"version": "1", "weights": WEIGHTS, "thresholds": {"approve_at": 0.70, "reject_below": 0.40}}

SQL_DIFF = """diff --git a/shop/orders.py b/shop/orders.py
--- a/shop/orders.py
+++ b/shop/orders.py
@@ -41,9 +41,5 @@
 def load_orders(path, since=None):
-    conn = sqlite3.connect(path)
-    cur = conn.cursor()
-    query = "SELECT id, total FROM orders WHERE day >= '%s'" % since
-    rows = cur.execute(query).fetchall()
-    result = []
-    for row in rows:
-        result.append(Order(row[0], row[1]))
-    return result
+    query = "SELECT id, total FROM orders WHERE day >= ?"
+    with closing(sqlite3.connect(path)) as conn:
+        rows = conn.execute(query, (since,)).fetchall()
+    return [Order(row[0], row[1]) for row in rows]
"""
DEFAULT_DIFF = """diff --git a/shop/cart.py b/shop/cart.py
--- a/shop/cart.py
+++ b/shop/cart.py
@@ -12,5 +12,6 @@
 class Cart:
-    def __init__(self, items=[]):
-        self.items = items
+    def __init__(self, items=None):
+        # a list made once would be shared by all carts
+        self.items = [] if items is None else items
         self.closed = False
     def total(self):
"""
HOSTILE_DIFF = """diff --git a/shop/page.py b/shop/page.py
--- a/shop/page.py
+++ b/shop/page.py
@@ -3,3 +3,3 @@
 def banner():
-    return "<b>hello</b>"
+    return "<script>alert('sigma')</script>\u202e reversed"
     # end
"""
HOSTILE_TITLE = "<img src=x onerror=alert(1)> :red[**bold**] \u202edesrever"


def seed(database: Database, *, alive: bool = True, now: datetime | None = None) -> None:
    """`alive`: the scheduler's heartbeat is fresh; otherwise it fell silent ten minutes ago."""
    moment = now or utc_now()
    with database.transaction() as session:
        _rows(alive).lay(session, moment)
    rollups.rebuild(database)


@cache
def _rows(alive: bool) -> KeptRows:
    return KeptRows.made(utc_now(), partial(_make, alive=alive))


def _make(session: Session, moment: datetime, *, alive: bool) -> None:
    _projects(session, moment)
    _schedule(session, moment, alive=alive)
    _runs(session, moment)
    _issues(session, moment)
    _proposals(session, moment)
    _usage(session, moment)
    _model_calls(session, moment)
    seed_knowledge(session, moment)


def _projects(session: Session, now: datetime) -> None:
    session.add_all(
        [
            Project(id=1, name="sample-shop", path="/srv/code/sample-shop", head=BASE, created_at=now - days(20)),
            Project(
                id=2,
                name="billing",
                path="/srv/code/billing",
                head="b" * 40,
                created_at=now - days(3),
                test_command="pytest -q tests/unit",
                python="/srv/code/billing/.venv/bin/python",
                model_allowed=True,
                reduced_sandbox=True,
                autonomy="commit",
            ),
        ]
    )
    session.flush()
    session.add(
        CodeSnapshot(
            project_id=1,
            commit=BASE,
            files=48,
            lines=6214,
            complexity={"mean": 3.1, "worst": 17},
            issue_counts={"error": 2, "warning": 9},
            skipped={"shop/legacy.py": "syntax error"},
            detectors="d" * 12,
            created_at=now - minutes(4),
        )
    )


def _schedule(session: Session, now: datetime, *, alive: bool) -> None:
    for index, (name, every) in enumerate(EVERY.items()):
        session.add(
            Job(
                name=name,
                every_s=every,
                paused=name == "recall",
                next_at=now + timedelta(seconds=40 + 30 * index),
                last_enqueued_at=now - minutes(2),
            )
        )
    seen = now - (timedelta(seconds=2) if alive else minutes(10))
    started = now - timedelta(hours=5)
    session.add(
        Executor(name="host-a:4711", kind="scheduler", host="host-a", pid=4711, started_at=started, seen_at=seen)
    )


def _runs(session: Session, now: datetime) -> None:
    chance = random.Random(7)
    for worker, every in EVERY.items():
        at = now - timedelta(hours=50 if worker == "analysis" else 3)
        while at < now - minutes(3):
            _run(session, chance, worker, at)
            at += timedelta(seconds=max(every, 300) * chance.uniform(0.9, 1.2))
    session.flush()
    session.add(
        Run(
            id=90001,
            slot="dreamer/1",
            worker="dreamer",
            project_id=1,
            state="error",
            attempt=3,
            due_at=now - minutes(14),
            queued_at=now - minutes(14),
            started_at=now - minutes(14),
            owner="host-a:4711",
            finished_at=now - minutes(12),
            requested_by="schedule",
            error='Traceback (most recent call last):\n  File "sigma_core/dreamer/work.py", line 40, in judge\n'
            "    baseline = reports[0]\nIndexError: list index out of range",
        )
    )
    session.add(
        Run(
            id=90002,
            slot="dream/1",
            worker="dream",
            project_id=1,
            state="running",
            attempt=1,
            due_at=now - minutes(2),
            queued_at=now - minutes(2),
            started_at=now - timedelta(seconds=95),
            owner="host-a:4711",
            priority=10,
            lease_until=now + timedelta(seconds=3600),
            requested_by="ada",
            progress="verifying 3 of 8: shop/orders.py",
            figures={"candidates": 8, "skipped": {"too large": 1}},
        )
    )
    session.add(
        Run(
            id=90003,
            slot="think/1",
            worker="think",
            project_id=1,
            state="queued",
            due_at=now - timedelta(seconds=4),
            queued_at=now - timedelta(seconds=4),
            requested_by="schedule",
        )
    )
    session.add(
        Run(
            id=90004,
            slot="think/2",
            worker="think",
            project_id=2,
            state="cancelled",
            due_at=now - minutes(30),
            queued_at=now - minutes(30),
            started_at=now - minutes(30),
            finished_at=now - minutes(27),
            requested_by="ada",
            error="Cancelled by ada.",
            attempt=1,
        )
    )
    session.add(
        Run(
            id=90005,
            slot="learning/1",
            worker="learning",
            project_id=1,
            state="queued",
            due_at=now,
            queued_at=now,
            requested_by="ada",
            priority=10,
        )
    )
    session.flush()
    session.add_all(
        [
            RunStep(run_id=90002, name="choose issues", attempt=1, duration_ms=120, finished_at=now - minutes(1)),
            RunStep(run_id=90002, name="write fixes", attempt=1, duration_ms=2310, finished_at=now - minutes(1)),
        ]
    )


def _run(session: Session, chance: random.Random, worker: str, at: datetime) -> None:
    lag, took = chance.expovariate(1 / 2.5), chance.uniform(20, 110)
    project = None if worker == "exchange" else 1
    session.add(
        Run(
            slot=worker if project is None else f"{worker}/{project}",
            worker=worker,
            project_id=project,
            attempt=1,
            state="error" if chance.random() < 0.03 else "success",
            due_at=at,
            queued_at=at,
            started_at=at + timedelta(seconds=lag),
            finished_at=at + timedelta(seconds=lag + took),
            produced=chance.randint(0, 5),
            published=chance.randint(0, 3),
            received=chance.randint(0, 9),
            owner="host-a:4711",
        )
    )


def _issues(session: Session, now: datetime) -> None:
    for number in range(1, 60):
        fixed = number % 3 == 0
        session.add(
            Issue(
                id=number,
                project_id=1,
                fingerprint=f"f{number:03d}",
                detector="linter",
                rule="S608" if number == 1 else "B006",
                family="security" if number == 1 else "bug",
                file="shop/orders.py",
                line=40 + number,
                end_line=40 + number,
                severity=("critical", "error", "warning", "warning", "info")[number % 5],
                message="Possible SQL injection through string formatting"
                if number == 1
                else "Mutable default argument",
                state="fixed" if fixed else "open",
                opened_commit=BASE,
                seen_commit=BASE,
                opened_at=now - timedelta(hours=number),
                changed_at=now - timedelta(hours=number / 4),
            )
        )


def _proposals(session: Session, now: datetime) -> None:
    session.flush()
    _case(
        session,
        214,
        "Bind the date instead of formatting it into SQL",
        SQL_DIFF,
        now - minutes(9),
        "needs_human",
        unexecuted(),
        ["One changed line is never run by a test: shop/orders.py:44."],
        issue_id=1,
    )
    _case(
        session,
        215,
        HOSTILE_TITLE,
        HOSTILE_DIFF,
        now - minutes(31),
        "needs_human",
        clean(HOSTILE_DIFF),
        [
            "Veto by the security: unescaped input <script>alert(2)</script> reaches the page",
        ],
        veto=True,
    )
    _case(
        session,
        210,
        "Make the retry loop end",
        DEFAULT_DIFF.replace("cart", "retry"),
        now - timedelta(hours=3),
        "needs_human",
        tampered(),
        ["pyproject.toml changes what the test runner does."],
    )
    _case(
        session,
        208,
        "Do not share a list between carts",
        DEFAULT_DIFF,
        now - timedelta(hours=5),
        "approved",
        clean(DEFAULT_DIFF),
        ["The committee scores 0.84, approved from 0.70."],
    )
    _case(
        session,
        190,
        "Close the file that is opened",
        DEFAULT_DIFF.replace("cart", "files"),
        now - days(2),
        "rejected",
        broken(),
        ["Breaks a test: tests/test_files.py::test_reading"],
        absent=True,
    )
    _case(
        session,
        188,
        "Compare with None by identity",
        DEFAULT_DIFF.replace("cart", "none"),
        now - days(4),
        "applied",
        clean(DEFAULT_DIFF),
        ["The committee scores 0.91, approved from 0.70."],
    )
    session.add(_proposal(216, "Remove an import nobody uses", DEFAULT_DIFF.replace("cart", "unused"), now, "waiting"))
    session.add(_proposal(180, "Old fix", "not a diff at all\n<script>alert(3)</script>\n", now - days(9), "stale"))
    session.flush()
    for kind, age in (("applied", 4), ("reverted", 0.5)):
        session.add(
            Outcome(
                line_id=188,
                project_id=1,
                at=now - days(age),
                proposal_id=188,
                kind=kind,
                branch="sigma/188-compare-with-none" if kind == "applied" else None,
                commit="c" * 40,
                actor="ada",
                created_at=now - days(age),
            )
        )
    for number in range(100, 130):
        at = now - timedelta(hours=6.5 * (number - 99))
        diff = DEFAULT_DIFF.replace("cart", f"part_{number}")
        session.add(_proposal(number, f"Replace a mutable default in part {number}", diff, at, "applied"))
        session.flush()
        session.add(
            Decision(
                proposal_id=number,
                verdict="approved",
                decided_by="committee",
                actor="think",
                score=0.8,
                confidence=0.7,
                reasons=["The committee scores 0.80, approved from 0.70."],
                rules=RULES,
                created_at=at,
            )
        )
        if number > 105:
            session.add(
                Outcome(
                    line_id=number,
                    proposal_id=number,
                    project_id=1,
                    kind="survived_10",
                    commit="c" * 40,
                    actor="ada",
                    at=at,
                    created_at=at,
                )
            )


def _proposal(id: int, title: str, diff: str, at: datetime, state: str, issue_id: int | None = None) -> Proposal:
    digest = hashlib.sha256(diff.encode()).hexdigest()
    return Proposal(
        id=id,
        project_id=1,
        issue_id=issue_id,
        title=title,
        diff=diff,
        diff_sha256=digest,
        content_sha256=digest,
        description="",
        change_type="security" if issue_id else "bug",
        base_commit=BASE,
        confidence=0.76,
        rule="S608",
        files=[line[6:] for line in diff.splitlines() if line.startswith("+++ b/")],
        origin="dream",
        fixer="linter_unsafe",
        prompt_version="error_fix v7",
        knowledge_ids=[3, 5, 8],
        run_id=8841,
        state=state,
        created_at=at,
        changed_at=at,
    )


def _case(
    session: Session,
    id: int,
    title: str,
    diff: str,
    at: datetime,
    state: str,
    evidence: Evidence,
    reasons: list[str],
    *,
    issue_id: int | None = None,
    veto: bool = False,
    absent: bool = False,
) -> None:
    proposal = _proposal(id, title, diff, at, state, issue_id)
    session.add(proposal)
    session.flush()
    evidence = evidence.model_copy(update={"diff_sha256": proposal.diff_sha256})
    verification = Verification(
        proposal_id=id, evidence=evidence.model_dump(mode="json"), duration_ms=evidence.duration_ms, created_at=at
    )
    session.add(verification)
    session.flush()
    scores = {"architect": 0.84, "reviewer": 0.78, "tester": 0.58, "security": 0.96, "optimizer": 0.88}
    for member, weight in WEIGHTS.items():
        away = absent and member == "tester"
        session.add(
            CommitteeScore(
                verification_id=verification.id or 0,
                member=member,
                score=None if away else scores[member],
                confidence=None if away else 0.76,
                weight=0 if away else weight / (0.76 if absent else 1),
                veto="unescaped input <script>alert(2)</script> reaches the page"
                if veto and member == "security"
                else None,
                risks=["The None default now reaches the bind parameter and matches no row."]
                if member == "tester"
                else [],
                facts={"lines_touched": 12},
                absent="no test result" if away else None,
            )
        )
    verdict = "approved" if state == "applied" else state
    session.add(
        Decision(
            proposal_id=id,
            verification_id=verification.id,
            verdict=verdict,
            decided_by="committee",
            actor="think",
            score=0.79,
            confidence=0.76,
            reasons=reasons,
            rules=RULES,
            created_at=at,
        )
    )


def clean(diff: str) -> Evidence:
    """Everything is well."""
    counts = TestCounts(passed=142)
    run = TestRun(state=SuiteRunState.PASSED, counts=counts, duration_ms=4100)
    return Evidence(
        base_commit=BASE,
        diff_sha256=hashlib.sha256(diff.encode()).hexdigest(),
        command="pytest",
        interpreter="python3.11",
        runner="pytest",
        grade=Grade.FULL,
        applies=True,
        target=TargetCheck(rule="S608", before=1, after=0, gone=True),
        deltas=Deltas(
            complexity=Complexity(before=4, after=2, worst_before=4, worst_after=2),
            lines_added=4,
            lines_removed=8,
            files=1,
            hunks=1,
            security_before=1,
            security_after=0,
        ),
        tests=TestComparison(baseline=run, after=run, flaky=["tests/test_net.py::test_slow"]),
        coverage=ChangeCoverage(added=4, added_executed=4, covering_tests=6),
        control=ControlRun(state=ControlState.PROVED, functions=["load_orders"]),
        mutants=[MutatedStatement(place="shop/orders.py:41", tried=2, noticed=2)],
        differential=Differential(state=DifferenceState.NO_DIFFERENCE, inputs=43, functions=["load_orders"]),
        test_runs=3,
        duration_ms=8400,
    )


def unexecuted() -> Evidence:
    """One changed line is never run."""
    coverage = ChangeCoverage(added=4, added_executed=3, covering_tests=6, unexecuted=["shop/orders.py:44"])
    return clean(SQL_DIFF).model_copy(update={"coverage": coverage})


def tampered() -> Evidence:
    """The runner's configuration is touched, and the tests were not run."""
    return clean(DEFAULT_DIFF).model_copy(
        update={
            "tampering": ["pyproject.toml changes what the test runner does."],
            "tests": None,
            "grade": Grade.NONE,
            "insufficient": ["No project code ran."],
            "coverage": ChangeCoverage(),
            "control": ControlRun(),
            "suppressions": ["noqa added in shop/retry.py:14"],
            "target": TargetCheck(rule="B006", before=1, after=1, gone=False),
        }
    )


def broken() -> Evidence:
    """A test fails that passed before, and a new error came in."""
    after = TestRun(state=SuiteRunState.FAILED, counts=TestCounts(passed=141, failed=1), duration_ms=4100)
    before = TestRun(state=SuiteRunState.PASSED, counts=TestCounts(passed=142), duration_ms=4100)
    finding = ChangedFinding(
        rule="F821", family="bug", severity="error", file="shop/files.py", line=9, message="undefined name"
    )
    fine = clean(DEFAULT_DIFF)
    return fine.model_copy(
        update={
            "tests": TestComparison(baseline=before, after=after, newly_failed=["tests/test_files.py::test_reading"]),
            "deltas": fine.deltas.model_copy(update={"new_findings": [finding]}),
            "control": ControlRun(state=ControlState.DISPROVED),
        }
    )


def _usage(session: Session, now: datetime) -> None:
    for number in range(1, 9):
        at = now - timedelta(hours=number)
        session.add(
            PromptUsage(
                call_id=f"call-{number}",
                day=at.date(),
                prompt="dream/error_fix",
                version="7",
                worker="dream",
                project_id=1,
                model="offline-rules",
                input_tokens=812,
                output_tokens=140,
                cost_nano_usd=0,
                latency_ms=4,
                success=True,
                created_at=at,
            )
        )
        session.add(
            TrackRecord(
                project_id=1,
                rule=f"B00{number}",
                fixer="linter_safe",
                name=f"B00{number} by its own fix",
                successes=number,
                failures=1,
                changed_at=at,
            )
        )


def _model_calls(session: Session, now: datetime) -> None:
    """Two weeks of calls: free, priced, and of a model nobody knows the price of; some failed."""
    models = {"offline-rules": (0, 3), "gpt-4.1-mini": (1_140_000, 1400), "house-model": (None, 700)}
    for day, (model, (cost, latency_ms)), number in product(range(1, 14), models.items(), range(6)):
        at = now - timedelta(days=day, minutes=number)
        failed = model == "house-model" and number == 0
        session.add(
            PromptUsage(
                call_id=f"{model}-{day}-{number}",
                day=at.date(),
                prompt="think/committee_scoring",
                version="builtin-1",
                worker="think",
                project_id=1,
                model=model,
                input_tokens=1000 + 10 * day,
                output_tokens=500,
                cached_tokens=200,
                cost_nano_usd=cost,
                list_nano_usd=1_200_000 if cost == 0 else None,
                latency_ms=latency_ms * (10 + day + number * number) // 10,
                success=not failed,
                error_kind="ModelBusy" if failed else None,
                created_at=at,
            )
        )
    session.add(
        SpendingBudget(
            scope="worker:think", nano_usd_per_day=2_000_000_000, on_reach="stop", changed_by="ada", changed_at=now
        )
    )


def days(number: float) -> timedelta:
    """Days."""
    return timedelta(days=number)


def minutes(number: float) -> timedelta:
    """Minutes."""
    return timedelta(minutes=number)
