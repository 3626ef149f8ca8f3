"""Where a change is controlled, and by which tests."""

from collections.abc import Iterable, Sequence

from sigma_core.proposals.verification.measure import Measurement
from sigma_core.proposals.verification.patch import Patch
from sigma_core.proposals.verification.patched_tree import Site
from sigma_core.proposals.verification.proof import Controlled
from sigma_core.proposals.verification.report import Report, ReportedOutcome
from sigma_core.proposals.verification.statements import functions_of


def sites_of(patch: Patch, measured: Measurement) -> list[Controlled]:
    """The places of one patch with the passed tests that execute them."""
    report = measured.run.report
    passed = [name for name in report.collected if report.outcomes.get(name) is ReportedOutcome.PASSED]
    # A file of which nothing ran was never loaded: spoiling it could not be seen
    sites = [site for site in measured.candidate.sites(patch) if report.masks.get(site.file)]
    found = (_controlled(site, measured.candidate.contents[site.file], report, passed) for site in sites)
    return list(dict.fromkeys(found))


def _controlled(site: Site, text: str | None, report: Report, passed: Sequence[str]) -> Controlled:
    if site.function is not None and (covering := _covering(site, report, passed)):
        return Controlled(site, covering, at_import=_at_import(site, report))
    # What runs at import is seen by no test: another function of the file shows whether it is this file that runs
    others = [Site(site.file, each.line, each) for each in functions_of(text)]
    covered = [(tests, other) for other in others if (tests := _covering(other, report, passed))]
    if covered:
        tests, other = min(covered, key=lambda each: (_at_import(each[1], report), len(each[0]) == 1, len(each[0])))
        return Controlled(other, tests, stands_in=True, at_import=_at_import(other, report))
    using = report.tests_executing(site.file, -1)
    separator = "::" if report.runner == "pytest" else "."
    files = _one_of_each_file([name for name in passed if name in using] or passed, separator)
    return Controlled(Site(site.file, site.line, None), (), files)


def _at_import(site: Site, report: Report) -> bool:
    return site.function is not None and report.outside_executes(site.file, site.function.body_mask)


def _covering(site: Site, report: Report, passed: Sequence[str]) -> tuple[str, ...]:
    executing = report.tests_executing(site.file, site.function.body_mask) if site.function else set()
    return tuple(name for name in passed if name in executing)


def _one_of_each_file(tests: Iterable[str], separator: str = "::") -> tuple[str, ...]:
    """One test of every file of tests: together they import what any of them does."""
    first: dict[str, str] = {}
    for test in tests:
        first.setdefault(test.split(separator, 1)[0], test)
    return tuple(first.values())
