"""Evidence from what was read and measured."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from sigma_core.projects.sandbox import Grade
from sigma_core.proposals.evidence import (
    ChangeCoverage,
    ControlRun,
    ControlState,
    Evidence,
    SuiteRunState,
    TestComparison,
    TestRun,
)
from sigma_core.proposals.verification import sufficiency
from sigma_core.proposals.verification.baseline import Baseline
from sigma_core.proposals.verification.measure import Measurement
from sigma_core.proposals.verification.noise import neutral, unloadable_alike
from sigma_core.proposals.verification.patch import Change, Patch
from sigma_core.proposals.verification.reading import Static
from sigma_core.proposals.verification.report import ReportedOutcome
from sigma_core.proposals.verification.run_conditions import RunConditions
from sigma_core.proposals.verification.session import Verified

MAX_LISTED = 50


@dataclass(frozen=True)
class Spent:
    """What a group cost: runs in the sandbox and time."""

    runs: int
    duration_ms: int


def refused(change: Change, why: str) -> Evidence:
    """Evidence for a diff that does not apply."""
    digest = hashlib.sha256(change.diff.encode("utf-8", "surrogatepass")).hexdigest()
    return Evidence(base_commit=change.base_commit, diff_sha256=digest, applies=False, apply_error=why)


def of_static(static: Static) -> Evidence:
    """What reading the change tells."""
    needless = ControlState.NOT_RUN if static.needs_run or static.parse_errors else ControlState.NOT_NEEDED
    return Evidence(
        base_commit=static.patch.change.base_commit,
        diff_sha256=static.patch.sha256,
        applies=True,
        parse_errors=list(static.parse_errors),
        compiled_equal=static.compiled_equal,
        equal_by_structure=static.equal_by,
        type_check=static.type_check,
        target=static.target,
        tampering=list(static.tampering),
        suppressions=list(static.suppressions),
        named=list(static.named[:MAX_LISTED]),
        deltas=static.deltas,
        control=ControlRun(state=needless),
    )


def unrun(static: Static, conditions: RunConditions) -> Evidence:
    """Evidence for a change whose tests could not be run."""
    why = [*sufficiency.of_grade(conditions.grade, allowed=conditions.allowed, trusted=conditions.trusted)]
    if conditions.why_not:
        why.append(f"No test was run: {conditions.why_not}")
    return _placed(of_static(static), conditions).model_copy(update={"insufficient": why, "grade": Grade.NONE})


def left_to_a_person(static: Static, conditions: RunConditions, why: str) -> Evidence:
    """Evidence for a change that its text leaves to a person, and of which no run would tell more."""
    said = [*_of_text(static), f"No test was run: {why}"]
    return _placed(of_static(static), conditions).model_copy(update={"insufficient": said})


def of_verified(
    static: Static, verified: Verified, baseline: Baseline, conditions: RunConditions, spent: Spent
) -> Evidence:
    """The whole evidence."""
    report = baseline.run.report
    covering = verified.executed
    return _placed(of_static(static), conditions).model_copy(
        update={
            "runner": report.runner or ("command" if conditions.command.runner == "command" else None),
            "tests": _comparison(verified, baseline, conditions),
            "coverage": covering.fact if covering else ChangeCoverage(),
            "control": verified.control,
            "mutants": list(verified.mutants),
            "insufficient": list(_insufficient(static, verified, baseline, conditions)),
            "untested": list(_untested(static, verified)),
            "verified_with": _companions(verified.patch, verified.measured),
            "test_runs": spent.runs,
            "duration_ms": spent.duration_ms,
        }
    )


def not_measured(static: Static, baseline: Baseline, conditions: RunConditions) -> Evidence:
    """Evidence where the base's tests do not end, so that a run with the change would tell nothing."""
    after = TestRun(state=SuiteRunState.REFUSED, detail="Not run: the tests of the base do not end.")
    why = [
        *_of_conditions(static, conditions),
        *_of_baseline(baseline, conditions),
        *_of_unloadable(baseline, conditions),
    ]
    return _placed(of_static(static), conditions).model_copy(
        update={"tests": TestComparison(baseline=baseline.run.fact, after=after), "insufficient": why}
    )


def narrowed(evidence: Evidence, tests: int, every: int, why: str) -> Evidence:
    """Evidence of so many tests alone."""
    said = f"Only {tests} of {every} tests were run, those nearest to the change: {why}."
    return evidence.model_copy(update={"named": [*evidence.named, said][-MAX_LISTED:]})


def _placed(evidence: Evidence, conditions: RunConditions) -> Evidence:
    interpreter = conditions.interpreter
    return evidence.model_copy(
        update={
            "command": conditions.command.text,
            "interpreter": str(interpreter.executable) if interpreter else None,
            "environment": interpreter.digest if interpreter else None,
            "grade": conditions.grade,
        }
    )


def _comparison(verified: Verified, baseline: Baseline, conditions: RunConditions) -> TestComparison:
    measured, difference = verified.measured, verified.measured.difference
    newly_failed = _listed(difference.newly_failed)
    if conditions.command.runner == "command" and _broke_command(measured, baseline):
        newly_failed = [f"{conditions.command.text} ({measured.run.detail})"]
    return TestComparison(
        baseline=baseline.run.fact,
        after=measured.run.fact,
        newly_failed=newly_failed,
        vanished=_listed(difference.vanished),
        flaky=_listed(measured.flaky),
        covering_failures=_listed(_covering_failures(verified) - _neutral(verified, baseline)),
        failing_alike=_listed(_covering_failures(verified) & _neutral(verified, baseline)),
        unloadable=_listed(error.place for error in unloadable_alike(baseline.run.report, measured.run.report)),
        newly_passed=_listed(difference.newly_passed),
        unstable=_listed(difference.unstable),
    )


def _broke_command(measured: Measurement, baseline: Baseline) -> bool:
    return baseline.run.state is SuiteRunState.PASSED and measured.run.state is not SuiteRunState.PASSED


def _covering_failures(verified: Verified) -> frozenset[str]:
    if verified.executed is None:
        return frozenset()
    outcomes, skip = verified.measured.run.report.outcomes, verified.measured.flaky
    failed = {name for name, outcome in outcomes.items() if outcome >= ReportedOutcome.FAILED}
    return frozenset(failed & verified.executed.covering - skip)


def _neutral(verified: Verified, baseline: Baseline) -> frozenset[str]:
    if verified.executed is None:
        return frozenset()
    return neutral(verified.executed, baseline.run.report, verified.measured.run.report)


def _insufficient(static: Static, verified: Verified, baseline: Baseline, conditions: RunConditions) -> Iterable[str]:
    measured = verified.measured
    yield from _of_conditions(static, conditions)
    yield from _of_baseline(baseline, conditions)
    if verified.executed is None or verified.executed.unexecuted:
        # Where tests that pass execute all of the change, others that cannot be loaded take nothing from them
        yield from _of_unloadable(baseline, conditions)
    yield from sufficiency.of_run(measured.run)
    if verified.executed is not None and measured.run.finished:
        yield from sufficiency.of_unexecuted(verified.executed, static.patch, measured.run)
        yield from sufficiency.of_coverage(verified.executed, sorted(measured.flaky))
    yield from sufficiency.of_clash(verified.clashes_with)
    if verified.executed is not None and measured.clean:
        yield from sufficiency.of_control(verified.control)


def _untested(static: Static, verified: Verified) -> Iterable[str]:
    """What a test of the change would mend: that none executes it, or that those which do look at nothing."""
    executed, measured = verified.executed, verified.measured
    if executed is None or not measured.clean:
        return
    yield from sufficiency.of_unexecuted(executed, static.patch, measured.run)
    if not executed.covering or verified.control.state is ControlState.UNCHECKED:
        yield from sufficiency.of_control(verified.control)


def _of_conditions(static: Static, conditions: RunConditions) -> Iterable[str]:
    yield from sufficiency.of_grade(conditions.grade, allowed=conditions.allowed, trusted=conditions.trusted)
    yield from _of_text(static)


def _of_text(static: Static) -> Iterable[str]:
    yield from sufficiency.of_files(static.patch, static.type_check)
    yield from static.unread
    yield from static.doubts[:MAX_LISTED]


def _of_baseline(baseline: Baseline, conditions: RunConditions) -> Iterable[str]:
    yield from sufficiency.of_baseline(baseline.run)
    if conditions.advice and not baseline.run.finished:
        yield conditions.advice


def _of_unloadable(baseline: Baseline, conditions: RunConditions) -> Iterable[str]:
    yield from sufficiency.of_unloadable(baseline.run)
    if conditions.advice and baseline.run.finished and baseline.run.report.collect_errors:
        yield conditions.advice


def _companions(patch: Patch, measured: Measurement) -> list[int]:
    return sorted(each.change.proposal_id for each in measured.candidate.patches if each is not patch)


def _listed(names: Iterable[str]) -> list[str]:
    return sorted(names)[:MAX_LISTED]
