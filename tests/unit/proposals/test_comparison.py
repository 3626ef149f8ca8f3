"""Test results before and after."""

from sigma_core.proposals.verification.comparison import compare, unstable_ids
from sigma_core.proposals.verification.report import Report, ReportedOutcome

P, X, S, F, E = (
    ReportedOutcome.PASSED,
    ReportedOutcome.XFAILED,
    ReportedOutcome.SKIPPED,
    ReportedOutcome.FAILED,
    ReportedOutcome.ERROR,
)


def report(**outcomes: ReportedOutcome) -> Report:
    return Report(collected=list(outcomes), outcomes=outcomes)


def test_a_test_that_passed_counts_against_the_change_unless_it_passes_again() -> None:
    before = report(a=P, b=P, c=P, d=P, e=P, f=P)
    found = compare(before, report(a=P, b=F, c=E, d=S, e=X))
    assert found.newly_failed == {"b", "c"}
    assert found.vanished == {"d", "e", "f"}


def test_what_failed_before_may_fail_or_pass_now() -> None:
    found = compare(report(a=F, b=E, c=S, d=F), report(a=F, b=P, c=F, d=S, new=F))
    assert not found.against
    assert found.newly_passed == {"b"}


def test_ids_that_change_by_themselves_are_compared_as_a_group() -> None:
    before = Report(outcomes={"t[10:00]": P, "t[x]": P, "u": P})
    after = Report(outcomes={"t[10:01]": P, "t[x]": P, "u": P})
    unstable = unstable_ids(before.outcomes, ["t[10:02]", "t[x]", "u"])
    assert unstable == {"t[10:00]", "t[10:02]"}
    assert not compare(before, after, unstable).against
    assert compare(before, Report(outcomes={"t[x]": P, "u": P}), unstable).vanished == {"t"}
    assert compare(before, Report(outcomes={"t[10:01]": F, "t[x]": P, "u": P}), unstable).newly_failed == {"t"}
