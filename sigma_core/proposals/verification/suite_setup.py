"""With what the tests of a base run: its command, its interpreter, its sandbox."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from sigma_core.errors import Invalid
from sigma_core.projects.generated import put_generated
from sigma_core.projects.git import Clone
from sigma_core.projects.interpreter import Interpreter, advice, missing_imports, project_texts
from sigma_core.projects.project_config import ProjectConfig
from sigma_core.projects.sample import is_ours
from sigma_core.projects.sandbox import Grade, ResourceLimits, Sandbox
from sigma_core.projects.sub_projects import folder_of, is_within
from sigma_core.projects.tables import Project
from sigma_core.proposals.verification.base_tree import BaseTree
from sigma_core.proposals.verification.probe_programs import probe_digest
from sigma_core.proposals.verification.reading import Static
from sigma_core.proposals.verification.run_conditions import RunConditions, command_for, settings_in
from sigma_core.proposals.verification.runs import SuiteSubject, TestRunner

Say = Callable[[str], None]
FindInterpreter = Callable[[Path, str | None, str | None], Interpreter]
"""From the checkout, what an operator set and what the project says. Raises `Invalid`."""


class Register(Protocol):
    """What is asked of the register of projects."""

    def clone(self, project: Project) -> Clone: ...
    def config(self, project: Project, commit: str) -> ProjectConfig: ...


@dataclass(frozen=True)
class BaseJob:
    """One base: whose it is, where it lies, and how the caller hears of progress and asks for the end."""

    project: Project
    commit: str
    base_tree: BaseTree
    say: Say
    cancelled: Callable[[], bool]


@dataclass(frozen=True)
class SuiteSetup:
    """Tells it for each base and each project within it."""

    projects: Register
    sandbox: Sandbox
    find_interpreter: FindInterpreter
    limits: ResourceLimits

    def folder(self, job: BaseJob, static: Static) -> str:
        """The project within the repository that a change is of: its tests are run in its folder."""
        whole = job.project.folder
        found = folder_of(job.base_tree.root, [file.path for file in static.patch.files])
        return found if is_within(found, whole) else whole

    def conditions(self, job: BaseJob, folder: str) -> RunConditions:
        """In which they run there, or why they do not."""
        config, ours = self.projects.config(job.project, job.commit), is_ours(job.commit)
        if folder != job.project.folder:
            config = settings_in(config, job.base_tree.root, Path(job.project.path), folder)
        grade, why_not, said = self.sandbox.grade, "", ""
        interpreter: Interpreter | None = None
        try:
            interpreter = self.find_interpreter(Path(job.project.path), job.project.python, config.python)
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

    def runner(self, job: BaseJob, conditions: RunConditions, interpreter: Interpreter) -> TestRunner:
        """What runs them."""
        subject = SuiteSubject(Path(job.project.path), interpreter.executable, interpreter.readable, conditions.command)
        return TestRunner(self.sandbox, subject, self.limits, job.cancelled)

    def generated(self, job: BaseJob, interpreter: Interpreter) -> str:
        """A digest of what a build wrote among the code, now in the tree too."""
        return put_generated(self.projects.clone(job.project), Path(job.project.path), interpreter, job.base_tree.root)

    def baseline_key(self, job: BaseJob, conditions: RunConditions, interpreter: Interpreter) -> tuple[str, ...]:
        """All that results of the base depend on."""
        return (
            job.commit,
            conditions.command.text,
            str(interpreter.executable),
            interpreter.digest,
            probe_digest(),
            conditions.grade.value,
            job.project.path,
            repr(self.limits),
            self.generated(job, interpreter),
        )
