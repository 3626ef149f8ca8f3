"""Measures changes of a project: applied to its own base, in the sandbox, by its own tests."""

import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from sigma_core.codebase.coverage import Coverage
from sigma_core.errors import Conflict, Invalid
from sigma_core.projects.generated import put_generated
from sigma_core.projects.git import Clone
from sigma_core.projects.interpreter import Interpreter, advice, find_interpreter, missing_imports, project_texts
from sigma_core.projects.project_config import ProjectConfig
from sigma_core.projects.sample import is_ours
from sigma_core.projects.sandbox import Grade, ResourceLimits, Sandbox
from sigma_core.projects.sub_projects import folder_of, is_within
from sigma_core.projects.tables import Project
from sigma_core.proposals.diff import DiffRefused, DoesNotApply
from sigma_core.proposals.evidence import Differential, Evidence, SuiteRunState, TypeCheck, TypeCheckState
from sigma_core.proposals.verification import sufficiency, writing
from sigma_core.proposals.verification.base_tree import BaseTree
from sigma_core.proposals.verification.baseline import Baseline, BaselineCache, Baselines
from sigma_core.proposals.verification.groups import grouped
from sigma_core.proposals.verification.guard.guarded_paths import is_test
from sigma_core.proposals.verification.mutation.budget import MutationBudget
from sigma_core.proposals.verification.nearest_tests import nearest_tests
from sigma_core.proposals.verification.patch import Change, Patch, ReadOnce, read_patch
from sigma_core.proposals.verification.reading import Static, read_all
from sigma_core.proposals.verification.run_conditions import RunConditions, command_for, settings_in, version_of
from sigma_core.proposals.verification.runs import SuiteSubject, TestRunner, probe_digest
from sigma_core.proposals.verification.session import Session
from sigma_core.proposals.verification.static.deltas import Read, read_tree
from sigma_core.proposals.verification.static.modules import Modules
from sigma_core.proposals.verification.tested_functions import tested_functions
from sigma_core.proposals.verification.type_check import TypeChecking

_NOT_BELIEVED = "what tests report of it could not be believed, so a person decides."
_NONE_NEAR = "none is near to what it changes, and a person decides whatever the others show."

Say = Callable[[str], None]
FindInterpreter = Callable[[Path, str | None, str | None], Interpreter]
"""From the checkout, what an operator set and what the project says. Raises `Invalid`."""


class Register(Protocol):
    """What is asked of the register of projects."""

    def clone(self, project: Project) -> Clone: ...
    def config(self, project: Project, commit: str) -> ProjectConfig: ...


@dataclass(frozen=True)
class _Job:
    """One base: whose it is, where it lies, and how the caller hears of progress and asks for the end."""

    project: Project
    commit: str
    base_tree: BaseTree
    say: Say
    cancelled: Callable[[], bool]


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
        self._projects, self._sandbox, self._find_interpreter = projects, sandbox, find_interpreter
        self._cache, self._read, self._limits = BaselineCache(home / "baselines"), read, limits or ResourceLimits()
        self._mutation_s, self._coverage = mutation_s, coverage

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
                evidence |= self._on_base(_Job(project, commit, BaseTree(tree), progress, cancelled), patches)
        return evidence

    def outcomes(self, project: Project, change: Change, more: Mapping[str, str], test: str) -> tuple[str, str]:
        """How one test of the files `more`, which the base has not, ends on the base and with a change beside it.

        Raises `Conflict` where no single test can be run, `DoesNotApply` for a change that does not fit.
        """
        clone = self._projects.clone(project)
        patch = read_patch(clone, change)
        with clone.tree(change.base_commit) as tree:
            job = _Job(project, change.base_commit, BaseTree(tree), lambda _: None, lambda: False)
            conditions = self._conditions(job, project.folder)
            if not conditions.runs or conditions.interpreter is None or conditions.command.runner != "pytest":
                raise Conflict(f"The test cannot be run by itself with pytest. {conditions.why_not}".rstrip())
            interpreter = conditions.interpreter
            runner = self._runner(job, conditions, interpreter)
            self._generated(job, interpreter)

            def outcome(contents: Mapping[str, str | None]) -> str:
                with job.base_tree.holding(contents) as changed:
                    found = runner.run(changed, only={test}).report.outcomes.get(test)
                return found.name.lower() if found is not None else "not run"

            return outcome(more), outcome({**patch.contents, **more})

    def forget_baselines(self, days: float) -> int:
        """Remove results of base commits that were not asked for in so many days; how many they were."""
        return self._cache.forget(time.time() - days * 86400)

    def _on_base(self, job: _Job, patches: Sequence[Patch]) -> dict[int, Evidence]:
        job.say("reading the changes")
        statics = self._type_checked(job, read_all(patches, job.base_tree, self._read))
        written = {each.patch.change.proposal_id: writing.of_static(each) for each in statics}
        folders: dict[str, list[Static]] = {}
        wanting = [each for each in statics if each.needs_run]
        one = bool(wanting) and bool(self._projects.config(job.project, job.commit).test_command)
        for each in wanting:
            folders.setdefault(job.project.folder if one else self._folder(job, each), []).append(each)
        for folder, wanted in folders.items():
            shared = [each for each in wanted if not each.shares_no_run]
            if all(each.is_vetoed for each in shared):
                shared = []
            written |= self._measured(job, shared, folder) if shared else {}
            if apart := [each for each in wanted if each not in shared]:
                written |= self._for_a_person(job, apart, folder)
        return written

    def _type_checked(self, job: _Job, statics: Sequence[Static]) -> list[Static]:
        """The same, with what the project's own type checker says of those that only it can speak for."""
        folders: dict[str, list[Patch]] = {}
        for each in statics:
            if each.awaits_type_check:
                folders.setdefault(self._folder(job, each), []).append(each.patch)
        found: dict[int, TypeCheck] = {}
        for folder, patches in folders.items():
            job.say("asking the project's type checker")
            found |= self._types_of(job, patches, folder)
        return [
            each.type_checked(found[each.patch.change.proposal_id]) if each.awaits_type_check else each
            for each in statics
        ]

    def _types_of(self, job: _Job, patches: Sequence[Patch], folder: str) -> dict[int, TypeCheck]:
        conditions = self._conditions(job, folder)
        if conditions.interpreter is None:
            unasked = TypeCheck(state=TypeCheckState.NOT_CHECKED, detail=conditions.why_not)
            return {patch.change.proposal_id: unasked for patch in patches}
        self._generated(job, conditions.interpreter)
        grade = sufficiency.of_grade(conditions.grade, allowed=conditions.allowed, trusted=conditions.trusted)
        return TypeChecking(
            self._sandbox,
            job.base_tree,
            Path(job.project.path),
            folder,
            conditions.interpreter,
            why_not=next(grade, ""),
            limits=self._limits,
            cancelled=job.cancelled,
        ).ask(patches)

    def _folder(self, job: _Job, static: Static) -> str:
        """The project within the repository that a change is of: its tests are run in its folder."""
        whole = job.project.folder
        found = folder_of(job.base_tree.root, [file.path for file in static.patch.files])
        return found if is_within(found, whole) else whole

    def _measured(
        self, job: _Job, statics: Sequence[Static], folder: str, near: frozenset[str] = frozenset()
    ) -> dict[int, Evidence]:
        """By all tests; by those of `near` alone, where some are named."""
        conditions = self._conditions(job, folder)
        if not conditions.runs or conditions.interpreter is None:
            return {each.patch.change.proposal_id: writing.unrun(each, conditions) for each in statics}
        interpreter = conditions.interpreter
        runner = self._runner(job, conditions, interpreter)
        key = (*self._key(job, conditions, interpreter), *sorted(near))
        if near:
            runner.confine(near)
        baselines = Baselines(self._cache, key, runner, job.base_tree.root, job.say)
        baseline = baselines.get(_asked(job.base_tree.root, statics), lambda: _others(job.base_tree.root, interpreter))
        runner.bound_by(baseline.run.duration_ms)
        self._enter(job, baseline, folder, is_whole=not near)
        if baseline.run.state is SuiteRunState.TIMEOUT and not near:
            return self._by_nearest(
                job,
                statics,
                folder,
                baseline.run.report.collected,
                baseline.run.detail,
                lambda each: writing.not_measured(each, baseline, conditions),
            )
        if baseline.run.state in (SuiteRunState.TIMEOUT, SuiteRunState.REFUSED, SuiteRunState.CRASHED):
            return {each.patch.change.proposal_id: writing.not_measured(each, baseline, conditions) for each in statics}
        by_id = {each.patch.change.proposal_id: each for each in statics}
        session = Session(
            job.base_tree,
            runner,
            baselines,
            baseline,
            job.say,
            budget=MutationBudget(self._mutation_s, job.say),
            settled=lambda patch: by_id[patch.change.proposal_id].is_for_a_person,
            vetoed=lambda patch: by_id[patch.change.proposal_id].is_vetoed,
        )
        return self._settled(session, runner, baseline, conditions, statics)

    def _enter(self, job: _Job, baseline: Baseline, folder: str, *, is_whole: bool) -> None:
        """What the run of the base has shown of its functions and tests is kept as facts of its commit."""
        project_id, tests = job.project.id or 0, baseline.run.report.collected
        if self._coverage is None or not baseline.run.finished or not baseline.run.report.gapless:
            return
        if not self._coverage.is_known(project_id, job.commit, baseline.traced, tests):
            measured = tested_functions(baseline, job.commit, job.base_tree.root, folder, is_whole=is_whole)
            self._coverage.enter(project_id, measured, tests)

    def _for_a_person(self, job: _Job, statics: Sequence[Static], folder: str) -> dict[int, Evidence]:
        """What their text leaves to a person, whatever all tests show: by the nearest tests, where they can be
        believed."""
        conditions = self._conditions(job, folder)
        if not conditions.runs or conditions.interpreter is None:
            return {each.patch.change.proposal_id: writing.unrun(each, conditions) for each in statics}
        written = {
            each.patch.change.proposal_id: writing.left_to_a_person(each, conditions, _NOT_BELIEVED)
            for each in statics
            if each.forging
        }
        honest = [each for each in statics if not each.forging]
        if not honest:
            return written
        known = self._cache.find(self._key(job, conditions, conditions.interpreter))
        if known is None:
            runner = self._runner(job, conditions, conditions.interpreter)
            tests = runner.run(job.base_tree.root, collect_only=True).report.collected
        else:
            tests = known.run.report.collected
        return written | self._by_nearest(
            job,
            honest,
            folder,
            tests,
            "a person decides whatever the others show",
            lambda each: writing.left_to_a_person(each, conditions, _NONE_NEAR),
        )

    def _by_nearest(
        self,
        job: _Job,
        statics: Sequence[Static],
        folder: str,
        tests: Sequence[str],
        why: str,
        without: Callable[[Static], Evidence],
    ) -> dict[int, Evidence]:
        """Each file's changes by those of the `tests` that are nearest to it; `without` tells of one without any."""
        modules = Modules(job.base_tree.root)
        by_files: dict[tuple[str, ...], list[Static]] = {}
        for each in statics:
            by_files.setdefault(tuple(sorted(file.old_path for file in each.patch.files)), []).append(each)
        written: dict[int, Evidence] = {}
        for paths, some in by_files.items():
            near = nearest_tests(tests, modules, folder, paths)
            if not near:
                written |= {each.patch.change.proposal_id: without(each) for each in some}
                continue
            job.say(f"running the {len(near)} of {len(tests)} tests nearest to {', '.join(paths)}: {why}")
            found = self._measured(job, some, folder, near)
            if len(near) < len(tests):
                found = {key: writing.narrowed(each, len(near), len(tests), why) for key, each in found.items()}
            written |= found
        return written

    def _runner(self, job: _Job, conditions: RunConditions, interpreter: Interpreter) -> TestRunner:
        subject = SuiteSubject(Path(job.project.path), interpreter.executable, interpreter.readable, conditions.command)
        return TestRunner(self._sandbox, subject, self._limits, job.cancelled)

    def _generated(self, job: _Job, interpreter: Interpreter) -> str:
        """A digest of what a build wrote among the code, now in the tree too."""
        return put_generated(self._projects.clone(job.project), Path(job.project.path), interpreter, job.base_tree.root)

    def _key(self, job: _Job, conditions: RunConditions, interpreter: Interpreter) -> tuple[str, ...]:
        return (
            job.commit,
            conditions.command.text,
            str(interpreter.executable),
            interpreter.digest,
            probe_digest(),
            conditions.grade.value,
            job.project.path,
            repr(self._limits),
            self._generated(job, interpreter),
        )

    def _conditions(self, job: _Job, folder: str) -> RunConditions:
        config, ours = self._projects.config(job.project, job.commit), is_ours(job.commit)
        if folder != job.project.folder:
            config = settings_in(config, job.base_tree.root, Path(job.project.path), folder)
        grade, why_not, said = self._sandbox.grade, "", ""
        interpreter: Interpreter | None = None
        try:
            interpreter = self._find_interpreter(Path(job.project.path), job.project.python, config.python)
        except Invalid as error:
            why_not = str(error)
        command = command_for(config, interpreter, job.base_tree.root / folder).within(folder)
        if interpreter is not None:
            runner = command.runner if command.runner == "pytest" else None
            missing = missing_imports(interpreter, project_texts(job.base_tree.root), runner, command.text, folder)
            said = advice(interpreter, missing)
            why_not = said if runner in missing else ""
        return RunConditions(
            grade=grade,
            allowed=grade is Grade.FULL or (grade is Grade.REDUCED and (job.project.reduced_sandbox or ours)),
            trusted=job.project.trusted or ours,
            command=command,
            interpreter=interpreter,
            advice=said,
            why_not=why_not,
        )

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
