"""What became of fixes since a pattern was seen in them: kept for so many commits, taken back, gone with a history."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import NamedTuple

import sqlalchemy
from sqlalchemy import ColumnElement, and_, delete, func, update
from sqlmodel import Session, col, select

from sigma_core.codebase.change_tables import changes
from sigma_core.codebase.record import portions
from sigma_core.codebase.tables import commits
from sigma_core.learning.patterns.reversals import taken_back
from sigma_core.learning.patterns.tables import COMMIT, PROPOSAL, CodePattern, PatternReading, PatternSighting
from sigma_core.proposals.lineage import latest_decisions, line
from sigma_core.proposals.outcomes.kinds import SURVIVED_AFTER
from sigma_core.proposals.tables import Decision, FollowedChange, Outcome, Proposal, Verdict

STAGES = (*sorted(SURVIVED_AFTER, reverse=True), 0)
"""Commits of the main line after which it is said once more that something stands."""


class FixStanding(NamedTuple):
    """How a fix stands now: whether it lasts, and for how many commits of the main line at least."""

    success: bool
    stood: int


Standings = Mapping[str, Mapping[str, FixStanding]]
"""By kind and reference."""


def standings(session: Session, project_id: int) -> Standings:
    """How everything stands now in which something was seen. It may take a while: call it while no lock is held."""
    of_fixes = {str(number): standing for number, standing in fix_standings(session, project_id).items()}
    return {COMMIT: _of_commits(session, project_id, _seen(session, project_id, COMMIT)), PROPOSAL: of_fixes}


def settle(session: Session, project_id: int, stands: Standings, now: datetime) -> int:
    """Have all that was seen in a project's commits and proposals count as it stands; how many fixes were undone."""
    _drop_gone(session, project_id, now)
    return sum(_move(session, project_id, kind, these, now) for kind, these in stands.items())


def fix_standings(session: Session, project_id: int) -> Mapping[int, FixStanding]:
    """Of each change of a rule: by what became of it where that is known, else by the latest decision on it."""
    query = (
        select(line(), col(Decision.verdict), col(FollowedChange.is_taken))
        .join(Proposal, col(Proposal.id) == Decision.proposal_id)
        .outerjoin(FollowedChange, col(FollowedChange.line_id) == line())
        .where(
            col(Proposal.project_id) == project_id,
            col(Proposal.rule).is_not(None),
            col(Decision.id).in_(latest_decisions()),
        )
    )
    survived = select(Outcome.line_id, Outcome.kind).where(
        col(Outcome.project_id) == project_id, col(Outcome.kind).in_(SURVIVED_AFTER.values())
    )
    stages = {kind.value: stage for stage, kind in SURVIVED_AFTER.items()}
    stood = defaultdict[int, int](int)
    for number, kind in session.exec(survived):
        stood[number] = max(stood[number], stages[kind])
    return {
        number: FixStanding(verdict == Verdict.APPROVED if taken is None else taken, stood[number])
        for number, verdict, taken in session.exec(query)
        if taken is not None or verdict != Verdict.NEEDS_HUMAN
    }


def _seen(session: Session, project_id: int, kind: str) -> Mapping[str, FixStanding]:
    """How fixes in which something was seen are counted by now."""
    query = (
        select(PatternSighting.ref, PatternSighting.success, PatternSighting.stood)
        .join(CodePattern, col(CodePattern.id) == PatternSighting.pattern_id)
        .where(col(CodePattern.project_id) == project_id, col(PatternSighting.kind) == kind)
        .distinct()
    )
    return {ref: FixStanding(success, stood) for ref, success, stood in session.exec(query)}


def _of_commits(session: Session, project_id: int, refs: Collection[str]) -> Mapping[str, FixStanding]:
    """A commit stands unless a later one takes it back, the longer the more commits of the main line came after it."""
    if not refs:
        return {}
    mine = and_(changes.c.project_id == project_id, changes.c.is_void.is_(False))
    joined = changes.join(commits, commits.c.id == changes.c.commit_id)
    times = sqlalchemy.select(commits.c.at).select_from(joined).where(mine, changes.c.is_main)
    newest = session.execute(times.order_by(commits.c.at.desc()).limit(STAGES[0] + 1)).scalars().all()
    undone, found = taken_back(session, project_id), dict[str, FixStanding]()
    for some in portions(sorted(refs)):
        query = sqlalchemy.select(commits.c.commit, commits.c.at).select_from(joined)
        for commit, at in session.execute(query.where(mine, commits.c.commit.in_(some))):
            after = sum(each > at for each in newest)
            found[commit] = FixStanding(commit not in undone, next(each for each in STAGES if each <= after))
    return found


def _drop_gone(session: Session, project_id: int, now: datetime) -> None:
    """What was seen in commits that are no part of the history any more was never there; come back, it is read anew."""
    joined = changes.join(commits, commits.c.id == changes.c.commit_id)
    read = select(PatternReading.ref).where(
        col(PatternReading.project_id) == project_id, col(PatternReading.kind) == COMMIT
    )
    query = sqlalchemy.select(commits.c.commit).select_from(joined)
    gone = session.execute(
        query.where(changes.c.project_id == project_id, changes.c.is_void, commits.c.commit.in_(read))
    ).scalars()
    for some in portions(gone.all()):
        lost = _sightings(project_id, COMMIT, some)
        touched = session.exec(select(PatternSighting.pattern_id).where(lost).distinct()).all()
        session.execute(delete(PatternSighting).where(lost))
        session.execute(
            delete(PatternReading).where(
                col(PatternReading.project_id) == project_id,
                col(PatternReading.kind) == COMMIT,
                col(PatternReading.ref).in_(some),
            )
        )
        for number in touched:
            count(session, session.get_one(CodePattern, number), now)


def count(session: Session, row: CodePattern, now: datetime) -> None:
    """How often a pattern was seen, and in how many commits and fixes."""
    mine = col(PatternSighting.pattern_id) == row.id
    row.seen = session.exec(select(func.count()).select_from(PatternSighting).where(mine)).one()
    places = select(PatternSighting.kind, PatternSighting.ref).where(mine).distinct().subquery()
    row.sources = session.exec(select(func.count()).select_from(places)).one()
    row.changed_at = now
    session.add(row)


def _move(session: Session, project_id: int, kind: str, stands: Mapping[str, FixStanding], now: datetime) -> int:
    seen, moved = _seen(session, project_id, kind), defaultdict[FixStanding, list[str]](list)
    for ref, counted in seen.items():
        if (standing := stands.get(ref, counted)) != counted:
            moved[standing].append(ref)
    for standing, refs in moved.items():
        for some in portions(refs):
            these = _sightings(project_id, kind, some)
            values = {"success": standing.success, "stood": standing.stood}
            patterns = select(PatternSighting.pattern_id).where(these)
            session.execute(update(CodePattern).where(col(CodePattern.id).in_(patterns)).values(changed_at=now))
            session.execute(update(PatternSighting).where(these).values(values))
    return sum(seen[ref].success for standing, refs in moved.items() for ref in refs if not standing.success)


def _sightings(project_id: int, kind: str, refs: Collection[str]) -> ColumnElement[bool]:
    mine = select(CodePattern.id).where(col(CodePattern.project_id) == project_id)
    return and_(
        col(PatternSighting.pattern_id).in_(mine),
        col(PatternSighting.kind) == kind,
        col(PatternSighting.ref).in_(refs),
    )
