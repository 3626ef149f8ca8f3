"""How much an issue matters at its place: which new ones wait to be judged, and what a judgement changes."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import case, func, select, update
from sqlmodel import Session, col

from sigma_core.issues.tables import Issue, IssueState, RuleExpectation, Severity

SURE = 0.5
"""Confidence from which a judgement moves a severity."""
UNMENDED = (IssueState.OPEN, IssueState.REOPENED)
UNKNOWN_VALUE = 0.5
"""What mending an issue is worth whose rule nothing is known of, 0–1."""
RANK = case({severity.value: severity.rank for severity in Severity}, value=col(Issue.severity))

PRIORITY = func.coalesce(col(Issue.priority), RANK / 4.0 + 0.125)
"""`priority_of` as a column."""

_VALUE = (
    select(col(RuleExpectation.value))
    .where(
        col(RuleExpectation.project_id) == col(Issue.project_id),
        col(RuleExpectation.rule) == col(Issue.rule),
        col(RuleExpectation.fixer) == "",
    )
    .correlate(Issue)
    .scalar_subquery()
)
RULE_VALUE = func.coalesce(_VALUE, UNKNOWN_VALUE)
"""What mending an issue of its rule is worth here, as a column."""
EXPECTED = PRIORITY * RULE_VALUE
"""`expected_value` as a column."""


@dataclass(frozen=True)
class SeverityAssessment:
    """What was said of one issue. `priority` and `confidence` 0–1; `by` names the prompt's version and the model."""

    severity: Severity
    priority: float
    reason: str
    confidence: float
    by: dict[str, str]


def priority_of(severity: str, priority: float | None) -> float:
    """How soon to mend an issue; not judged, the middle of its severity's quarter."""
    return priority if priority is not None else Severity(severity).rank / 4 + 0.125


def expected_value(issue: Issue, expectation: RuleExpectation | None) -> float:
    """What issues are ordered by: how much mending one matters, times what mending one of its rule is worth here."""
    value = UNKNOWN_VALUE if expectation is None else expectation.value
    return priority_of(issue.severity, issue.priority) * value


def moved(found: Severity, judgement: SeverityAssessment) -> Severity:
    """The severity as it counts: the judged one where that is sure, at most one grade from what the detector found.

    Text around an issue can sway a model; it can neither hide what is grave nor make a trifle critical.
    """
    if judgement.confidence < SURE:
        return found
    rank = min(found.rank + 1, max(found.rank - 1, judgement.severity.rank))
    return list(Severity)[rank]


def mark(session: Session, project_id: int, commit: str, most: int) -> None:
    """Let the worst of the issues that `commit` brought wait for a judgement."""
    new = select(col(Issue.id)).where(
        col(Issue.project_id) == project_id,
        col(Issue.opened_commit) == commit,
        col(Issue.state).in_(UNMENDED),
        col(Issue.priority).is_(None),
    )
    worst = session.scalars(new.order_by(RANK.desc(), col(Issue.id)).limit(most)).all()
    session.execute(update(Issue).where(col(Issue.id).in_(worst)).values(to_judge=True))


def waiting(session: Session, project_id: int, most: int) -> Sequence[Issue]:
    """Open issues that wait, the worst first."""
    query = select(Issue).where(
        col(Issue.project_id) == project_id, col(Issue.to_judge), col(Issue.state).in_(UNMENDED)
    )
    return session.scalars(query.order_by(RANK.desc(), col(Issue.id)).limit(most)).all()


def occurrences(session: Session, project_id: int) -> Counter[str]:
    """How many open findings each rule has."""
    query = select(col(Issue.rule), func.count()).where(
        col(Issue.project_id) == project_id, col(Issue.state).in_(UNMENDED)
    )
    return Counter(dict(session.execute(query.group_by(col(Issue.rule))).all()))


def settle(session: Session, issue_id: int, judgement: SeverityAssessment | None) -> Issue | None:
    """Store a judgement, or with None that there will be none; None for an issue that does not wait any more."""
    issue = session.get(Issue, issue_id, with_for_update=True)
    if issue is None or not issue.to_judge:
        return None
    issue.to_judge = False
    if judgement is not None:
        issue.severity = moved(Severity(issue.found_severity), judgement)
        issue.priority = judgement.priority
        issue.judgement = {
            "severity": judgement.severity.value,
            "reason": judgement.reason,
            "confidence": judgement.confidence,
            **judgement.by,
        }
    session.add(issue)
    return issue
