"""What verifying a fix shows, drawn by its diff: proving a month of fixes for real would take hours."""

from collections.abc import Callable, Mapping, Sequence
from random import Random

from sigma_core.projects.sandbox import Grade
from sigma_core.projects.tables import Project
from sigma_core.proposals import diff as diffs
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
from sigma_core.proposals.review import EvidenceSource
from sigma_core.proposals.verification.patch import Change

BREAKS, UNTESTED = 0.15, 0.28
"""Shares of fixes that break a test, and of those with lines that no test runs."""


class DrawnEvidence:
    """Measures nothing but size; `real` proves the first fixes of what it is told to prove, for there to be some."""

    def __init__(self, real: EvidenceSource) -> None:
        self._real = real
        self.really = 0
        """How many of the next fixes are proved in the sandbox."""

    def verify(
        self,
        project: Project,
        changes: Sequence[Change],
        *,
        progress: Callable[[str], None],
        cancelled: Callable[[], bool],
    ) -> Mapping[int, Evidence]:
        """What each change shows, by its proposal."""
        proved, drawn = changes[: self.really], changes[self.really :]
        self.really -= len(proved)
        shown = {each.proposal_id: _drawn(each) for each in drawn}
        if proved:
            shown |= self._real.verify(project, proved, progress=progress, cancelled=cancelled)
        return shown


def _drawn(change: Change) -> Evidence:
    changes = diffs.parse(change.diff)
    chance = Random(f"evidence/{diffs.digest(changes)}")  # noqa: S311 (plausible, not secret)
    rows = change.diff.splitlines()
    added = sum(row.startswith("+") and not row.startswith("+++") for row in rows)
    removed = sum(row.startswith("-") and not row.startswith("---") for row in rows)
    broken = [f"tests/test_{_name(change)}.py::test_it_as_before"] if chance.random() < BREAKS else []
    unrun = [row for row in range(1, added + 1) if chance.random() < UNTESTED]
    tests = chance.randint(18, 60)
    before = TestRun(state=SuiteRunState.PASSED, counts=TestCounts(passed=tests))
    after = TestRun(state=SuiteRunState.FAILED, counts=TestCounts(passed=tests - 1, failed=1)) if broken else before
    return Evidence(
        base_commit=change.base_commit,
        diff_sha256=diffs.digest(changes),
        command="python -m pytest",
        runner="pytest",
        grade=Grade.FULL,
        applies=True,
        target=TargetCheck(rule=change.rule, before=1, after=0, gone=True),
        deltas=Deltas(lines_added=added, lines_removed=removed, files=1, hunks=rows.count("@@") + 1),
        tests=TestComparison(baseline=before, after=after, newly_failed=broken),
        coverage=ChangeCoverage(added=added, added_executed=added - len(unrun), covering_tests=chance.randint(1, 6)),
        control=ControlRun(state=ControlState.PROVED),
        insufficient=[f"No test executes {_place(change)}."] if unrun else [],
        test_runs=3,
        duration_ms=round(chance.lognormvariate(9, 0.5)),
    )


def _name(change: Change) -> str:
    return _file(change).rpartition("/")[2].removesuffix(".py")


def _place(change: Change) -> str:
    return f"{_file(change)}:{change.diff.partition('@@ -')[2].partition(',')[0]}"


def _file(change: Change) -> str:
    return change.diff.partition("+++ b/")[2].partition("\n")[0]
