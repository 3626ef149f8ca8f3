"""Why evidence does not suffice for approval: sentences for a person. Pure."""

from collections.abc import Iterator, Sequence

from sigma_core.projects.sandbox import Grade
from sigma_core.proposals.evidence import ControlRun, ControlState, SuiteRunState, TypeCheck, TypeCheckState
from sigma_core.proposals.verification.executed_statements import ExecutedStatements
from sigma_core.proposals.verification.patch import Patch
from sigma_core.proposals.verification.suite_run import SuiteRun

_NAMED = 5


def of_grade(grade: Grade, *, allowed: bool, trusted: bool) -> Iterator[str]:
    """What the isolation reached means for the evidence."""
    if grade is Grade.NONE:
        yield "No project code could be run here: there is no sandbox (`sigma doctor` says why)."
    elif grade is Grade.REDUCED and not allowed:
        yield "Only the reduced sandbox is there, and it is not allowed for this project: no test was run."
    elif grade is Grade.REDUCED and not trusted:
        yield "The tests ran in the reduced sandbox, and this project's code is not marked as trusted."


def of_files(patch: Patch, type_check: TypeCheck) -> Iterator[str]:
    """Files whose effect no tracer shows."""
    for file in patch.files:
        if file.path.endswith(".pyi") and type_check.state is TypeCheckState.NOT_CHECKED:
            yield f"{file.path} is for type checkers alone, and the project's could not be asked: {type_check.detail}"
        elif not file.path.endswith(".py"):
            yield f"{file.path} is not Python: no test can be shown to execute the change."


def of_baseline(run: SuiteRun) -> Iterator[str]:
    """What the tests of the base leave open."""
    if run.state is SuiteRunState.NO_TESTS:
        yield "The project has no tests that could show the effect of the change."
    elif not run.finished:
        yield f"The tests of the base do not run to their end: {run.detail}"
    if run.report.runner is None and run.finished:
        yield "The test command's results can be read by its exit code only, not test by test."


def of_unloadable(run: SuiteRun) -> Iterator[str]:
    """Files of tests that the base cannot load: what they would have shown is not known."""
    errors = run.report.collect_errors
    if errors:
        first = errors[0]
        yield f"{_number(len(errors), 'file')} of tests cannot be loaded in the base, first {first.place}: {first.text}"


def of_run(run: SuiteRun) -> Iterator[str]:
    """What the run with the change leaves open."""
    if not run.finished and run.state is not SuiteRunState.NO_TESTS:
        yield f"The tests do not run to their end with the change: {run.detail}"


def of_unexecuted(found: ExecutedStatements, patch: Patch, run: SuiteRun) -> Iterator[str]:
    """Whether tests execute the change."""
    if found.unexecuted:
        # A statement that is rewritten where it stands is one place to a person, not one before and one after
        twice = {f"{each} (removed)" for each in found.unexecuted}
        places = [each for each in found.unexecuted if each not in twice]
        yield f"No test executes {_some(places)}{_elsewhere(patch, run)}."


def of_coverage(found: ExecutedStatements, flaky: Sequence[str]) -> Iterator[str]:
    """Whether there is something that tests can execute, and they do so reliably."""
    if not found.added and not found.removed:
        yield "The change has no statement that a test could execute."
    shaky = sorted(set(flaky) & found.covering)
    if shaky:
        yield f"Tests that execute the change are flaky: {_some(shaky)}."


def of_clash(clashes_with: Sequence[int]) -> Iterator[str]:
    """Whether it can be merged with what is approved beside it."""
    if clashes_with:
        names = ", ".join(map(str, clashes_with))
        which = (
            f"proposal {names}, which comes" if len(clashes_with) == 1 else f"one of the proposals {names}, which come"
        )
        yield f"It passes alone and breaks tests together with {which} first."


def of_control(control: ControlRun) -> Iterator[str]:
    """Whether the reports can be believed."""
    if control.state in (ControlState.DISPROVED, ControlState.NOT_RUN):
        yield f"The control run did not prove the tests: {control.detail}"
    elif control.state is ControlState.UNCHECKED:
        yield f"Nothing checks what is changed: {control.detail}"


def _elsewhere(patch: Patch, run: SuiteRun) -> str:
    places = ((file.path, run.report.elsewhere.get(file.path)) for file in patch.files)
    copy = next(((path, place) for path, place in places if place), None)
    if copy is None:
        return ""
    return f"; the tests import another copy of {copy[0]}: {copy[1]} (install the checkout there: pip install -e)"


def _some(names: Sequence[str]) -> str:
    more = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {more} more" if more > 0 else "")


def _number(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
