"""Since which commit the code has an issue, and until which: followed with every look at it."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import update
from sqlmodel import Session, col, select

from sigma_core.codebase.commits_read import moment_of, parent_of
from sigma_core.codebase.places import Place, standing_at
from sigma_core.graph import outbox
from sigma_core.graph.outbox import Changed
from sigma_core.issues.tables import Issue, IssueLife
from sigma_core.projects.tables import CodeSnapshot

ORIGIN = "issue"


@dataclass(frozen=True)
class IssueCensus:
    """What was found of a project at a commit: which issues are there no more."""

    project_id: int
    commit: str
    absent: Collection[int]


def follow_lives(session: Session, census: IssueCensus, now: datetime) -> None:
    """Begin and end what this census shows. Nothing, where the code of the commit was not read."""
    at = moment_of(session, census.project_id, census.commit)
    if at is None:
        return
    mine = select(Issue).where(col(Issue.project_id) == census.project_id)
    issues = {issue.id or 0: issue for issue in session.exec(mine.where(col(Issue.seen_commit) == census.commit))}
    alive = {
        life.issue_id: life
        for life in session.exec(
            select(IssueLife)
            .join(Issue, col(Issue.id) == col(IssueLife.issue_id))
            .where(col(Issue.project_id) == census.project_id, col(IssueLife.until_commit).is_(None))
        )
    }
    ended = [life for issue_id, life in alive.items() if issue_id in census.absent]
    begun = _begun(session, census, at, [issue for id_, issue in issues.items() if id_ not in alive])
    changed = [life for id_, life in alive.items() if id_ in issues and life.severity != issues[id_].found_severity]
    _end(session, ended, census.commit, at)
    for life in changed:
        life.severity = issues[life.issue_id].found_severity
    session.add_all([*begun, *changed])
    session.flush()
    outbox.enqueue(session, (Changed(ORIGIN, each) for each in _issues((*begun, *ended, *changed))), now)


def _begun(session: Session, census: IssueCensus, at: datetime, issues: Sequence[Issue]) -> list[IssueLife]:
    before = select(CodeSnapshot.commit).where(
        CodeSnapshot.project_id == census.project_id, CodeSnapshot.commit != census.commit
    )
    last = session.exec(before.order_by(col(CodeSnapshot.id).desc()).limit(1)).first()
    is_next = last is not None and last == parent_of(session, census.project_id, census.commit)
    places = {issue.id: Place(issue.place, at) for issue in issues}
    found = standing_at(session, census.project_id, set(places.values()))
    return [
        IssueLife(
            issue_id=issue.id or 0,
            entity_id=found[places[issue.id]].id,
            place=issue.place,
            fingerprint=issue.fingerprint,
            severity=issue.found_severity,
            since_commit=census.commit,
            since_at=at,
            is_since_known=is_next,
        )
        for issue in issues
        if places[issue.id] in found
    ]


def _end(session: Session, lives: Sequence[IssueLife], commit: str, at: datetime) -> None:
    rows = [{"id": life.id, "until_commit": commit, "until_at": at} for life in lives]
    if rows:
        session.execute(update(IssueLife), rows)


def _issues(lives: Iterable[IssueLife]) -> list[int]:
    return sorted({life.issue_id for life in lives})
