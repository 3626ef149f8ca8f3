"""What one run of a project's tests came to."""

import re
from collections import Counter
from dataclasses import dataclass

from sigma_core.formatting import duration
from sigma_core.projects.sandbox import Execution, ExecutionEnding
from sigma_core.proposals.evidence import SuiteRunState, TestCounts, TestRun
from sigma_core.proposals.verification.report import Report, ReportedOutcome

_ENDINGS = {
    ExecutionEnding.TIMEOUT: SuiteRunState.TIMEOUT,
    ExecutionEnding.STALLED: SuiteRunState.CRASHED,
    ExecutionEnding.MEMORY: SuiteRunState.REFUSED,
    ExecutionEnding.OUTPUT: SuiteRunState.REFUSED,
    ExecutionEnding.REFUSED: SuiteRunState.REFUSED,
}
_USAGE_ERRORS = (3, 4)
_NOT_STARTED = (126, 127)
"""What a shell, and the sandbox, answer for a program that is not there or cannot be run."""
_RAISED = re.compile(r"E\s+[\w.]+(:|$)|[\w.]*(Error|Exception|Interrupt|Exit)(:|$)")
"""An exception's own line, as pytest (after an E, of whatever name) and Python print it. `ImportError while loading
conftest` is a heading."""


@dataclass(frozen=True)
class SuiteRun:
    """What came of it: `state` judges the whole, `report` says it test by test."""

    state: SuiteRunState
    report: Report
    duration_ms: int
    detail: str = ""

    @property
    def finished(self) -> bool:
        """Every test collected was heard of."""
        return self.state in (SuiteRunState.PASSED, SuiteRunState.FAILED)

    @property
    def fact(self) -> TestRun:
        """What the evidence says of the run."""
        counts = Counter(outcome.name.lower() for outcome in self.report.outcomes.values())
        counts["error"] += len(self.report.collect_errors)
        return TestRun(
            state=self.state, counts=TestCounts(**counts), duration_ms=self.duration_ms, detail=self.detail[:1000]
        )


def by_exit_code(execution: Execution) -> SuiteRun:
    """What a command whose tests cannot be told apart came to."""
    state = _ENDINGS.get(execution.ending) or (
        SuiteRunState.PASSED if execution.exit_code == 0 else SuiteRunState.FAILED
    )
    if execution.exit_code in _NOT_STARTED and execution.ending is ExecutionEnding.EXIT:
        why = f"The test command could not be started (exit code {execution.exit_code}). {_last(execution)}"
        return SuiteRun(SuiteRunState.CRASHED, Report(exit_code=execution.exit_code), execution.duration_ms, why)
    detail = _ending_sentence(execution) or f"exit code {execution.exit_code}"
    return SuiteRun(state, Report(exit_code=execution.exit_code), execution.duration_ms, detail)


def judged(execution: Execution, report: Report) -> SuiteRun:
    """What a run came to: outcomes, exit code and the ids that were collected have to agree."""
    if stopped := _ENDINGS.get(execution.ending):
        return SuiteRun(stopped, report, execution.duration_ms, f"{_ending_sentence(execution)}{_where(report)}")
    if why := _not_whole(execution, report):
        return SuiteRun(SuiteRunState.CRASHED, report, execution.duration_ms, why)
    if not report.collected and not report.collect_errors:
        return SuiteRun(SuiteRunState.NO_TESTS, report, execution.duration_ms, "No tests were collected.")
    worst = max(report.outcomes.values(), default=ReportedOutcome.PASSED)
    state = SuiteRunState.FAILED if worst >= ReportedOutcome.FAILED or report.collect_errors else SuiteRunState.PASSED
    return SuiteRun(state, report, execution.duration_ms, _first_failure(report))


def _not_whole(execution: Execution, report: Report) -> str:
    """Why the report cannot be taken for the run; empty if it can."""
    if report.broken is not None:
        return f"The test runner gave up: {report.broken}"
    if report.exit_code is None:
        return (
            f"The run ended (exit code {execution.exit_code}) before its report did{_where(report)}. {_last(execution)}"
        )
    if report.exit_code != execution.exit_code:
        return f"The run reported exit code {report.exit_code} and ended with {execution.exit_code}."
    if report.exit_code in _USAGE_ERRORS:
        return f"The test runner could not work (exit code {report.exit_code}). {_last(execution)}"
    if not report.whole:
        return f"The report is not whole{_where(report)}."
    return f"The run contradicts itself: {report.contradiction}." if report.contradiction else ""


def _where(report: Report) -> str:
    if not report.collected:
        return ", before any test was collected"
    return f", in or after {report.first_missing}" if report.first_missing else ""


def _first_failure(report: Report) -> str:
    if report.collect_errors:
        first = report.collect_errors[0]
        return f"{first.place} cannot be loaded: {first.text}"
    name, text = next(iter(report.failures.items()), ("", ""))
    return f"{name}: {text}" if name else ""


def how_it_ended(execution: Execution) -> str:
    """How it ended, for where that is not enough."""
    return _ending_sentence(execution) or _last(execution)


def _ending_sentence(execution: Execution) -> str:
    words = {
        ExecutionEnding.TIMEOUT: "ran into the time limit",
        ExecutionEnding.STALLED: "was ended, as one test did not end,",
        ExecutionEnding.MEMORY: "used more memory than allowed",
        ExecutionEnding.OUTPUT: "wrote more than allowed",
        ExecutionEnding.REFUSED: "was not run",
    }
    said = words.get(execution.ending)
    return "" if said is None else f"The run {said} after {duration(execution.duration_ms)}{_because(execution)}"


def _because(execution: Execution) -> str:
    return f" ({execution.detail})" if execution.detail else ""


def _last(execution: Execution) -> str:
    """The line of the output that says why: the error that was raised last, else the last line that only warns not."""
    lines = [line.strip() for line in execution.output.splitlines() if line.strip()]
    raised = [line.removeprefix("E ").strip() for line in lines if _RAISED.match(line)]
    calm = [line for line in lines if "Warning" not in line]
    return (raised or calm or lines or [""])[-1][:300]
