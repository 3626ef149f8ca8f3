"""Can a project's tests run? Told from its text and its interpreter, without running anything of it."""

import sys
from dataclasses import dataclass
from pathlib import Path

from sigma_core.errors import Invalid
from sigma_core.projects.interpreter import Interpreter, advice, find_interpreter, missing_imports, project_texts
from sigma_core.projects.project_config import ProjectConfig
from sigma_core.projects.tables import Project

SHOWN = 8
PROBLEM_LENGTH = 2000


@dataclass(frozen=True)
class Readiness:
    """`detail` says with which Python; `mend`, where something fails, what fails and how to make it work."""

    ready: bool
    detail: str
    mend: str = ""

    @property
    def problem(self) -> str | None:
        """What fails and how to mend it, as stored with the project; None where nothing does."""
        return None if self.ready else f"{self.detail}. {self.mend}"[:PROBLEM_LENGTH]


def readiness(project: Project, config: ProjectConfig, tree: Path) -> Readiness:
    """Whether the tests of the project, whose newest commit lies in `tree`, find what they import."""
    try:
        interpreter = find_interpreter(Path(project.path), project.python, config.python)
    except Invalid as error:
        return Readiness(False, str(error), "Give an interpreter that works: sigma project add PATH --python EXE")
    where = f"Python {interpreter.version}, {interpreter.origin}{lacking_search(interpreter)}"
    texts, command = project_texts(tree), config.test_command or ""
    missing = missing_imports(interpreter, texts, command=command, folder=project.folder)
    if missing:
        return Readiness(False, f"{where}; not importable: {', '.join(missing[:SHOWN])}", advice(interpreter, missing))
    if config.problem:
        return Readiness(False, f"{where}; {config.problem}", "Mend [tool.sigma]; until then it counts as unset.")
    return Readiness(True, where)


def lacking_search(interpreter: Interpreter) -> str:
    """That Hypothesis makes no inputs for functions that are compared: neither the project's nor SIGMA's fits."""
    version = ".".join(interpreter.version.split(".")[:2])
    if "hypothesis" in interpreter.packages or version == f"{sys.version_info[0]}.{sys.version_info[1]}":
        return ""
    return (
        f"; without Hypothesis for Python {version}, functions are compared on recorded arguments and variations only"
    )


def environment_digest(project: Project, config: ProjectConfig) -> str | None:
    """Of what is installed for the project's tests; None where no interpreter can be found."""
    try:
        return find_interpreter(Path(project.path), project.python, config.python).digest
    except Invalid:
        return None
