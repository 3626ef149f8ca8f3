"""What decided fixes replaced, and how they ended."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlmodel import Session, col, select

from sigma_core.errors import SigmaError
from sigma_core.learning.patterns.extraction import rewrites
from sigma_core.learning.patterns.fix_commits import SeenInFile
from sigma_core.projects.git import Clone
from sigma_core.proposals import diff as diffs
from sigma_core.proposals.lineage import latest_decisions, line_of
from sigma_core.proposals.tables import Decision, Outcome, Proposal, Verdict

MOST = 300
"""Newest decisions that are looked at."""


class EndedFix(NamedTuple):
    """A change and how it ended: accepted and not taken back since, or refused."""

    line: int
    base_commit: str
    diff: str
    rule: str
    success: bool
    at: datetime


def ended_fixes(session: Session, project_id: int) -> Sequence[EndedFix]:
    """One for each change of a rule, by its latest decision and what became of it."""
    query = (
        select(Proposal, Decision)
        .join(Decision, col(Decision.proposal_id) == Proposal.id)
        .where(
            Proposal.project_id == project_id,
            col(Proposal.rule).is_not(None),
            col(Decision.id).in_(latest_decisions()),
            Decision.verdict != Verdict.NEEDS_HUMAN,
        )
        .order_by(col(Decision.id).desc())
        .limit(MOST)
    )
    rows = session.exec(query).all()
    numbers = [proposal.id for proposal, _ in rows]
    taken_back = set(
        session.exec(
            select(Outcome.proposal_id).where(col(Outcome.proposal_id).in_(numbers), Outcome.kind == "reverted")
        )
    )
    return [
        EndedFix(
            line_of(proposal),
            proposal.base_commit,
            proposal.diff,
            proposal.rule or "",
            decision.verdict == Verdict.APPROVED and proposal.id not in taken_back,
            decision.created_at,
        )
        for proposal, decision in reversed(rows)
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
