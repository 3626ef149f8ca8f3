"""Which code a proposal is about, for what workers tell of it."""

from sqlmodel import Session, col, select

from sigma_core.exchange.types import named_places
from sigma_core.issues.tables import Issue
from sigma_core.proposals.tables import Proposal


def places(session: Session, proposal: Proposal) -> list[str] | None:
    """Where the issues stand that it mends; the files that it changes, where it mends none."""
    mended = select(Issue).where(col(Issue.id).in_(proposal.issue_ids)).order_by(col(Issue.id))
    return named_places([issue.place for issue in session.exec(mended)] or proposal.files)
