"""Where the patterns of a project go, by the decisions on their fixes."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlmodel import Session, col, select

from sigma_core.learning.evolution import (
    Evolution,
    PatternEvolutionTracker,
    is_moving,
    moving_share,
    recent,
)
from sigma_core.proposals.lineage import latest_decisions
from sigma_core.proposals.tables import Decision, Proposal, Verdict

LOOKED_BACK = 2000
"""Newest decisions of a project that count."""


@dataclass(frozen=True)
class PatternHistory:
    """Where a fixer's fixes of a rule go, and what of all decisions no longer tells what to expect."""

    evolution: Evolution
    outdated_accepted: int
    outdated_refused: int


def pattern_histories(session: Session, project_id: int) -> Mapping[tuple[str, str], PatternHistory]:
    """By rule and fixer, from the latest decision on each change."""
    query = (
        select(Proposal.rule, Proposal.fixer, Decision.verdict)
        .join(Decision, col(Decision.proposal_id) == Proposal.id)
        .where(
            Proposal.project_id == project_id,
            col(Proposal.rule).is_not(None),
            col(Decision.id).in_(latest_decisions()),
            col(Decision.verdict).in_((Verdict.APPROVED, Verdict.REJECTED)),
        )
        .order_by(col(Decision.id).desc())
        .limit(LOOKED_BACK)
    )
    decided: dict[tuple[str, str], list[bool]] = {}
    for rule, fixer, verdict in reversed(session.exec(query).all()):
        decided.setdefault((rule or "", fixer), []).append(verdict == Verdict.APPROVED)
    return {key: _history_of(str(key), found) for key, found in decided.items()}


def _history_of(name: str, decided: list[bool]) -> PatternHistory:
    tracker = PatternEvolutionTracker()
    for share in moving_share(decided):
        tracker.observe(name, share)
    found = tracker.verdict(name)
    if not is_moving(found):
        return PatternHistory(found, 0, 0)
    old = decided[: len(decided) - len(recent(decided, found))]
    return PatternHistory(found, sum(old), len(old) - sum(old))
