"""One run of a project's tests in the sandbox."""

import json
import re
import secrets
import tempfile
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from sigma_core.errors import Cancelled
from sigma_core.formatting import duration
from sigma_core.projects.sandbox import Execution, ExecutionEnding, Grade, Request, ResourceLimits, Sandbox
from sigma_core.projects.sandbox.view import ENVIRONMENT
from sigma_core.proposals.evidence import SuiteRunState, TestCounts, TestRun
from sigma_core.proposals.verification.command import TestCommand
from sigma_core.proposals.verification.report import Report, ReportedOutcome, read_report, records

PROBE = Path(__file__).parent / "probe"
_SHORTEST_S = 10.0
_SHORTEST_AGAIN_S = 30.0
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
_RAISED = re.compile(r"(E\s+)?[\w.]*(Error|Exception|Interrupt|Exit)\b")
"""An exception's own line, as Python and (after an E) pytest print it."""


@dataclass(frozen=True)
class SuiteSubject:
    """Whose tests run: where the code lives, with which interpreter, by which command."""

    checkout: Path
    python: Path
    readable: tuple[Path, ...]
    command: TestCommand
    environment: Mapping[str, str] = field(default_factory=dict)


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
        """For the evidence."""
        counts = Counter(outcome.name.lower() for outcome in self.report.outcomes.values())
        counts["error"] += len(self.report.collect_errors)
        return TestRun(
            state=self.state, counts=TestCounts(**counts), duration_ms=self.duration_ms, detail=self.detail[:1000]
        )


@dataclass(frozen=True)
class Program:
    """An entry of the probe, and modules of ours that it brings along where the project has none."""

    file: str
    modules: tuple[str, ...]
    beside: tuple[str, ...] = ()
    """Further ones, by their files' names and in the same folder, where SIGMA has all of them."""


_TESTS = Program("run.py", ("coverage",))


@dataclass(frozen=True)
class Observation:
    """What a program of the probe told. `detail` says how it ended, for where that is not enough."""

    records: Iterator[dict[str, Any]]
    detail: str


class TestRunner:
    """Runs the tests of one subject on trees; counts how often."""

    __test__ = False

    def __init__(
        self, sandbox: Sandbox, subject: SuiteSubject, limits: ResourceLimits, cancelled: Callable[[], bool]
    ) -> None:
        self._sandbox, self._subject, self._limits, self._cancelled = sandbox, subject, limits, cancelled
        self.count = 0
        self._stuck: tuple[str, ...] = ()
        self._within: frozenset[str] | None = None
        self._usual_s: dict[frozenset[str], float] = {}
        """How long runs of the same tests took that came to their end."""

    @property
    def has_own_temporary_folder(self) -> bool:
        """Whether nobody but the run can see what lies in the folder for temporary files."""
        return self._sandbox.grade is Grade.FULL

    def confine(self, tests: frozenset[str]) -> None:
        """From now on a run of all tests is one of these."""
        self._within = tests

    def bound_by(self, baseline_ms: int) -> None:
        """From now on a run may last five times as long as the baseline did, and never longer than the limit."""
        self._limits = replace(self._limits, wall_s=min(self._limits.wall_s, max(_SHORTEST_S, 5 * baseline_ms / 1000)))

    def leave_out(self, stuck: Sequence[str]) -> None:
        """From now on these tests, which do not end, run only where they are asked for by name."""
        self._stuck = tuple(stuck)

    def run(
        self,
        tree: Path,
        *,
        trace: Sequence[str] = (),
        only: Collection[str] | None = None,
        collect_only: bool = False,
        plain: bool = False,
    ) -> SuiteRun:
        """All tests, or those in `only`, of a tree; lines are recorded in the files of `trace`. `plain`: a failed
        `assert` need not explain itself.

        Raises `Cancelled`.
        """
        nonce = secrets.token_hex(16)
        asked = self._within if only is None else only
        plan = {
            "files": list(trace),
            "collect_only": collect_only,
            "plain": plain,
            "only": None if asked is None else sorted(asked),
            "without": list(self._stuck) if only is None else [],
        }
        execution = self._execute(tree, _TESTS, plan, nonce, self._limits_for(asked))
        if self._subject.command.runner == "command":
            return _by_exit_code(execution)
        run = _judged(execution, read_report(execution.report, nonce, trace))
        if run.finished and asked is not None:
            same = frozenset(asked)
            self._usual_s[same] = max(self._usual_s.get(same, 0), run.duration_ms / 1000)
        return run

    def _limits_for(self, asked: Collection[str] | None) -> ResourceLimits:
        """Some tests that ended before need not be waited for as long as the whole suite, should they hang now."""
        usual_s = None if asked is None else self._usual_s.get(frozenset(asked))
        if usual_s is None:
            return self._limits
        return replace(self._limits, wall_s=min(self._limits.wall_s, max(_SHORTEST_AGAIN_S, 5 * usual_s)))

    def observe(self, tree: Path, program: Program, plan: Mapping[str, object], *, longer_s: float) -> Observation:
        """Another program of the probe in the place of the one that runs all tests; it may last so much longer.

        Raises `Cancelled`.
        """
        nonce = secrets.token_hex(16)
        limits = replace(self._limits, wall_s=self._limits.wall_s + longer_s)
        plan = {"files": [], "collect_only": False, "plain": True, "without": list(self._stuck), **plan}
        execution = self._execute(tree, program, plan, nonce, limits)
        return Observation(records(execution.report, nonce), _ended(execution) or _last(execution))

    def _execute(
        self, tree: Path, program: Program, plan: Mapping[str, object], nonce: str, limits: ResourceLimits
    ) -> Execution:
        self.count += 1
        command = self._subject.command
        with tempfile.TemporaryDirectory(prefix="sigma-plan-") as folder:
            Path(folder).chmod(0o755)
            whole = {"runner": command.runner, "folder": command.folder, **plan}
            (Path(folder) / "plan.json").write_text(json.dumps(whole))
            request = self._request(tree, program, Path(folder), nonce, limits)
            execution = self._sandbox.run(request, self._cancelled)
        if execution.ending is ExecutionEnding.CANCELLED:
            raise Cancelled("The verification was cancelled.")
        return execution

    def _request(self, tree: Path, program: Program, plan: Path, nonce: str, limits: ResourceLimits) -> Request:
        subject, command = self._subject, self._subject.command
        shared = {"source": tree, "checkout": subject.checkout, "readable": subject.readable, "limits": limits}
        environment = {**subject.environment, **command.environment}
        if command.runner == "command":
            path = f"{subject.python.parent}:{ENVIRONMENT['PATH']}"
            return Request(argv=_started_in(command), environment={"PATH": path, **environment}, **shared)  # type: ignore[arg-type]
        argv = (
            str(subject.python),
            f"{{probe}}/{program.file}",
            "{report}",
            "{secret}",
            "{plan}/plan.json",
            *(f"{{{name}}}" for name in program.modules),
            "--",
            *command.arguments,
        )
        modules = {name: _place_of(name) for name in program.modules}
        tools = {"probe": PROBE, "plan": plan, **modules, **brought(program.beside)}
        return Request(argv=argv, environment=environment, tools=tools, nonce=nonce, **shared)  # type: ignore[arg-type]


def _started_in(command: TestCommand) -> tuple[str, ...]:
    enter = ("/bin/sh", "-c", 'cd "$0" && exec "$@"', command.folder)
    return (*enter, *command.arguments) if command.folder else command.arguments


@cache
def probe_digest() -> str:
    """Changes whenever the same tests could be reported otherwise."""
    digest = sha256()
    for path in sorted(PROBE.rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()


@cache
def _place_of(module: str) -> Path:
    """Its file, or its folder where it is a package."""
    spec = find_spec(module)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(f"{module} is a dependency of SIGMA and not installed")
    return _place(Path(spec.origin))


def _place(origin: Path) -> Path:
    return origin.parent if origin.name == "__init__.py" else origin


@cache
def brought(modules: tuple[str, ...]) -> Mapping[str, Path]:
    """Files and folders of these modules by their names; none where one of them is not installed with SIGMA."""
    origins = [Path(spec.origin) for name in modules if (spec := find_spec(name)) is not None and spec.origin]
    if len(origins) < len(modules):
        return {}
    return {place.name: place for place in map(_place, origins)}


def _by_exit_code(execution: Execution) -> SuiteRun:
    state = _ENDINGS.get(execution.ending) or (
        SuiteRunState.PASSED if execution.exit_code == 0 else SuiteRunState.FAILED
    )
    if execution.exit_code in _NOT_STARTED and execution.ending is ExecutionEnding.EXIT:
        why = f"The test command could not be started (exit code {execution.exit_code}). {_last(execution)}"
        return SuiteRun(SuiteRunState.CRASHED, Report(exit_code=execution.exit_code), execution.duration_ms, why)
    detail = _ended(execution) or f"exit code {execution.exit_code}"
    return SuiteRun(state, Report(exit_code=execution.exit_code), execution.duration_ms, detail)


def _judged(execution: Execution, report: Report) -> SuiteRun:
    if stopped := _ENDINGS.get(execution.ending):
        return SuiteRun(stopped, report, execution.duration_ms, f"{_ended(execution)}{_where(report)}")
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


def _ended(execution: Execution) -> str:
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
