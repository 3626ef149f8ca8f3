"""One run of a project's tests in the sandbox."""

import json
import secrets
import tempfile
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from sigma_core.errors import Cancelled
from sigma_core.projects.sandbox import Execution, ExecutionEnding, Grade, Request, ResourceLimits, Sandbox
from sigma_core.projects.sandbox.view import ENVIRONMENT
from sigma_core.proposals.verification.command import TestCommand
from sigma_core.proposals.verification.probe_programs import PROBE, Program, brought, place_of
from sigma_core.proposals.verification.report import read_report, records
from sigma_core.proposals.verification.suite_run import SuiteRun, by_exit_code, how_it_ended, judged

_SHORTEST_S = 10.0
_SHORTEST_AGAIN_S = 30.0
_TESTS = Program("run.py", ("coverage",))


@dataclass(frozen=True)
class SuiteSubject:
    """Whose tests run: where the code lives, with which interpreter, by which command."""

    checkout: Path
    python: Path
    readable: tuple[Path, ...]
    command: TestCommand
    environment: Mapping[str, str] = field(default_factory=dict)


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
            return by_exit_code(execution)
        run = judged(execution, read_report(execution.report, nonce, trace))
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
        return Observation(records(execution.report, nonce), how_it_ended(execution))

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
        modules = {name: place_of(name) for name in program.modules}
        tools = {"probe": PROBE, "plan": plan, **modules, **brought(program.beside)}
        return Request(argv=argv, environment=environment, tools=tools, nonce=nonce, **shared)  # type: ignore[arg-type]


def _started_in(command: TestCommand) -> tuple[str, ...]:
    enter = ("/bin/sh", "-c", 'cd "$0" && exec "$@"', command.folder)
    return (*enter, *command.arguments) if command.folder else command.arguments
