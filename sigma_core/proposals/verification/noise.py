"""Failures of the base that are not the change's fault. Pure."""

import re

from sigma_core.proposals.verification.executed_statements import ExecutedStatements
from sigma_core.proposals.verification.report import CollectError, Report, ReportedOutcome

_VARIES = re.compile(r"0x[0-9a-fA-F]+|\d+(?:\.\d+)?")
"""Addresses, numbers, times, ports, numbered temporary folders: they differ from run to run."""


def failing_alike(before: Report, after: Report) -> frozenset[str]:
    """Tests that fail before and after in the same way: same id, same kind of failure, same message but for numbers."""
    return frozenset(
        name
        for name, outcome in after.outcomes.items()
        if outcome >= ReportedOutcome.FAILED
        and before.outcomes.get(name) is outcome
        and _failure_text(before, name) == _failure_text(after, name)
    )


def neutral(found: ExecutedStatements, before: Report, after: Report) -> frozenset[str]:
    """Of the tests that fail alike, those that the change can do without: whatever they execute of it, a test that
    passes executes too."""
    passing = frozenset(name for name, outcome in after.outcomes.items() if outcome is ReportedOutcome.PASSED)
    unproved = [tests for tests in found.by_statement if tests and tests.isdisjoint(passing)]
    # What runs at import is executed by all: one that passes is enough
    alike = failing_alike(before, after) if passing else frozenset[str]()
    return alike - frozenset(name for tests in unproved for name in tests)


def unloadable_alike(before: Report, after: Report) -> list[CollectError]:
    """Files of tests that can be loaded neither before nor after."""
    known = {error.place for error in before.collect_errors}
    return [error for error in after.collect_errors if error.place in known]


def _failure_text(report: Report, name: str) -> str:
    return _VARIES.sub("#", report.failures.get(name, ""))
