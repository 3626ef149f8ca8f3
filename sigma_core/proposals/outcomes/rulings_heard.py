"""What people and the committee said of changes, as events; a change is followed from its first decision on."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session, col, func, select

from sigma_core.issues.tables import Issue, IssueState
from sigma_core.proposals.lineage import line
from sigma_core.proposals.outcomes.events import EventBook, OutcomeEvent
from sigma_core.proposals.outcomes.kinds import OutcomeKind
from sigma_core.proposals.tables import Decision, FollowedChange, Outcome, Proposal, ProposalIssue, Verdict

AT_ONCE = 500
"""Changes of one transaction."""


def hear_decisions(session: Session, project_id: int, now: datetime) -> int:
    """Take up decisions not looked at yet, of some changes; how many these were."""
    fresh = _undecided(session, project_id)
    decisions = {each.id: each for each in _by_id(session, [decision_id for _, decision_id in fresh])}
    followed = [_followed(session, line_id, decisions[decision_id], now) for line_id, decision_id in fresh]
    book = EventBook(session, followed, now)
    for each in followed:
        decision = decisions[each.decision_id]
        if decision.verdict == Verdict.APPROVED:
            book.withdraw(each.line_id, [OutcomeKind.REJECTED])
            book.note(each.line_id, _event(OutcomeKind.APPROVED, decision))
        elif decision.verdict == Verdict.REJECTED:
            book.withdraw(each.line_id, [OutcomeKind.APPROVED])
            if decision.decided_by == "person":
                book.note(each.line_id, _event(OutcomeKind.REJECTED, decision))
    book.settle()
    return len(fresh)


def hear_ignored(session: Session, project_id: int, now: datetime) -> None:
    """A person does not want an issue mended, or wants it again."""
    ignored = (
        select(line(), func.max(Issue.id))
        .join(ProposalIssue, col(ProposalIssue.proposal_id) == Proposal.id)
        .join(Issue, col(Issue.id) == ProposalIssue.issue_id)
        .where(Proposal.project_id == project_id, Issue.state == IssueState.IGNORED)
        .group_by(line())
    )
    found = dict(session.exec(ignored).all())
    told = select(Outcome.line_id).where(Outcome.project_id == project_id, Outcome.kind == OutcomeKind.IGNORED)
    known = set(session.exec(told))
    of = select(FollowedChange).where(col(FollowedChange.line_id).in_(found.keys() ^ known))
    followed = session.exec(of).all()
    book = EventBook(session, followed, now)
    for each in followed:
        if each.line_id in known:
            book.withdraw(each.line_id, [OutcomeKind.IGNORED])
        else:
            issue = session.get_one(Issue, found[each.line_id])
            event = OutcomeEvent(OutcomeKind.IGNORED, issue.changed_at, "person", reason=issue.note or "")
            book.note(each.line_id, event)
    book.settle()


def _undecided(session: Session, project_id: int) -> Sequence[tuple[int, int]]:
    """Changes with a decision that was not looked at, each with the newest."""
    newest = (
        select(line().label("line_id"), func.max(Decision.id).label("decision_id"))
        .join(Decision, col(Decision.proposal_id) == Proposal.id)
        .where(Proposal.project_id == project_id)
        .group_by(line())
        .subquery()
    )
    query = (
        select(newest.c.line_id, newest.c.decision_id)
        .outerjoin(FollowedChange, col(FollowedChange.line_id) == newest.c.line_id)
        .where(newest.c.decision_id > func.coalesce(col(FollowedChange.decision_id), 0))
        .order_by(newest.c.decision_id)
        .limit(AT_ONCE)
    )
    return [(line_id, decision_id) for line_id, decision_id in session.exec(query)]


def _by_id(session: Session, ids: Sequence[int]) -> Sequence[Decision]:
    return session.exec(select(Decision).where(col(Decision.id).in_(ids))).all()


def _followed(session: Session, line_id: int, decision: Decision, now: datetime) -> FollowedChange:
    proposal = session.get_one(Proposal, decision.proposal_id)
    known = session.get(FollowedChange, line_id)
    if known is None:
        known = FollowedChange(
            line_id=line_id,
            project_id=proposal.project_id,
            proposal_id=decision.proposal_id,
            decision_id=0,
            commit=proposal.base_commit,
            paths=proposal.files,
            changed_at=now,
        )
    if known.reached is None:
        known.proposal_id = decision.proposal_id
    known.decision_id = decision.id or 0
    session.add(known)
    session.flush()
    return known


def _event(kind: OutcomeKind, decision: Decision) -> OutcomeEvent:
    reason = decision.reasons[0] if decision.reasons and decision.decided_by == "person" else ""
    return OutcomeEvent(kind, decision.created_at, decision.actor, how=decision.decided_by, reason=reason[:2000])
