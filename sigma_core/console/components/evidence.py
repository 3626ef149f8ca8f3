"""The evidence card: what was measured, before → after, a second line only where somebody should look."""

from collections.abc import Iterator
from dataclasses import dataclass

from sigma_core.console import words
from sigma_core.console.components.blocks import card
from sigma_core.console.components.signs import Mark, tick
from sigma_core.console.markup import Html, div, span
from sigma_core.projects.sandbox import Grade
from sigma_core.proposals.evidence import (
    ControlState,
    DifferenceState,
    Evidence,
    SuiteRunState,
    TestComparison,
    TypeCheckState,
)

_GRADES = {Grade.FULL: "full sandbox", Grade.REDUCED: "reduced sandbox", Grade.NONE: "no project code run"}
_SHOWN = 3


@dataclass(frozen=True)
class EvidenceLine:
    """One measured fact."""

    mark: Mark
    name: str
    value: str
    detail: str = ""
    note: str = ""


def evidence_card(evidence: Evidence) -> Html:
    """All facts of one verification."""
    aside = f"{_GRADES[evidence.grade]}, {words.duration(evidence.duration_ms)}"
    return card("Evidence", *(_row(line) for line in lines(evidence)), aside=aside)


def lines(evidence: Evidence) -> list[EvidenceLine]:
    """The facts in the order in which they can end the matter."""
    if not evidence.applies:
        return [EvidenceLine("bad", "Applies", "no", note=evidence.apply_error)]
    if evidence.parse_errors:
        return [
            EvidenceLine("ok", "Applies", "yes"),
            EvidenceLine("bad", "Parses", "no", note=_few(evidence.parse_errors)),
        ]
    return [
        *_target(evidence),
        *_structure(evidence),
        *_types(evidence),
        _tests(evidence),
        *_control(evidence),
        *_differential(evidence),
        _coverage(evidence),
        *_mutants(evidence),
        _new_issues(evidence),
        _complexity(evidence),
        _security(evidence),
        _scope(evidence),
        *_named(evidence),
        *(EvidenceLine("warn", "Not sufficient", "", note=reason) for reason in evidence.insufficient),
    ]


def _target(evidence: Evidence) -> Iterator[EvidenceLine]:
    target = evidence.target
    if target.gone is None:
        yield EvidenceLine("none", "Target issue", "n/a", detail="handed in without one")
        return
    name = "Target issue is gone" if target.gone else "Target issue is still there"
    note = "" if target.gone else "The change does not remove the finding it was made for."
    yield EvidenceLine(
        "ok" if target.gone else "bad", name, f"{target.before} → {target.after}", target.rule or "", note
    )
    if evidence.suppressions:
        yield EvidenceLine("warn", "Suppression", str(len(evidence.suppressions)), note=_few(evidence.suppressions))


def _structure(evidence: Evidence) -> Iterator[EvidenceLine]:
    if evidence.equal_by_structure:
        yield EvidenceLine("ok", "Equal by structure", "proved", detail=evidence.equal_by_structure)


def _types(evidence: Evidence) -> Iterator[EvidenceLine]:
    found = evidence.type_check
    if found.state == TypeCheckState.AGREES:
        yield EvidenceLine("ok", "Type check", "no new errors", detail=found.checker)
    elif found.state == TypeCheckState.DISAGREES:
        errors = words.plural(len(found.new_errors), "new error")
        yield EvidenceLine("warn", "Type check", errors, detail=found.checker, note=_few(found.new_errors))
    elif found.state == TypeCheckState.NOT_CHECKED:
        yield EvidenceLine("none", "Type check", "not run", note=found.detail)


def _tests(evidence: Evidence) -> EvidenceLine:
    tests = evidence.tests
    if tests is None:
        if evidence.compiled_equal:
            return EvidenceLine("ok", "Tests", "not needed", detail="the compiled code is equal")
        if evidence.equal_by_structure:
            return EvidenceLine("ok", "Tests", "not needed", detail="equal by structure")
        return EvidenceLine("warn", "Tests", "not run", note="Without a run there is no evidence about behaviour.")
    before, after = tests.baseline.counts.passed, tests.after.counts.passed
    value = f"{words.count(before)} → {words.count(after)} pass"
    told: tuple[tuple[Mark, list[str], str], ...] = (
        ("bad", tests.newly_failed, "newly failing"),
        ("bad", tests.vanished, "no longer reported as passed"),
        ("warn", tests.covering_failures, "covering test still failing"),
        ("neutral", tests.failing_alike, "test failing before and after alike"),
        ("neutral", tests.unloadable, "file of tests that cannot be loaded before and after"),
    )
    for mark, ids, what in told:
        if ids:
            return EvidenceLine(mark, "Tests", value, note=f"{len(ids)} {what}: {_few(ids)}")
    if tests.after.state in (SuiteRunState.PASSED, SuiteRunState.FAILED):
        return EvidenceLine("ok", "Tests", value, detail=_calm(tests))
    return EvidenceLine("warn", "Tests", value, note=tests.after.detail or f"The run ended as {tests.after.state}.")


def _calm(tests: TestComparison) -> str:
    parts = ["none newly failing"]
    if tests.newly_passed:
        parts.append(f"{len(tests.newly_passed)} newly passing")
    if tests.flaky:
        parts.append(f"{len(tests.flaky)} flaky")
    return ", ".join(parts)


def _control(evidence: Evidence) -> Iterator[EvidenceLine]:
    control = evidence.control
    if control.state == ControlState.PROVED:
        yield EvidenceLine(
            "ok", "Control run", "proved", detail=f"{words.plural(len(control.functions), 'function')} spoiled"
        )
    elif control.state == ControlState.DISPROVED:
        yield EvidenceLine(
            "bad", "Control run", "disproved", note=control.detail or "Tests passed although the code raises."
        )
    elif control.state == ControlState.UNCHECKED:
        yield EvidenceLine("warn", "Control run", "unchecked", note=control.detail[:1].upper() + control.detail[1:])


def _differential(evidence: Evidence) -> Iterator[EvidenceLine]:
    found = evidence.differential
    name, functions = "Old against new", words.plural(len(found.functions), "function")
    if found.counterexample:
        note = found.counterexample.sentence
        yield EvidenceLine("bad" if found.claimed else "warn", name, "differs", detail=functions, note=note)
    elif found.state == DifferenceState.NO_DIFFERENCE:
        inputs = words.plural(found.inputs, "input")
        detail = ", ".join([inputs, functions, *found.searchers])
        note = " ".join(filter(None, [found.lacking, found.detail]))
        yield EvidenceLine("neutral", name, "no difference", detail=detail, note=note)
    elif found.state == DifferenceState.NOT_COMPARABLE:
        yield EvidenceLine("none", name, "not comparable", note=found.detail)


def _coverage(evidence: Evidence) -> EvidenceLine:
    coverage = evidence.coverage
    total = coverage.added + coverage.removed
    run = coverage.added_executed + coverage.removed_executed
    if evidence.compiled_equal:
        return EvidenceLine("ok", "Changed lines run by tests", "not needed", detail="the compiled code is equal")
    if evidence.equal_by_structure:
        return EvidenceLine("ok", "Changed lines run by tests", "not needed", detail="equal by structure")
    if not total:
        return EvidenceLine("none", "Changed lines run by tests", "n/a", detail="nothing executable measured")
    if run < total:
        return EvidenceLine(
            "warn",
            "Changed lines run by tests",
            f"{run} of {total}",
            note=f"Never run by a test: {_few(coverage.unexecuted)}" if coverage.unexecuted else "",
        )
    detail = words.plural(coverage.covering_tests, "test") if coverage.covering_tests else ""
    return EvidenceLine("ok", "Changed lines run by tests", f"{run} of {total}", detail)


def _mutants(evidence: Evidence) -> Iterator[EvidenceLine]:
    if not evidence.mutants:
        return
    mutable = [each for each in evidence.mutants if not each.not_mutable]
    if not mutable:
        yield EvidenceLine("none", "Mutants", "n/a", detail=evidence.mutants[0].not_mutable)
        return
    value = f"{sum(each.noticed for each in mutable)} of {sum(each.tried for each in mutable)} noticed"
    untried = [each.place for each in mutable if each.share is None]
    missed = [f"{each.place}: {said}" for each in mutable for said in each.unnoticed]
    if untried:
        yield EvidenceLine("warn", "Mutants", value, note=f"No time was left for {_few(untried)}")
    elif missed:
        yield EvidenceLine("warn", "Mutants", value, note=f"No test notices {_few(missed)}")
    else:
        yield EvidenceLine("ok", "Mutants", value, detail=words.plural(len(mutable), "changed statement"))


def _new_issues(evidence: Evidence) -> EvidenceLine:
    findings = evidence.deltas.new_findings
    if not findings:
        return EvidenceLine("ok", "New issues", "0", detail="linter, dead code")
    worst = any(finding.severity in ("error", "critical") for finding in findings)
    note = _few([f"{finding.rule} {finding.file}:{finding.line}" for finding in findings])
    return EvidenceLine("bad" if worst else "warn", "New issues", str(len(findings)), note=note)


def _complexity(evidence: Evidence) -> EvidenceLine:
    complexity = evidence.deltas.complexity
    worse = complexity.worst_after > complexity.worst_before
    detail = f"largest function {complexity.worst_before} → {complexity.worst_after}"
    return EvidenceLine("warn" if worse else "ok", "Complexity", f"{complexity.before} → {complexity.after}", detail)


def _security(evidence: Evidence) -> EvidenceLine:
    deltas = evidence.deltas
    value = f"{deltas.security_before} → {deltas.security_after}"
    if deltas.security_after > deltas.security_before or deltas.sinks:
        return EvidenceLine(
            "warn", "Security findings", value, note=f"Touches {_few(deltas.sinks)}" if deltas.sinks else ""
        )
    return EvidenceLine("ok", "Security findings", value)


def _scope(evidence: Evidence) -> EvidenceLine:
    deltas = evidence.deltas
    value = f"+{deltas.lines_added} {words.MINUS}{deltas.lines_removed}"
    if evidence.tampering:
        return EvidenceLine("warn", "Scope", value, note=_few(evidence.tampering))
    removed = f", {words.plural(len(deltas.api_removed), 'public name')} removed" if deltas.api_removed else ""
    return EvidenceLine(
        "ok", "Scope", value, f"{words.plural(deltas.files, 'file')}, no test or CI file touched{removed}"
    )


def _named(evidence: Evidence) -> Iterator[EvidenceLine]:
    if evidence.named:
        yield EvidenceLine("none", "Known of the base", str(len(evidence.named)), note=_few(evidence.named))


def _few(items: list[str]) -> str:
    rest = len(items) - _SHOWN
    return ", ".join(items[:_SHOWN]) + (f" and {rest} more" if rest > 0 else "")


def _row(line: EvidenceLine) -> Html:
    return div(
        tick(line.mark),
        div(
            span(line.name, cls="sg-fact-name"),
            span(f" · {line.detail}", cls="sg-muted") if line.detail else None,
            div(line.note, cls=f"sg-fact-note sg-text-{line.mark}") if line.note else None,
            cls="sg-fact",
        ),
        span(line.value, cls="sg-fact-value"),
        cls="sg-evidence",
    )
