"""How issues are followed from commit to commit: a pure comparison of what is known with what was found."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sigma_core.issues.finding import Found
from sigma_core.issues.fingerprint import fingerprint_in
from sigma_core.issues.tables import IssueState

_MAX_MESSAGE = 2000

Known = Mapping[str, Any]
"""The columns of a stored issue that following it needs."""


@dataclass(frozen=True)
class Changes:
    """Ids of issues by what became of them. Ignored ones are in none of these."""

    opened: tuple[int, ...] = ()
    fixed: tuple[int, ...] = ()
    reopened: tuple[int, ...] = ()
    still_open: tuple[int, ...] = ()

    @property
    def counts(self) -> dict[str, int]:
        """How many of each."""
        return {name: len(ids) for name, ids in vars(self).items()}


@dataclass(frozen=True)
class Unseen:
    """What nothing is known about at a commit: files that could not be read, detectors that failed."""

    files: Collection[str] = ()
    detectors: Collection[str] = ()

    def hides(self, row: Known) -> bool:
        """Whether an issue may be there although nobody found it."""
        return row["file"] in self.files or row["detector"] in self.detectors


@dataclass
class Plan:
    """Rows to insert, and columns to change by id, in lists whose rows have equal columns."""

    new: list[dict[str, Any]] = field(default_factory=list)
    changed: list[dict[str, Any]] = field(default_factory=list)
    closed: list[dict[str, Any]] = field(default_factory=list)
    fixed: list[int] = field(default_factory=list)
    reopened: list[int] = field(default_factory=list)
    still_open: list[int] = field(default_factory=list)
    absent: list[int] = field(default_factory=list)
    """Not there, whether or not anybody waits for it to be gone."""

    def changes(self, opened: Iterable[int]) -> Changes:
        """What the plan comes to, with the ids that the new rows were given."""
        return Changes(tuple(opened), tuple(self.fixed), tuple(self.reopened), tuple(self.still_open))


def details(found: Found) -> dict[str, Any]:
    """The columns of an issue that follow the code: they may differ at each commit."""
    return {
        "detector": found.detector,
        "rule": found.rule,
        "family": found.family,
        "file": found.file,
        "symbol": found.symbol,
        "line": found.line,
        "end_line": found.end_line,
        "severity": found.severity.value,
        "found_severity": found.severity.value,
        "message": found.message[:_MAX_MESSAGE],
        "choice": found.choice.value if found.choice else None,
        "fix": found.fix.as_json() if found.fix else None,
        "applicability": found.fix.applicability if found.fix else None,
    }


def follow(
    known: Sequence[Known],
    found: Iterable[Found],
    commit: str,
    unseen: Unseen,
    now: datetime,
    renamed: Mapping[str, str] | None = None,
) -> Plan:
    """What to insert and change so that the stored issues say what was found at `commit`.

    `renamed`: old paths by new ones. What is known in a file under its old path is the same issue under the new.
    """
    plan = Plan()
    missing = {row["fingerprint"]: row for row in known}
    unknown = []
    for fingerprint, finding in {each.fingerprint: each for each in found}.items():
        row = missing.pop(fingerprint, None)
        if row is None:
            unknown.append(finding)
        else:
            _seen_again(plan, row, finding, commit, now)
    for finding in unknown:
        former = (renamed or {}).get(finding.file)
        row = None if former is None else missing.pop(fingerprint_in(former, finding), None)
        if row is None:
            plan.new.append(_first_sight(finding, commit, now))
        else:
            _seen_again(plan, row, finding, commit, now)
    for row in missing.values():
        if not unseen.hides(row):
            plan.absent.append(row["id"])
        if row["state"] in {IssueState.OPEN, IssueState.REOPENED}:
            _gone(plan, row, unseen.hides(row), now)
    return plan


def _first_sight(finding: Found, commit: str, now: datetime) -> dict[str, Any]:
    life = {"opened_commit": commit, "seen_commit": commit, "opened_at": now, "changed_at": now, "note": None}
    return {"fingerprint": finding.fingerprint, "state": IssueState.OPEN.value, **details(finding), **life}


def _seen_again(plan: Plan, row: Known, finding: Found, commit: str, now: datetime) -> None:
    now_is = {**details(finding), "fingerprint": finding.fingerprint}
    state, changed_at = row["state"], row["changed_at"]
    if state == IssueState.FIXED:
        state, changed_at = IssueState.REOPENED.value, now
        plan.reopened.append(row["id"])
    elif state != IssueState.IGNORED:
        plan.still_open.append(row["id"])
    # What was judged holds while the detector says the same
    judged = {name: row[name] for name in ("severity", "priority", "judgement")}
    stands = row["found_severity"] == now_is["found_severity"]
    judged = judged if stands else {"severity": now_is["severity"], "priority": None, "judgement": None}
    columns = {**now_is, **judged, "seen_commit": commit, "state": state, "changed_at": changed_at}
    if any(row[name] != value for name, value in columns.items()):
        plan.changed.append({"id": row["id"], **columns})


def _gone(plan: Plan, row: Known, hidden: bool, now: datetime) -> None:
    if hidden:
        plan.still_open.append(row["id"])
        return
    plan.fixed.append(row["id"])
    plan.closed.append({"id": row["id"], "state": IssueState.FIXED.value, "changed_at": now})
