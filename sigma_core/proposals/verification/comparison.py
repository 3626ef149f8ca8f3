"""Before against after, test by test. Pure."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from sigma_core.proposals.verification.report import Report, ReportedOutcome


@dataclass(frozen=True)
class OutcomeDifference:
    """Tests that came out otherwise than in the baseline. `vanished` ones passed and now say nothing."""

    newly_failed: frozenset[str] = frozenset()
    vanished: frozenset[str] = frozenset()
    newly_passed: frozenset[str] = frozenset()
    unstable: frozenset[str] = field(default=frozenset(), compare=False)
    """Groups of unstable ids there are, whether they differ or not."""

    @property
    def against(self) -> frozenset[str]:
        """What counts against the change."""
        return self.newly_failed | self.vanished

    def without(self, names: Iterable[str]) -> "OutcomeDifference":
        """The same, less these tests."""
        gone = frozenset(names)
        return OutcomeDifference(
            self.newly_failed - gone, self.vanished - gone, self.newly_passed - gone, self.unstable
        )


def compare(before: Report, after: Report, unstable: frozenset[str] = frozenset()) -> OutcomeDifference:
    """What differs. Ids in `unstable` change from one collection to the next: their groups are compared instead."""
    groups = {group_of(name) for name in unstable}
    stable = {name: outcome for name, outcome in before.outcomes.items() if group_of(name) not in groups}
    passed = {name for name, outcome in stable.items() if outcome is ReportedOutcome.PASSED}
    failed = {name for name in passed if after.outcomes.get(name, ReportedOutcome.PASSED) >= ReportedOutcome.FAILED}
    silent = {name for name in passed - failed if after.outcomes.get(name) is not ReportedOutcome.PASSED}
    mended = {
        name
        for name, outcome in stable.items()
        if outcome >= ReportedOutcome.FAILED and after.outcomes.get(name) is ReportedOutcome.PASSED
    }
    worse, fewer = _groups(before, after, groups)
    return OutcomeDifference(frozenset(failed | worse), frozenset(silent | fewer), frozenset(mended), frozenset(groups))


def group_of(name: str) -> str:
    """A test without its parameters."""
    return name.split("[", 1)[0]


def _groups(before: Report, after: Report, groups: set[str]) -> tuple[set[str], set[str]]:
    old, new = _passing(before, groups), _passing(after, groups)
    worst_old, worst_new = _worst(before, groups), _worst(after, groups)
    worse = {
        group
        for group in groups
        if worst_new.get(group, ReportedOutcome.PASSED)
        >= ReportedOutcome.FAILED
        > worst_old.get(group, ReportedOutcome.ERROR)
    }
    fewer = {group for group in groups - worse if new[group] < old[group]}
    return worse, fewer


def _passing(report: Report, groups: set[str]) -> Counter[str]:
    names = (group_of(name) for name, outcome in report.outcomes.items() if outcome is ReportedOutcome.PASSED)
    return Counter(name for name in names if name in groups)


def _worst(report: Report, groups: set[str]) -> dict[str, ReportedOutcome]:
    worst: dict[str, ReportedOutcome] = {}
    for name, outcome in report.outcomes.items():
        group = group_of(name)
        if group in groups:
            worst[group] = max(outcome, worst.get(group, ReportedOutcome.PASSED))
    return worst


def unstable_ids(first: Iterable[str], second: Iterable[str]) -> frozenset[str]:
    """Ids that only one of two collections of the same commit has."""
    return frozenset(first) ^ frozenset(second)
