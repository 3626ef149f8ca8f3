"""A candidate's tests against the baseline: what really differs, what is only flaky."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from sigma_core.proposals.evidence import SuiteRunState
from sigma_core.proposals.verification.base_tree import BaseTree
from sigma_core.proposals.verification.baseline import Baseline, Baselines
from sigma_core.proposals.verification.comparison import OutcomeDifference, compare
from sigma_core.proposals.verification.patch import Patch
from sigma_core.proposals.verification.patched_tree import PatchedTree
from sigma_core.proposals.verification.report import ReportedOutcome
from sigma_core.proposals.verification.runs import TestRunner
from sigma_core.proposals.verification.suite_run import SuiteRun

_MAX_AGAIN = 200


@dataclass(frozen=True)
class Measurement:
    """A run of a candidate and its difference from the baseline, flaky tests taken out."""

    candidate: PatchedTree
    run: SuiteRun
    difference: OutcomeDifference
    flaky: frozenset[str]

    @property
    def clean(self) -> bool:
        """Nothing counts against the candidate."""
        return self.run.finished and not self.difference.against

    @property
    def telling(self) -> frozenset[str]:
        """Tests to ask when looking for the patch that is to blame."""
        if self.run.finished:
            return frozenset(sorted(self.difference.against - self.difference.unstable)[:_MAX_AGAIN])
        first = self.run.report.first_missing
        return frozenset([first] if first else ())


class Measuring:
    """Runs candidates on a bench."""

    def __init__(self, base_tree: BaseTree, runner: TestRunner, baselines: Baselines, baseline: Baseline) -> None:
        self._base_tree, self._runner, self._baselines, self._baseline = base_tree, runner, baselines, baseline

    def measure(self, patches: Sequence[Patch]) -> Measurement:
        """The whole suite with these patches, lines of the changed files recorded, differing tests run again."""
        candidate = PatchedTree(patches)
        with self._base_tree.holding(candidate.contents) as tree:
            run = self._runner.run(tree, trace=candidate.python_files)
            if run.finished:
                run = self._with_stuck(candidate, tree, run)
        difference = self._compared(run)
        flaky = self._flaky(candidate, difference) if run.finished else frozenset[str]()
        return Measurement(candidate, run, difference.without(flaky), flaky)

    def _with_stuck(self, candidate: PatchedTree, tree: Path, run: SuiteRun) -> SuiteRun:
        """The run with the tests that do not end in the base, each run alone: the change may have mended them."""
        for name in self._baseline.stuck:
            alone = self._runner.run(tree, trace=candidate.python_files, only=[name])
            state = run.state if alone.state is SuiteRunState.PASSED else SuiteRunState.FAILED
            run = replace(run, report=run.report.with_test(name, alone.report), state=state)
        return run

    def _compared(self, run: SuiteRun) -> OutcomeDifference:
        before = self._baseline.run.report
        missing = set(before.collected) - set(run.report.collected)
        if missing and run.finished:
            # Only then it matters whether some ids change from one collection to the next
            self._baseline = self._baselines.with_unstable(self._baseline)
        return compare(before, run.report, self._baseline.unstable or frozenset())

    def fails(self, patches: Sequence[Patch], tests: frozenset[str]) -> bool:
        """Do any of these tests (all, if none are named) not pass with these patches?"""
        with self._base_tree.holding(PatchedTree(patches).contents) as tree:
            run = self._runner.run(tree, only=tests or None)
        if not tests:
            return not run.finished
        return any(run.report.outcomes.get(name) is not ReportedOutcome.PASSED for name in tests)

    def _flaky(self, candidate: PatchedTree, difference: OutcomeDifference) -> frozenset[str]:
        """Tests that count against the candidate once and not each time, or in the base now as well."""
        asked = frozenset(sorted(difference.against - difference.unstable)[:_MAX_AGAIN])
        if not asked:
            return frozenset()
        still = asked
        with self._base_tree.holding(candidate.contents) as tree:
            for _ in range(2):
                still -= self._passing(self._runner.run(tree, only=still), still) if still else frozenset()
        if still:
            still &= self._passing(self._runner.run(self._base_tree.root, only=still), still)
        return asked - still

    @staticmethod
    def _passing(run: SuiteRun, names: frozenset[str]) -> frozenset[str]:
        return frozenset(name for name in names if run.report.outcomes.get(name) is ReportedOutcome.PASSED)
