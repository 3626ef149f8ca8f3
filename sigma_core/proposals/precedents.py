"""Proposals and what was decided about them, as documents that recall finds."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import sqlalchemy
from sqlalchemy import Select
from sqlmodel import Session, col, select

from sigma_core.exchange.types import ProposalQuality
from sigma_core.graph.facts import Entity
from sigma_core.proposals.tables import Decision, Proposal
from sigma_core.recall.source import Document


class ProposalSource:
    """Proposals of all states with the reasons of their last decision."""

    kind = "proposal"

    def stamps(self) -> Select[int, datetime]:
        """By the moment of the last change of state."""
        return sqlalchemy.select(col(Proposal.id).label("key"), col(Proposal.changed_at).label("stamp"))

    def unchanging(self, session: Session) -> None:
        """None: proposals do change."""

    def documents(self, session: Session, keys: Sequence[int]) -> Sequence[Document]:
        """Title, description, files and the last decision's reasons."""
        decisions = session.exec(select(Decision).where(col(Decision.proposal_id).in_(keys)).order_by(col(Decision.id)))
        last = {decision.proposal_id: decision for decision in decisions}
        proposals = session.exec(select(Proposal).where(col(Proposal.id).in_(keys)))
        return [_document(key, each, last.get(key)) for each in proposals if (key := each.id) is not None]

    def worth(self, session: Session, keys: Sequence[int], moment: datetime) -> Mapping[int, float]:  # noqa: ARG002 (today's state alone is known)
        """Every proposal is worth the same."""
        found = session.exec(select(Proposal.id).where(col(Proposal.id).in_(keys)))
        return {key: 1.0 for key in found if key is not None}


def _document(key: int, proposal: Proposal, decision: Decision | None) -> Document:
    parts = [
        f"{proposal.state} proposal: {proposal.title}",
        proposal.description,
        f"rule {proposal.rule}" if proposal.rule else "",
        f"files {', '.join(proposal.files)}",
        f"{decision.verdict} by {decision.decided_by}: {'; '.join(decision.reasons)}" if decision else "",
    ]
    return Document(
        key=key,
        project_id=proposal.project_id,
        source=proposal.origin,
        text=". ".join(part.rstrip(".") for part in parts if part),
        stamp=proposal.changed_at,
        recorded_at=proposal.created_at,
        decay_s=ProposalQuality.decay_s,
        entities=[Entity(name) for name in (proposal.rule, *proposal.files) if name],
    )
