"""Does knowledge help to choose? Acceptance of fixes that were chosen with knowledge beside those that were not."""

from dataclasses import dataclass
from math import sqrt

from sqlmodel import Session, col, func, select

from sigma_core.exchange.types import ExperimentResult
from sigma_core.proposals.tables import Decision, Proposal, Verdict
from sigma_core.workers.outlook import COMPARISON

FEWEST = 10
"""Decided fixes on each side before anything is said."""
Z = 1.96
"""Of a 95 % interval."""


@dataclass(frozen=True)
class Share:
    """Accepted of all decided."""

    accepted: int
    decided: int


def compared(with_knowledge: Share, without: Share) -> ExperimentResult | None:
    """The difference of the accepted shares; None while its 95 % interval (Agresti and Caffo) holds zero.

    It is a comparison of what happened, not of what was assigned by lot.
    """
    if min(with_knowledge.decided, without.decided) < FEWEST:
        return None
    (one, one_error), (other, other_error) = _estimate(with_knowledge), _estimate(without)
    difference = one - other
    if abs(difference) <= Z * sqrt(one_error + other_error):
        return None
    return ExperimentResult(experiment=COMPARISON, improvement=round(difference, 4), success=difference > 0)


def shares(session: Session, project_id: int) -> tuple[Share, Share]:
    """Of dream's fixes in a project by their latest decision: chosen with knowledge, and without."""
    latest = select(func.max(Decision.id)).group_by(col(Decision.proposal_id))
    query = (
        select(Proposal.knowledge_ids, Decision.verdict)
        .join(Decision, col(Decision.proposal_id) == Proposal.id)
        .where(
            Proposal.project_id == project_id, Proposal.origin == "dream", col(Decision.id).in_(latest),
            col(Decision.verdict).in_((Verdict.APPROVED, Verdict.REJECTED)),
        )
    )  # fmt: skip
    decided = [(bool(ids), verdict == Verdict.APPROVED) for ids, verdict in session.exec(query)]
    with_it = [accepted for used, accepted in decided if used]
    without = [accepted for used, accepted in decided if not used]
    return Share(sum(with_it), len(with_it)), Share(sum(without), len(without))


def _estimate(share: Share) -> tuple[float, float]:
    """The share with one success and one failure added, and its variance."""
    count = share.decided + 2
    rate = (share.accepted + 1) / count
    return rate, rate * (1 - rate) / count
