"""The evidence that counts for a proposal as it stands."""

from sqlmodel import Session, col, select

from sigma_core.proposals.tables import Proposal, Verification


def latest_verification(session: Session, proposal: Proposal) -> Verification | None:
    """The newest evidence, where it is of the diff and base that the proposal has now."""
    query = select(Verification).where(Verification.proposal_id == proposal.id)
    latest = session.exec(query.order_by(col(Verification.id).desc()).limit(1)).first()
    if latest is None:
        return None
    of = (latest.evidence["base_commit"], latest.evidence["diff_sha256"])
    return latest if of == (proposal.base_commit, proposal.diff_sha256) else None
