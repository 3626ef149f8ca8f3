"""Evidence of a fix that nothing speaks against."""

from sigma_core.projects.sandbox import Grade
from sigma_core.proposals.evidence import (
    ChangeCoverage,
    ControlRun,
    ControlState,
    Deltas,
    Evidence,
    SuiteRunState,
    TargetCheck,
    TestComparison,
    TestCounts,
    TestRun,
)

PASSED = TestRun(state=SuiteRunState.PASSED, counts=TestCounts(passed=10))
GOOD = Evidence(
    base_commit="a" * 40,
    diff_sha256="b" * 64,
    grade=Grade.FULL,
    applies=True,
    target=TargetCheck(rule="E711", before=1, after=0, gone=True),
    deltas=Deltas(lines_added=2, lines_removed=2, files=1, hunks=1),
    tests=TestComparison(baseline=PASSED, after=PASSED),
    coverage=ChangeCoverage(added=2, added_executed=2, removed=2, removed_executed=2, covering_tests=4),
    control=ControlRun(state=ControlState.PROVED),
)
