"""Changes of one base, measured by its tests: all of them, or those nearest to each change."""

import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sigma_core.codebase.coverage import Coverage
from sigma_core.projects.interpreter import Interpreter
from sigma_core.proposals.evidence import Differential, Evidence, SuiteRunState
from sigma_core.proposals.verification import writing
from sigma_core.proposals.verification.baseline import Baseline, BaselineCache, Baselines
from sigma_core.proposals.verification.by_nearest import by_nearest, for_a_person
from sigma_core.proposals.verification.groups import grouped
from sigma_core.proposals.verification.guard.guarded_paths import is_test
from sigma_core.proposals.verification.mutation.budget import MutationBudget
from sigma_core.proposals.verification.reading import Static
from sigma_core.proposals.verification.run_conditions import RunConditions, version_of
from sigma_core.proposals.verification.runs import TestRunner
from sigma_core.proposals.verification.session import Session
from sigma_core.proposals.verification.suite_setup import BaseJob, SuiteSetup
from sigma_core.proposals.verification.tested_functions import tested_functions

_UNENDING = (SuiteRunState.TIMEOUT, SuiteRunState.REFUSED, SuiteRunState.CRASHED)


@dataclass(frozen=True)
class BaseMeasuring:
    """Measures by the tests of the project in one folder."""

    setup: SuiteSetup
    cache: BaselineCache
    mutation_s: float
    coverage: Coverage | None

    def all_of(self, job: BaseJob, statics: Sequence[Static], folder: str) -> dict[int, Evidence]:
        """Every change of that project: what its text alone leaves to a person asks for no run of all tests."""
        shared = [each for each in statics if not each.shares_no_run]
        if all(each.is_vetoed for each in shared):
            shared = []
        written = self._measured(job, shared, folder) if shared else {}
        if apart := [each for each in statics if each not in shared]:
            written |= for_a_person(
                self.setup, self.cache, job, apart, folder, lambda some, near: self._measured(job, some, folder, near)
            )
        return written

    def _measured(
        self, job: BaseJob, statics: Sequence[Static], folder: str, near: frozenset[str] = frozenset()
    ) -> dict[int, Evidence]:
        """By all tests; by those of `near` alone, where some are named."""
        conditions = self.setup.conditions(job, folder)
        if not conditions.runs or conditions.interpreter is None:
            return {each.patch.change.proposal_id: writing.unrun(each, conditions) for each in statics}
        interpreter = conditions.interpreter
        runner = self.setup.runner(job, conditions, interpreter)
        key = (*self.setup.baseline_key(job, conditions, interpreter), *sorted(near))
        if near:
            runner.confine(near)
        baselines = Baselines(self.cache, key, runner, job.base_tree.root, job.say)
        baseline = baselines.get(_asked(job.base_tree.root, statics), lambda: _others(job.base_tree.root, interpreter))
        runner.bound_by(baseline.run.duration_ms)
        self._enter(job, baseline, folder, is_whole=not near)
        if baseline.run.state is SuiteRunState.TIMEOUT and not near:
            return by_nearest(
                job,
                statics,
                folder,
                baseline.run.report.collected,
                lambda some, tests: self._measured(job, some, folder, tests),
                baseline.run.detail,
                lambda each: writing.not_measured(each, baseline, conditions),
            )
        if baseline.run.state in _UNENDING:
            return {each.patch.change.proposal_id: writing.not_measured(each, baseline, conditions) for each in statics}
        by_id = {each.patch.change.proposal_id: each for each in statics}
        session = Session(
            job.base_tree,
            runner,
            baselines,
            baseline,
            job.say,
            budget=MutationBudget(self.mutation_s, job.say),
            settled=lambda patch: by_id[patch.change.proposal_id].is_for_a_person,
            vetoed=lambda patch: by_id[patch.change.proposal_id].is_vetoed,
        )
        return self._settled(session, runner, baseline, conditions, statics)

    def _enter(self, job: BaseJob, baseline: Baseline, folder: str, *, is_whole: bool) -> None:
        """What the run of the base has shown of its functions and tests is kept as facts of its commit."""
        project_id, tests = job.project.id or 0, baseline.run.report.collected
        if self.coverage is None or not baseline.run.finished or not baseline.run.report.gapless:
            return
        if not self.coverage.is_known(project_id, job.commit, baseline.traced, tests):
            measured = tested_functions(baseline, job.commit, job.base_tree.root, folder, is_whole=is_whole)
            self.coverage.enter(project_id, measured, tests)

    @staticmethod
    def _settled(
        session: Session, runner: TestRunner, baseline: Baseline, conditions: RunConditions, statics: Sequence[Static]
    ) -> dict[int, Evidence]:
        by_id = {each.patch.change.proposal_id: each for each in statics}
        written = {}
        groups = grouped(
            [each.patch for each in statics], alone=lambda patch: bool(by_id[patch.change.proposal_id].tampering)
        )
        for group in groups:
            began, runs = time.monotonic(), runner.count
            verified = session.settle(group)
            differences = session.compare(verified)
            spent = writing.Spent(runner.count - runs, round((time.monotonic() - began) * 1000))
            for each in verified:
                key = each.patch.change.proposal_id
                written[key] = writing.of_verified(by_id[key], each, baseline, conditions, spent)
                written[key] = written[key].model_copy(update={"differential": differences.get(key, Differential())})
        return written


def _asked(tree: Path, statics: Sequence[Static]) -> set[str]:
    """Files of the base that are changed: lines they lose are looked up in its run."""
    paths = {file.old_path for each in statics for file in each.patch.files if file.old_path.endswith(".py")}
    return {path for path in paths if (tree / path).is_file()}


def _others(tree: Path, interpreter: Interpreter) -> dict[str, int]:
    """The project's other code, if the probe has a tracer in C there.

    That is `sys.monitoring`, or coverage.py built for the version SIGMA itself runs on.
    """
    version = version_of(interpreter)
    return _sources(tree) if version >= (3, 12) or version == sys.version_info[:2] else {}


def _sources(tree: Path) -> dict[str, int]:
    """Python files that are no tests, with their number of lines."""
    files = (path for path in tree.rglob("*.py") if path.is_file() and not path.is_symlink())
    lines = {path.relative_to(tree).as_posix(): path.read_bytes().count(b"\n") + 1 for path in files}
    return {name: count for name, count in lines.items() if not is_test(name)}
