"""What a run with mutants in it tells of each of them. Pure."""

from collections.abc import Collection
from enum import StrEnum

from sigma_core.proposals.verification.report import Report, ReportedOutcome

BROKEN = {
    "AttributeError",
    "ImportError",
    "IndexError",
    "KeyError",
    "ModuleNotFoundError",
    "NameError",
    "RecursionError",
    "SyntaxError",
    "TypeError",
    "UnboundLocalError",
}
"""What code raises that makes no sense any more. Whoever runs it meets that, whether or not he looks at anything."""


class MutantResult(StrEnum):
    """What its tests made of a mutant."""

    NOTICED = "noticed"
    UNNOTICED = "unnoticed"
    BROKEN = "broken"
    """It only broke the code, or the run did not end: this says nothing."""


def answer(report: Report, tests: Collection[str]) -> MutantResult:
    """By the outcomes of these tests."""
    failed = [name for name in tests if report.outcomes.get(name, ReportedOutcome.PASSED) >= ReportedOutcome.FAILED]
    if any(not _breaks(report.failures.get(name, "")) for name in failed):
        return MutantResult.NOTICED
    unheard = any(name not in report.outcomes for name in tests)
    return MutantResult.BROKEN if failed or unheard else MutantResult.UNNOTICED


def _breaks(text: str) -> bool:
    return text.split(":", 1)[0].rsplit(".", 1)[-1].strip() in BROKEN
