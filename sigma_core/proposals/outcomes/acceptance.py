"""How proposals end, by the prompt they were written with: what a canary may compare."""

from datetime import datetime

from sqlmodel import Session, col, func, select

from sigma_core.prompts.sequential import Arm
from sigma_core.proposals.tables import Proposal, ProposalState

_GOOD = (ProposalState.APPROVED, ProposalState.APPLIED)


class ProposalAccepted:
    """A proposal is good when it was approved; one that waits or was overtaken does not count."""

    def count(self, session: Session, slot: str, version: str, since: datetime) -> Arm:
        """Of proposals written with the version since a moment."""
        query = (
            select(Proposal.state, func.count())
            .where(Proposal.prompt_version == f"{slot}@{version}", Proposal.created_at >= since)
            .group_by(col(Proposal.state))
        )
        by_state = dict(session.exec(query).all())
        return Arm(sum(by_state.get(state, 0) for state in _GOOD), by_state.get(ProposalState.REJECTED, 0))
