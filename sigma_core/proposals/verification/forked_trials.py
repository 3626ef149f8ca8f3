"""Many trials from one start: the tests are collected once, and each trial runs some of them in a forked process."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from sigma_core.proposals.evidence import SuiteRunState
from sigma_core.proposals.verification.bench import Trial
from sigma_core.proposals.verification.mutation.noticing import BROKEN
from sigma_core.proposals.verification.probe_programs import Program
from sigma_core.proposals.verification.report import Report, ReportedOutcome, with_records
from sigma_core.proposals.verification.runs import TestRunner
from sigma_core.proposals.verification.suite_run import SuiteRun

PROGRAM = Program("trials.py", ())
RUNNERS = ("pytest", "unittest")
"""Those whose tests can be collected by one process and run by another."""
_CLOSING = -1
_LEAST_CPU_S = 2
_LEAST_WALL_S = 10.0
_TIMES = 4
"""How much longer than in the base tests may take before they count as not ending."""
_UNKNOWN_S = 1.0
"""For a test of which the base did not tell how long it takes."""

Record = Mapping[str, Any]


@dataclass
class Told:
    """What one start told: runs by the trial's number, trials that cannot be made like this, why it stopped."""

    runs: dict[int, SuiteRun] = field(default_factory=dict)
    unfit: set[int] = field(default_factory=set)
    late: bool = False
    unusable: bool = False
    closing: SuiteRun | None = None
    """The tests that failed in any trial once more, at the end, with nothing written otherwise."""


def run_together(
    runner: TestRunner,
    tree: Path,
    texts: Mapping[str, str],
    trials: Sequence[Trial],
    usual_s: Mapping[str, float],
    seconds: float,
) -> Told:
    """One start for all of them. `texts` are the files that any of them writes otherwise; none begins after so many
    seconds. Raises `Cancelled`."""
    tests = sorted(frozenset().union(*(each.tests for each in trials)))
    planned = _planned(trials, {name: n for n, name in enumerate(tests)}, usual_s)
    longest = sum(each["wall_s"] for each in planned)
    plan = {
        "only": tests,
        "texts": texts,
        "trials": planned,
        "broken": sorted(BROKEN),
        "seconds": seconds,
        "temporary": runner.has_own_temporary_folder,
    }
    found = _read(list(runner.observe(tree, PROGRAM, plan, longer_s=longest).records), trials)
    found.unusable |= not found.runs and not found.unfit and not found.late
    return found


def _planned(trials: Sequence[Trial], numbers: Mapping[str, int], usual_s: Mapping[str, float]) -> list[dict[str, Any]]:
    planned = []
    for each in trials:
        usual = sum(usual_s.get(test, _UNKNOWN_S) for test in each.tests)
        planned.append(
            {
                "parts": [(part.file, part.start, part.end, part.text) for part in each.variants],
                "only": sorted(numbers[test] for test in each.tests),
                "stops": each.until_noticed,
                "cpu_s": math.ceil(max(_LEAST_CPU_S, _TIMES * usual)),
                "wall_s": max(_LEAST_WALL_S, _TIMES * usual),
            }
        )
    return planned


def _read(records: Sequence[Record], trials: Sequence[Trial]) -> Told:
    found = Told()
    common = with_records(
        (each for each in records if "k" not in each or each.get("t") in ("ended", "unfit")), (), Report()
    )
    if not common.gapless:
        found.unusable = True
        return found
    own: dict[int, list[Record]] = {}
    for each in records:
        kind, number = each.get("t"), each.get("k")
        if kind == "unforkable":
            found.unusable = True
        elif kind == "late":
            found.late = True
        elif isinstance(number, int) and _CLOSING <= number < len(trials):
            if kind == "unfit":
                found.unfit.add(number)
            elif kind != "ended":
                own.setdefault(number, []).append(each)
            elif number == _CLOSING:
                found.closing = _run(each, own.pop(number, ()), common, None)
            else:
                found.runs[number] = _run(each, own.pop(number, ()), common, trials[number])
    return found


def _run(ended: Record, records: Sequence[Record], common: Report, trial: Trial | None) -> SuiteRun:
    """One trial by its own records and by how its process ended."""
    report = replace(Report(), runner=common.runner, collected=common.collected, collect_errors=common.collect_errors)
    with_records(records, (), report)
    if trial is not None:
        report.collected = [name for name in report.collected if name in trial.tests]
    state = _state(report, ended, stops=trial is not None and trial.until_noticed)
    took = ended.get("s")
    return SuiteRun(state, report, round(took * 1000) if isinstance(took, float | int) else 0)


def _state(report: Report, ended: Record, *, stops: bool) -> SuiteRunState:
    if ended.get("why") == "time":
        return SuiteRunState.TIMEOUT
    agreed = report.exit_code is not None and report.exit_code == ended.get("code") and report.gapless
    if report.broken is not None or not agreed or report.exit_code in (3, 4):
        return SuiteRunState.CRASHED
    worst = max(report.outcomes.values(), default=ReportedOutcome.PASSED)
    if not report.collected:
        return SuiteRunState.NO_TESTS
    # One that is to stop at the first that tells has no outcome of those after it
    if report.contradiction or not (report.whole or (stops and worst >= ReportedOutcome.FAILED)):
        return SuiteRunState.CRASHED
    return SuiteRunState.FAILED if worst >= ReportedOutcome.FAILED else SuiteRunState.PASSED


def leaking(found: Told, trials: Sequence[Trial]) -> bool:
    """Whether a test that is failed at the end with nothing written otherwise says that trials meet what others leave
    behind: one that fails like this from the beginning says so of itself."""
    if found.closing is None:
        return False
    from_the_beginning = set[str]()
    for number, run in found.runs.items():
        if not trials[number].variants:
            from_the_beginning |= set(_not_passed(run, trials[number].tests))
    asked = {test for number in found.runs for test in _failed(found.runs[number])}
    return bool(set(_not_passed(found.closing, asked)) - from_the_beginning)


def _failed(run: SuiteRun) -> Iterator[str]:
    return (name for name, outcome in run.report.outcomes.items() if outcome >= ReportedOutcome.FAILED)


def _not_passed(run: SuiteRun, tests: frozenset[str] | set[str]) -> Iterator[str]:
    return (name for name in tests if run.report.outcomes.get(name) is not ReportedOutcome.PASSED)
