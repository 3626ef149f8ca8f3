"""Measures changes of a project: applied to its own base, in the sandbox, by its own tests."""

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from sigma_core.codebase.coverage import Coverage
from sigma_core.errors import Conflict
from sigma_core.projects.interpreter import find_interpreter
from sigma_core.projects.sandbox import ResourceLimits, Sandbox
from sigma_core.projects.tables import Project
from sigma_core.proposals.diff import DiffRefused, DoesNotApply
from sigma_core.proposals.evidence import Evidence
from sigma_core.proposals.verification import writing
from sigma_core.proposals.verification.base_measuring import BaseMeasuring
from sigma_core.proposals.verification.base_tree import BaseTree
from sigma_core.proposals.verification.baseline import BaselineCache
from sigma_core.proposals.verification.patch import Change, Patch, ReadOnce, read_patch
from sigma_core.proposals.verification.reading import Static, read_all
from sigma_core.proposals.verification.static.deltas import Read, read_tree
from sigma_core.proposals.verification.suite_setup import BaseJob, FindInterpreter, Register, Say, SuiteSetup
from sigma_core.proposals.verification.type_check.of_base import type_checked


class Verifier:
    """Evidence for changes. Baselines are kept in `home`; `find_interpreter` tells with what a project's tests run."""

    def __init__(
        self,
        *,
        projects: Register,
        sandbox: Sandbox,
        home: Path,
        find_interpreter: FindInterpreter = find_interpreter,
        read: Read = read_tree,
        limits: ResourceLimits | None = None,
        mutation_s: float = 300,
        coverage: Coverage | None = None,
    ) -> None:
        self._projects, self._read = projects, read
        self._cache = BaselineCache(home / "baselines")
        self._setup = SuiteSetup(projects, sandbox, find_interpreter, limits or ResourceLimits())
        self._measuring = BaseMeasuring(self._setup, self._cache, mutation_s, coverage)

    def verify(
        self,
        project: Project,
        changes: Sequence[Change],
        *,
        progress: Say = lambda _: None,
        cancelled: Callable[[], bool] = lambda: False,
    ) -> dict[int, Evidence]:
        """The evidence for each change, by proposal id; changes of one base are run together where they can be.

        Raises `Cancelled`, and `Unavailable` where the clone or a detector does not work: never for what the
        project's code does.
        """
        clone = self._projects.clone(project)
        commits, evidence = ReadOnce(clone), dict[int, Evidence]()
        by_base: dict[str, list[Patch]] = {}
        for change in changes:
            try:
                by_base.setdefault(change.base_commit, []).append(read_patch(commits, change))
            except (DiffRefused, DoesNotApply) as error:
                evidence[change.proposal_id] = writing.refused(change, str(error))
        for commit, patches in by_base.items():
            with clone.tree(commit) as tree:
                evidence |= self._on_base(BaseJob(project, commit, BaseTree(tree), progress, cancelled), patches)
        return evidence

    def outcomes(self, project: Project, change: Change, more: Mapping[str, str], test: str) -> tuple[str, str]:
        """How one test of the files `more`, which the base has not, ends on the base and with a change beside it.

        Raises `Conflict` where no single test can be run, `DoesNotApply` for a change that does not fit.
        """
        clone = self._projects.clone(project)
        patch = read_patch(clone, change)
        with clone.tree(change.base_commit) as tree:
            job = BaseJob(project, change.base_commit, BaseTree(tree), lambda _: None, lambda: False)
            conditions = self._setup.conditions(job, project.folder)
            if not conditions.runs or conditions.interpreter is None or conditions.command.runner != "pytest":
                raise Conflict(f"The test cannot be run by itself with pytest. {conditions.why_not}".rstrip())
            interpreter = conditions.interpreter
            runner = self._setup.runner(job, conditions, interpreter)
            self._setup.generated(job, interpreter)

            def outcome(contents: Mapping[str, str | None]) -> str:
                with job.base_tree.holding(contents) as changed:
                    found = runner.run(changed, only={test}).report.outcomes.get(test)
                return found.name.lower() if found is not None else "not run"

            return outcome(more), outcome({**patch.contents, **more})

    def forget_baselines(self, days: float) -> int:
        """Remove results of base commits that were not asked for in so many days; how many they were."""
        return self._cache.forget(time.time() - days * 86400)

    def _on_base(self, job: BaseJob, patches: Sequence[Patch]) -> dict[int, Evidence]:
        statics = type_checked(self._setup, job, read_all(patches, job.base_tree, self._read, job.say))
        written = {each.patch.change.proposal_id: writing.of_static(each) for each in statics}
        folders: dict[str, list[Static]] = {}
        wanting = [each for each in statics if each.needs_run]
        one = bool(wanting) and bool(self._projects.config(job.project, job.commit).test_command)
        for each in wanting:
            folders.setdefault(job.project.folder if one else self._setup.folder(job, each), []).append(each)
        for folder, wanted in folders.items():
            written |= self._measuring.all_of(job, wanted, folder)
        return written
