"""What decided fixes replaced, and how they stand."""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlmodel import Session, col, select

from sigma_core.errors import SigmaError
from sigma_core.learning.patterns.extraction import rewrites
from sigma_core.learning.patterns.fix_commits import SeenInFile
from sigma_core.learning.patterns.later_outcomes import FixStanding, fix_standings
from sigma_core.projects.git import Clone
from sigma_core.proposals import diff as diffs
from sigma_core.proposals.lineage import latest_decisions, line, line_of
from sigma_core.proposals.tables import Decision, Proposal

MOST = 300
"""Newest changes that were not looked at, of one cycle."""


class EndedFix(NamedTuple):
    """A change of which it is known whether it was taken, and how it stands."""

    line: int
    base_commit: str
    diff: str
    rule: str
    standing: FixStanding
    at: datetime


def unread_endings(session: Session, project_id: int, read: Collection[str]) -> Sequence[EndedFix]:
    """Ended changes of a rule that were not looked at, the oldest first."""
    stands = fix_standings(session, project_id)
    due = sorted((number for number in stands if str(number) not in read), reverse=True)[:MOST]
    query = (
        select(Proposal, Decision)
        .join(Decision, col(Decision.proposal_id) == Proposal.id)
        .where(line().in_(due), col(Decision.id).in_(latest_decisions()))
        .order_by(col(Decision.id))
    )
    return [
        EndedFix(
            line_of(proposal),
            proposal.base_commit,
            proposal.diff,
            proposal.rule or "",
            stands[line_of(proposal)],
            decision.created_at,
        )
        for proposal, decision in session.exec(query)
    ]


def replaced_by(clone: Clone, fix: EndedFix, own: frozenset[str]) -> Iterator[SeenInFile]:
    """What a fix replaces; nothing of files that cannot be read any more."""
    for change in diffs.parse(fix.diff):
        if change.kind != "modify" or not change.path.endswith(".py"):
            continue
        try:
            before = clone.read(fix.base_commit, change.path).decode()
            after = diffs.apply(before, change.edits())
        except (SigmaError, ValueError):
            continue
        yield from (SeenInFile(change.path, each) for each in rewrites(before, after, own))
